//! The files of a fleet as data: what a checkout or a Git tree held, before anything reads it.
//!
//! Both readers (`git::tree` for a commit, `git::worktree` for a folder) produce this, so that the
//! compiler cannot tell them apart.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A path inside the fleet: relative, `/`-separated, without `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Arc<str>);

impl RepoPath {
    /// Joins `relative` to the folder this file is in. `None` when it leaves the fleet.
    pub fn sibling(&self, relative: &str) -> Option<Self> {
        let mut parts: Vec<&str> = self.0.split('/').collect();
        parts.pop();
        for part in relative.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        (!parts.is_empty() && !relative.starts_with('/')).then(|| Self(parts.join("/").into()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for RepoPath {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A file's bytes.
    File(Arc<[u8]>),
    /// A file over [`MAX_FILE_BYTES`], which is not read.
    TooLarge {
        /// Its size in bytes.
        bytes: u64,
    },
    /// A symbolic link. Links are never followed: they could leave the repository.
    Symlink {
        /// Where it points.
        target: String,
    },
    /// A Git submodule, whose content is in another repository.
    Submodule,
    /// A file that could not be read.
    Unreadable {
        /// The reason, as a lower-case fragment.
        reason: String,
    },
}

/// The size above which a file of a fleet is refused.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// Every file of a fleet at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Entries by path, in path order.
    pub entries: BTreeMap<RepoPath, Entry>,
    /// The commit they are from, with nothing uncommitted; `None` for a changed or bare folder.
    pub commit: Option<String>,
}

impl Sources {
    /// Builds sources from texts, for tests and generated fleets.
    pub fn from_texts<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let entries = files
            .into_iter()
            .map(|(path, text)| (RepoPath::from(path), Entry::File(text.as_bytes().into())))
            .collect();
        Self {
            entries,
            commit: None,
        }
    }

    /// The entry at a path.
    pub fn get(&self, path: &RepoPath) -> Option<&Entry> {
        self.entries.get(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_stay_inside_the_fleet() {
        let file = RepoPath::from("desks/mm/a.yaml");
        assert_eq!(
            file.sibling("a/live.yaml").unwrap().as_str(),
            "desks/mm/a/live.yaml"
        );
        assert_eq!(file.sibling("../../x.yaml").unwrap().as_str(), "x.yaml");
        assert_eq!(file.sibling("../../../x.yaml"), None);
        assert_eq!(file.sibling("/etc/passwd"), None);
    }
}
