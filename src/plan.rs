//! Actions from observed to desired, each spelled out: the executor makes no choices.
//!
//! A stale plan is harmless: uid and resource version travel in each action.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde_json::Value;

use crate::object::{Object, ObjectId};

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
        /// The live `managedFields`, rewritten so that fields `kubectl` once set are ours.
        takeover: Option<Value>,
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

/// The state of an object that an action was computed from: its preconditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its uid.
    pub uid: String,
    /// Its resource version.
    pub resource_version: String,
}
