//! Where in a repository a fleet is.

use std::fmt;
use std::str::FromStr;

/// A folder of a repository: relative, `/`-separated, without `.` or `..`. The root is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Folder(String);

impl Folder {
    /// The whole repository.
    pub fn root() -> Self {
        Self::default()
    }

    /// The folder's path; empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the whole repository.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "." } else { &self.0 })
    }
}

/// What is wrong with a text that should be a folder of a repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a folder of a repository: expected a relative path without `..`")]
pub struct ParseFolderError(String);

impl FromStr for Folder {
    type Err = ParseFolderError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text
            .split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .collect();
        if text.starts_with('/') || parts.contains(&"..") || text.contains('\0') {
            return Err(ParseFolderError(text.to_owned()));
        }
        Ok(Self(parts.join("/")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_and_stay_inside() {
        let folder = |text: &str| text.parse::<Folder>().map(|folder| folder.0);
        assert_eq!(folder("./fleets//eu/").unwrap(), "fleets/eu");
        assert!(".".parse::<Folder>().unwrap().is_root());
        assert!(folder("../x").is_err());
        assert!(folder("/etc").is_err());
    }
}
