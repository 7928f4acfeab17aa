//! Where a chain ends.

use std::fmt;
use std::str::FromStr;

use crate::digest::Digest;

/// The last entry of a chain: what was seen once must be there for ever. Displays as its number and
/// its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The entry's number.
    pub sequence: u64,
    /// The digest of its bytes.
    pub entry: Digest,
}

/// A text that is no head of a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected the number of an entry and its digest")]
pub struct ParseHeadError;

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sequence, self.entry)
    }
}

impl FromStr for Head {
    type Err = ParseHeadError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (sequence, entry) = text.split_once(' ').ok_or(ParseHeadError)?;
        Ok(Self {
            sequence: sequence.parse().map_err(|_| ParseHeadError)?,
            entry: entry.parse().map_err(|_| ParseHeadError)?,
        })
    }
}
