//! The ledger: what was decided, by whom, on which evidence, so that nobody can change it afterwards
//! without being noticed.
//!
//! An [`Entry`] is a [`Fact`] and its place: its number, and the digest of the entry before. It is
//! kept as a commit of its own, signed by a daemon whose key the fleet lists; a [`Link`] is what
//! Git holds of one. A [`Chain`] is what all of them say together, and finds everything that is
//! wrong with them at once.
//!
//! * The bytes of an entry are canonical: sorted keys, nothing between them. Other bytes are a
//!   finding, so that one entry has one digest.
//! * The commit's message names the digest of the entry, so that the signature covers it by SHA-256
//!   and not only by Git's own ids.
//! * A fact is known by the digest of its bytes, whoever appends it: so it is there once, however
//!   often it is tried.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod canonical;
mod chain;
mod event;
mod finding;
mod head;
mod link;
mod transition;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Digest;

pub use chain::{Chain, Promoted, verify};
pub use event::{Event, Kind, Saying};
pub use finding::{Finding, Problem};
pub use head::{Head, ParseHeadError};
pub use link::Link;
pub use transition::events;

/// The reference that holds the ledger.
pub const REFERENCE: &str = "refs/tidegate/ledger";

/// The name of the file that holds an entry, in the tree of its commit.
pub const FILE: &str = "entry.json";

/// The name under which a bundle is kept with the entry of its promotion, as gzipped JSON.
pub fn bundle_file(bundle: Digest) -> String {
    format!("bundles/{}.json.gz", bundle.hex())
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    /// When.
    pub at: Timestamp,
    /// In which fleet.
    pub fleet: String,
    /// In which cluster.
    pub cluster: String,
    /// Of which desk; absent for what is about more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desk: Option<String>,
    /// To what: the name of its Release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

impl Fact {
    /// Its canonical bytes, as text.
    ///
    /// # Panics
    ///
    /// Never: a fact is plain data.
    pub fn text(&self) -> String {
        let value = serde_json::to_value(self).expect("a fact is plain data");
        canonical::text(value)
    }

    /// What it is known by.
    pub fn id(&self) -> Digest {
        Digest::of(self.text())
    }
}

/// A fact in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The version of this form.
    pub version: u32,
    /// Its number; the first is 1.
    pub sequence: u64,
    /// The digest of the entry before; absent in the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// What is kept with it: name → digest of its bytes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attached: BTreeMap<String, Digest>,
    /// What happened.
    pub fact: Fact,
}

impl Entry {
    /// The version of the form that this Tidegate writes.
    pub const VERSION: u32 = 1;

    /// The entry that comes after a head.
    pub fn after(head: Option<Head>, fact: Fact, attached: BTreeMap<String, Digest>) -> Self {
        Self {
            version: Self::VERSION,
            sequence: head.map_or(1, |head| head.sequence.saturating_add(1)),
            previous: head.map(|head| head.entry),
            attached,
            fact,
        }
    }

    /// Its canonical bytes.
    ///
    /// # Panics
    ///
    /// Never: an entry is plain data.
    pub fn bytes(&self) -> Vec<u8> {
        let value = serde_json::to_value(self).expect("an entry is plain data");
        canonical::text(value).into_bytes()
    }

    /// Where the chain ends once it is appended.
    pub fn head(&self) -> Head {
        Head {
            sequence: self.sequence,
            entry: Digest::of(self.bytes()),
        }
    }

    /// The message of its commit. It ends with the digest of the entry, which the signature covers.
    pub fn message(&self) -> String {
        let Fact { cluster, event, .. } = &self.fact;
        let about = self.fact.release.as_deref().unwrap_or("fleet");
        let digest = Digest::of(self.bytes());
        format!(
            "{} {} of {about} in {cluster}\n\n{}\n",
            self.sequence,
            event.kind(),
            seal(digest)
        )
    }
}

/// The line by which a commit's message names its entry.
fn seal(entry: Digest) -> String {
    format!("entry: {entry}")
}

/// An entry as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The entry, as far as this version knows it.
    pub entry: Entry,
    /// What its fact is known by: with what this version does not know.
    pub id: Digest,
    /// The digest of all of it.
    pub digest: Digest,
}

impl Read {
    /// Reads an entry.
    pub fn of(bytes: &[u8]) -> Result<Self, Problem> {
        let unreadable = |error: serde_json::Error| Problem::Unreadable(error.to_string());
        let value: Value = serde_json::from_slice(bytes).map_err(unreadable)?;
        let fact = value.get("fact").cloned().unwrap_or_default();
        let id = Digest::of(canonical::text(fact));
        if canonical::text(value.clone()).as_bytes() != bytes {
            return Err(Problem::NotCanonical);
        }
        let entry = serde_json::from_value(value).map_err(unreadable)?;
        Ok(Self {
            entry,
            id,
            digest: Digest::of(bytes),
        })
    }
}
