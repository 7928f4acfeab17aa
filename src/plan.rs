//! Actions from observed to desired, each spelled out: the executor makes no choices.
//!
//! A stale plan is harmless: uid and resource version travel in each action. [`lint()`] states what
//! no plan may ever hold, and [`machine`] carries a plan out without doing any IO itself.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod failure;
mod lint;
pub mod machine;

use serde_json::Value;

use crate::object::{Object, ObjectId};

pub use failure::{Cause, Failure, FailureKind};
pub use lint::{Fault, Surroundings, lint};

/// One thing to do to the cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// What.
    pub verb: Verb,
    /// Why, for a person.
    pub reason: String,
    /// Actions of a lower wave end before this one starts.
    pub wave: u32,
}

/// What an action does.
#[derive(Debug, Clone, PartialEq)]
pub enum Verb {
    /// Makes an object that must not exist yet, as manager `tidegate`.
    Create(Object),
    /// Applies an object as manager `tidegate`.
    Apply {
        /// The object, as `render` prints it.
        object: Object,
        /// What the step saw.
        seen: Seen,
        /// The JSON patch that makes fields ours that `kubectl` once set; it goes first.
        takeover: Option<Value>,
    },
    /// Asks whether an apply as manager `tidegate` would be accepted, and writes nothing: done
    /// before a running pod is stopped for it.
    Rehearse {
        /// The object, as `render` prints it.
        object: Object,
        /// What the step saw.
        seen: Seen,
    },
    /// Applies what a rollout turns, as manager `tidegate-runtime`.
    Turn {
        /// `apiVersion` of the object.
        api_version: String,
        /// The object.
        id: ObjectId,
        /// The fields of its spec.
        spec: Value,
        /// What the step saw.
        seen: Seen,
    },
    /// Deletes an object in the background.
    Delete {
        /// `apiVersion` of the object.
        api_version: String,
        /// The object.
        id: ObjectId,
        /// What the step saw.
        seen: Seen,
    },
}

impl Action {
    /// The object it is about.
    pub fn id(&self) -> ObjectId {
        match &self.verb {
            Verb::Create(object) | Verb::Apply { object, .. } | Verb::Rehearse { object, .. } => {
                object.id()
            }
            Verb::Turn { id, .. } | Verb::Delete { id, .. } => id.clone(),
        }
    }
}

impl Verb {
    /// The word for a person: `create`, `apply`, `rehearse`, `turn`, `delete`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Apply { .. } => "apply",
            Self::Rehearse { .. } => "rehearse",
            Self::Turn { .. } => "turn",
            Self::Delete { .. } => "delete",
        }
    }
}

/// The state of an object that an action was computed from: its preconditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its uid.
    pub uid: String,
    /// Its resource version.
    pub resource_version: String,
}

impl Seen {
    /// What was seen of a live object. Empty preconditions never match, so an object that did not
    /// come from the API server cannot be written to by mistake.
    pub fn of(live: &Object) -> Self {
        Self {
            uid: live.uid().unwrap_or("unknown").to_owned(),
            resource_version: live.resource_version().unwrap_or("1").to_owned(),
        }
    }
}
