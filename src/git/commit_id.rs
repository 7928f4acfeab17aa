//! The id of a commit.

use std::fmt;
use std::str::FromStr;

/// A full commit id. Displays as its hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(git2::Oid);

impl CommitId {
    /// The first ten hex digits, for people.
    pub fn short(&self) -> String {
        self.to_string().chars().take(10).collect()
    }

    pub(super) fn oid(self) -> git2::Oid {
        self.0
    }
}

impl From<git2::Oid> for CommitId {
    fn from(oid: git2::Oid) -> Self {
        Self(oid)
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What is wrong with a text that should be a commit id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a commit id: expected 40 hex digits")]
pub struct ParseCommitIdError(String);

impl FromStr for CommitId {
    type Err = ParseCommitIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || ParseCommitIdError(text.to_owned());
        if text.len() != 40 {
            return Err(fail());
        }
        git2::Oid::from_str(text).map(Self).map_err(|_| fail())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_or_crooked_id_is_refused() {
        let full = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(full.parse::<CommitId>().unwrap().to_string(), full);
        assert_eq!(full.parse::<CommitId>().unwrap().short(), "0123456789");
        assert!("0123456".parse::<CommitId>().is_err());
        assert!("z".repeat(40).parse::<CommitId>().is_err());
    }
}
