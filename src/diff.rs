//! What differs between two versions of an object, or between an object and what runs.
//!
//! Three comparisons share one path language and one schema table:
//!
//! - [`objects`] compares two rendered sets (Git against Git);
//! - [`live`] compares a live object with what a server-side apply dry-run predicts;
//! - [`drift`] compares what we emit with a live object, without asking the API server.
//!
//! Lists are paired by the keys of the Kubernetes schema, never by guessing. A diff has three
//! values, same, differs and cannot tell, and the third is never shown as the first. What leaves
//! the process goes through [`mask`]: renderers take [`mask::Masked`] and nothing else.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod drift;
mod effect;
mod fields;
mod live;
pub mod mask;
mod objects;
mod owners;
mod path;
pub mod quantity;
pub mod render;
mod schema;
mod tree;

use serde::Serialize;
use serde_json::Value;

use crate::object::{Object, ObjectId};

pub use drift::drift;
pub use effect::Effect;
pub use live::{live, live_object};
pub use objects::objects;
#[cfg(test)]
pub(crate) use owners::emitted;
pub use owners::{Foreign, fields_v1, owned_by_others, takeover};
pub use path::{Path, Step};
pub use tree::{items, tree};

/// What happened to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It is only in the later version.
    Added,
    /// It is only in the earlier version.
    Removed,
    /// Both versions have it, and they differ.
    Changed,
    /// The list has the same items in another order.
    Moved,
    /// The value is the same, but the API server does not record it as ours (or still does, though
    /// we dropped it): an apply would write `managedFields` and nothing else.
    Ownership,
}

/// One difference.
///
/// An atomic list is one change with the whole list on both sides, as the API server replaces it
/// whole; [`items`] tells which of its items differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where.
    pub path: Path,
    /// The earlier value.
    pub before: Option<Value>,
    /// The later value.
    pub after: Option<Value>,
    /// What happened.
    pub kind: Kind,
}

/// Whether an object differs.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Nothing differs.
    Same,
    /// These places differ; never empty.
    Differs(Vec<Change>),
    /// There was no such object before.
    Created,
    /// There is no such object any more.
    Deleted,
    /// Nobody knows.
    CannotTell {
        /// Why not.
        reason: String,
    },
}

/// An object of two versions.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectDiff {
    /// The later version's identity, or the only version's.
    pub id: ObjectId,
    /// The earlier name, where only the digest at the end of the name differs.
    pub renamed_from: Option<String>,
    /// The earlier version, unless both are the same.
    pub before: Option<Object>,
    /// The later version, unless both are the same.
    pub after: Option<Object>,
    /// Whether they differ.
    pub verdict: Verdict,
}

impl ObjectDiff {
    /// An object that is the same in both versions.
    pub fn same(id: ObjectId) -> Self {
        Self::of(id, Verdict::Same)
    }

    /// An object about which nobody knows.
    pub fn cannot_tell(id: ObjectId, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::of(id, Verdict::CannotTell { reason })
    }

    /// An object that is only in the later version.
    pub fn created(object: &Object) -> Self {
        Self {
            after: Some(object.clone()),
            ..Self::of(object.id(), Verdict::Created)
        }
    }

    /// An object that is only in the earlier version.
    pub fn deleted(object: &Object) -> Self {
        Self {
            before: Some(object.clone()),
            ..Self::of(object.id(), Verdict::Deleted)
        }
    }

    /// An object that differs in these places, or is the same when there are none.
    pub fn differing(before: Object, after: Object, changes: Vec<Change>) -> Self {
        let id = after.id();
        if changes.is_empty() {
            return Self::same(id);
        }
        Self {
            before: Some(before),
            after: Some(after),
            ..Self::of(id, Verdict::Differs(changes))
        }
    }

    fn of(id: ObjectId, verdict: Verdict) -> Self {
        Self {
            id,
            renamed_from: None,
            before: None,
            after: None,
            verdict,
        }
    }
}

/// How many objects have which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Nothing differs.
    pub same: usize,
    /// Something differs.
    pub differs: usize,
    /// Only in the later version.
    pub created: usize,
    /// Only in the earlier version.
    pub deleted: usize,
    /// Nobody knows.
    pub cannot_tell: usize,
}

impl Summary {
    /// Counts verdicts.
    pub fn of<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Self {
        let mut summary = Self::default();
        for verdict in verdicts {
            let count = match verdict {
                Verdict::Same => &mut summary.same,
                Verdict::Differs(_) => &mut summary.differs,
                Verdict::Created => &mut summary.created,
                Verdict::Deleted => &mut summary.deleted,
                Verdict::CannotTell { .. } => &mut summary.cannot_tell,
            };
            *count += 1;
        }
        summary
    }

    /// Whether every object is known to be the same.
    pub fn is_same(self) -> bool {
        self.differs + self.created + self.deleted + self.cannot_tell == 0
    }
}

#[cfg(test)]
mod tests;
