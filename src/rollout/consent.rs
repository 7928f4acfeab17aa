//! Who said that something may be deleted.
//!
//! What the fleet no longer wants is judged as one set over the whole fleet: an empty fleet, or
//! more deletions than the cap, needs a consent that names exactly that set. Once permitted, an
//! object is condemned in its unit's record, so that a set which shrinks while it is carried out
//! does not ask again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::compile::UnitId;
use crate::digest::Digest;
use crate::object::{Object, ObjectId};
use crate::resolve::Consent;

/// One object to delete, as a consent names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deletion {
    /// Its kind.
    pub kind: String,
    /// Its namespace; absent for cluster-scoped objects.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its uid: a consent never covers a later object of the same name.
    pub uid: String,
}

impl Deletion {
    /// The deletion of a live object.
    pub fn of(live: &Object) -> Self {
        Self {
            kind: live.kind().to_owned(),
            namespace: live.namespace().map(str::to_owned),
            name: live.name().to_owned(),
            uid: live.uid().unwrap_or_default().to_owned(),
        }
    }
}

/// What one unit would delete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What it may delete already, and what is not gone yet.
    pub condemned: BTreeSet<Deletion>,
    /// What it has to ask for.
    pub asked: BTreeSet<Deletion>,
}

/// Whether what the fleet no longer wants may be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// It may.
    Granted,
    /// It may, but every unit records so first: nothing is deleted in this pass. Judge again once
    /// the records are written.
    Recording,
    /// It needs a consent.
    Withheld {
        /// The digest of the set.
        digest: Digest,
        /// Why.
        why: String,
        /// The entry of `consents:` in `tidegate.yaml` that permits it.
        entry: String,
    },
    /// Not while some file of the fleet cannot be read.
    Unreadable,
}

/// The whole fleet's deletions, and what may allow them.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What each unit would delete.
    pub wanted: &'a BTreeMap<UnitId, Wanted>,
    /// How many strategies the fleet still has, those with errors included.
    pub remaining: usize,
    /// More deletions than this need a consent.
    pub cap: usize,
    /// The consents of the fleet.
    pub consents: &'a [Consent],
    /// The time.
    pub now: Timestamp,
}

/// The digest of a set of deletions.
pub fn digest<'a>(set: impl IntoIterator<Item = &'a Deletion>) -> Digest {
    let sorted: BTreeSet<&Deletion> = set.into_iter().collect();
    Digest::of_parts(sorted.into_iter().flat_map(|deletion| {
        let Deletion {
            kind,
            namespace,
            name,
            uid,
        } = deletion;
        [
            kind.as_str(),
            namespace.as_deref().unwrap_or_default(),
            name.as_str(),
            uid.as_str(),
        ]
    }))
}

/// The consent that covers a digest now.
pub fn covering(consents: &[Consent], digest: Digest, now: Timestamp) -> Option<&Consent> {
    consents
        .iter()
        .find(|consent| consent.digest == digest && now < consent.expires)
}

/// Whether an object is deleted with a consent of its own only: what goes with it cannot be made
/// again.
pub fn is_protected(id: &ObjectId) -> bool {
    matches!(
        (id.group.as_str(), id.kind.as_str()),
        ("", "Namespace" | "PersistentVolumeClaim")
            | ("apiextensions.k8s.io", "CustomResourceDefinition")
    )
}

/// Whether the deletion of this one object has a consent of its own.
pub fn object_consented(live: &Object, consents: &[Consent], now: Timestamp) -> bool {
    covering(consents, digest([&Deletion::of(live)]), now).is_some()
}

/// The entry of `consents:` that permits the deletion of this one object.
pub fn object_entry(live: &Object) -> String {
    let reason = format!("delete {}", live.id());
    entry(digest([&Deletion::of(live)]), &reason)
}

fn entry(digest: Digest, reason: &str) -> String {
    format!("- {{digest: '{digest}', expires: <date>, reason: {reason}}}")
}

/// Judges the deletions of the whole fleet.
pub fn judge(question: &Question<'_>) -> Permission {
    let Question {
        wanted,
        remaining,
        cap,
        consents,
        now,
    } = *question;
    let has_own = |it: &&Deletion| covering(consents, digest([*it]), now).is_some();
    let asked: BTreeSet<&Deletion> = wanted
        .values()
        .flat_map(|unit| &unit.asked)
        .filter(|it| !has_own(it))
        .collect();
    if asked.is_empty() {
        return Permission::Granted;
    }
    let why = match (remaining, asked.len()) {
        (0, _) => "the fleet has no strategy left".to_owned(),
        (_, count) if count > cap => {
            format!("{count} objects would be deleted, more than the cap of {cap}")
        }
        (_, _) => return Permission::Granted,
    };
    let all = wanted
        .values()
        .flat_map(|unit| unit.asked.iter().chain(&unit.condemned));
    let digest = digest(all);
    if covering(consents, digest, now).is_some() {
        return Permission::Recording;
    }
    let reason = format!("delete {} objects", asked.len());
    Permission::Withheld {
        digest,
        why,
        entry: entry(digest, &reason),
    }
}
