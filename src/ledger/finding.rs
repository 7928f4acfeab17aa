//! What can be wrong with a ledger.

use std::fmt;

use super::head::Head;
use crate::digest::Digest;
use crate::signature::{Fingerprint, Invalid};

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The commit; absent when there is none at all.
    pub commit: Option<String>,
    /// The number that the entry should have.
    pub sequence: u64,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            commit,
            sequence,
            problem,
        } = self;
        match commit {
            Some(commit) => write!(f, "entry {sequence} ({}): {problem}", short(commit)),
            None => write!(f, "entry {sequence}: {problem}"),
        }
    }
}

fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The commit has no entry.
    #[error("its commit has no `entry.json`")]
    NoEntry,
    /// The entry has another form.
    #[error("it cannot be read ({0})")]
    Unreadable(String),
    /// The entry was written in another way than the one there is.
    #[error("its bytes are not canonical: it was written by something else than Tidegate")]
    NotCanonical,
    /// It has another number than its place.
    #[error("it says that it is entry {0}: one was taken out, put in, or moved")]
    Sequence(u64),
    /// It follows another entry than the one before it.
    #[error("it does not follow the entry before it: one of the two was changed or exchanged")]
    Previous,
    /// Its commit follows another commit than the one before it.
    #[error("its commit does not have the commit before it as its one parent")]
    Parent,
    /// Nobody signed it.
    #[error("it is not signed")]
    Unsigned,
    /// It is signed, but that says nothing.
    #[error("its signature does not count: {0}")]
    Signature(Invalid),
    /// It is signed by a key that the fleet does not list.
    #[error("it is signed by {0}, which is not among `ledger.keys` of the fleet")]
    UnknownKey(Fingerprint),
    /// What was signed is another entry.
    #[error("its commit was signed for another entry: the entry was changed afterwards")]
    Unsealed,
    /// What is kept with it is missing.
    #[error("`{0}`, which is kept with it, is missing")]
    Missing(String),
    /// What is kept with it is something else.
    #[error("`{0}`, which is kept with it, was changed")]
    Changed(String),
    /// Its commit has a file that it does not name.
    #[error("its commit has `{0}`, which it does not name")]
    Extra(String),
    /// It is of another fleet than the first one.
    #[error("it is of fleet `{0}`: it was taken from another ledger")]
    Fleet(String),
    /// It says what another one says already.
    #[error("it says the same as entry {0}")]
    Twice(u64),
    /// An entry that was seen before is another one now.
    #[error("it was {seen} when it was last seen: the history was rewritten")]
    Rewritten {
        /// Its digest then.
        seen: Digest,
    },
    /// Entries that were seen before are gone.
    #[error("it is the last one, but {seen} was seen before: the end was cut off")]
    Truncated {
        /// Where the chain ended then.
        seen: Head,
    },
}
