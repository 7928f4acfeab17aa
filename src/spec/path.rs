//! Paths inside a container.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::text::text_type;

/// An absolute path inside a container, in its one spelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct ContainerPath(String);

text_type!(
    ContainerPath,
    "container-path",
    "An absolute path inside the container, such as `/app/live.yaml`."
);

/// Why a text is no path inside a container.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a path inside a container: begin with `/`, and use no `..`, `.`, `//`, `:` or final `/`"
)]
pub struct ParsePathError(String);

impl ContainerPath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ContainerPath {
    type Err = ParsePathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts_fit = text.strip_prefix('/').is_some_and(|rest| {
            rest.split('/')
                .all(|part| !matches!(part, "" | "." | "..") && !part.contains([':', '\0']))
        });
        if parts_fit && text.len() <= 512 {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParsePathError(text.to_owned()))
        }
    }
}

impl fmt::Display for ContainerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_absolute_and_have_one_spelling() {
        for text in ["/app", "/Lean/Launcher/bin/Debug/config.json"] {
            assert_eq!(text.parse::<ContainerPath>().unwrap().as_str(), text);
        }
        for text in ["", "/", "app", "/a/../b", "/a//b", "/a/", "/a:b", "./a"] {
            let error = text.parse::<ContainerPath>().unwrap_err().to_string();
            assert!(
                error.contains("is not a path inside a container"),
                "{error}"
            );
        }
    }
}
