//! What of a remote repository is followed.

use std::fmt;
use std::str::FromStr;

use super::CommitId;
use crate::ledger;

/// A branch, a tag, a fixed commit or the ledger of a remote repository.
///
/// Parses from `main`, `refs/heads/main`, `refs/tags/v1`, or 40 hex digits. Displays as words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference {
    /// A branch, followed as it moves.
    Branch(BranchName),
    /// A tag, followed if it moves.
    Tag(TagName),
    /// A commit, which never moves.
    Commit(CommitId),
    /// The ledger of the fleet; no text means it.
    Ledger,
}

/// The short name of a branch, such as `main`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BranchName(String);

/// The short name of a tag, such as `v1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TagName(String);

impl Reference {
    /// The full name that Git knows it by; a commit's is its id.
    pub fn full_name(&self) -> String {
        match self {
            Self::Branch(BranchName(name)) => format!("{HEADS}{name}"),
            Self::Tag(TagName(name)) => format!("{TAGS}{name}"),
            Self::Commit(id) => id.to_string(),
            Self::Ledger => ledger::REFERENCE.to_owned(),
        }
    }

    /// Whether a push to the reference of that full name may change what is followed.
    pub fn is_moved_by(&self, full_name: &str) -> bool {
        match self {
            Self::Branch(_) | Self::Tag(_) => self.full_name() == full_name,
            Self::Commit(_) | Self::Ledger => false,
        }
    }
}

const HEADS: &str = "refs/heads/";
const TAGS: &str = "refs/tags/";

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branch(BranchName(name)) => write!(f, "the branch `{name}`"),
            Self::Tag(TagName(name)) => write!(f, "the tag `{name}`"),
            Self::Commit(id) => write!(f, "the commit {id}"),
            Self::Ledger => f.write_str("the ledger"),
        }
    }
}

/// What is wrong with a text that should be a reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a branch, tag or commit: expected `main`, `refs/heads/main`, `refs/tags/v1` or 40 hex digits"
)]
pub struct ParseReferenceError(String);

impl FromStr for Reference {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(commit) = text.parse::<CommitId>() {
            return Ok(Self::Commit(commit));
        }
        let reference = match (text.strip_prefix(HEADS), text.strip_prefix(TAGS)) {
            (Some(name), _) => Self::Branch(BranchName(name.to_owned())),
            (None, Some(name)) => Self::Tag(TagName(name.to_owned())),
            (None, None) if text.starts_with("refs/") => {
                return Err(ParseReferenceError(text.to_owned()));
            }
            (None, None) => Self::Branch(BranchName(text.to_owned())),
        };
        if git2::Reference::is_valid_name(&reference.full_name()) {
            Ok(reference)
        } else {
            Err(ParseReferenceError(text.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(text: &str) -> String {
        text.parse::<Reference>().unwrap().full_name()
    }

    #[test]
    fn names_are_understood() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(full("main"), "refs/heads/main");
        assert_eq!(full("desk/mm"), "refs/heads/desk/mm");
        assert_eq!(full("refs/heads/main"), "refs/heads/main");
        assert_eq!(full("refs/tags/v1"), "refs/tags/v1");
        assert_eq!(full(id), id);
    }

    #[test]
    fn what_git_would_refuse_is_refused() {
        for text in ["", "a..b", "a b", "refs/notes/x", "main:", "@{1}", "*"] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_its_own_push_moves_a_reference() {
        let main: Reference = "main".parse().unwrap();
        assert!(main.is_moved_by("refs/heads/main"));
        assert!(!main.is_moved_by("refs/tags/main"));
    }
}
