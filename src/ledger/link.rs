//! What Git holds of an entry.

use std::collections::BTreeMap;

use crate::digest::Digest;

/// A commit of the ledger, as it was found: nothing of it is believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The id of the commit.
    pub commit: String,
    /// The ids of its parents.
    pub parents: Vec<String>,
    /// The bytes of its entry, if it has one.
    pub entry: Option<Vec<u8>>,
    /// The other files of its tree: path → digest of the bytes.
    pub files: BTreeMap<String, Digest>,
    /// Its signature, if it has one.
    pub signature: Option<String>,
    /// What the signature is of: the commit without it.
    pub signed: Vec<u8>,
}
