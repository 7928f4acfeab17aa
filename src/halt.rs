//! Stopping, as objects that RBAC can govern and that outlive the daemon.
//!
//! A [`Halt`] stops what is in its scope: candidates go to 0, nothing starts, nothing changes, algos
//! go to 0; a service's stable version and a gateway keep running. It counts from the moment it is
//! there, whoever made it and however: stopping is safe. An [`Unhalt`] lifts one Halt, and counts
//! only where the policy of `deploy/` proved who made it. Both are immutable; the daemon alone writes
//! on a Halt that it is lifted.
//!
//! What was once heeded is remembered in the records of the units ([`Standing`]): a Halt whose object
//! vanished without having been lifted goes on standing.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod crd;
mod scope;
mod standing;

use jiff::Timestamp;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crd::{crd, unhalt_crd};
pub use scope::{Named, Place, Reach, Scope, Touches};
pub use standing::{Halts, Seen, Standing};

/// What is stopped, why, and by whom. Never changes.
#[derive(CustomResource, Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "tidegate.dev",
    version = "v1alpha1",
    kind = "Halt",
    status = "HaltStatus",
    category = "tidegate",
    printcolumn = r#"{"name":"State","type":"string","jsonPath":".status.state"}"#,
    printcolumn = r#"{"name":"By","type":"string","jsonPath":".spec.by"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".spec.reason"}"#,
    printcolumn = r#"{"name":"Still running","type":"string","jsonPath":".status.running","priority":1}"#,
    printcolumn = r#"{"name":"Lifted by","type":"string","jsonPath":".status.lifted.by"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
pub struct HaltSpec {
    /// What it is about.
    pub scope: Reach,
    /// Why.
    pub reason: String,
    /// Who halts: the user that the API server knew when it was made.
    pub by: String,
    /// On paper only: it stops nothing, and its status says what it would have stopped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drill: bool,
    /// The uid of the Halt that this one stands in for, where that vanished without being lifted.
    /// Only the daemon makes such a one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restores: Option<String>,
}

/// What became of a Halt. Only the daemon writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct HaltStatus {
    /// Where it stands, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// The units in its scope, by the names of their Releases.
    pub units: Vec<String>,
    /// Those of which something still runs that is to be stopped.
    pub running: Vec<String>,
    /// Why an Unhalt does not count, if there is one that does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Who lifted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Lifted>,
}

/// Where a Halt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum State {
    /// Something is still to be stopped.
    Stopping,
    /// Everything in its scope is stopped.
    Stopped,
    /// A person lifted it.
    Lifted,
    /// It was on paper only.
    Drilled,
    /// A word of a later Tidegate.
    #[serde(other)]
    Other,
}

/// That a Halt is lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lifted {
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When the Unhalt was made.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The uid of the Unhalt.
    pub uid: String,
}

/// That a Halt is to be lifted, why, and by whom. Never changes.
#[derive(CustomResource, Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "tidegate.dev",
    version = "v1alpha1",
    kind = "Unhalt",
    category = "tidegate",
    printcolumn = r#"{"name":"Halt","type":"string","jsonPath":".spec.halt"}"#,
    printcolumn = r#"{"name":"By","type":"string","jsonPath":".spec.by"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".spec.reason"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
pub struct UnhaltSpec {
    /// The name of the Halt.
    pub halt: String,
    /// Its uid: another one of the same name is not lifted.
    pub uid: String,
    /// Its scope, word for word: the right to lift is proved for it.
    pub scope: Reach,
    /// Why.
    pub reason: String,
    /// Who lifts: the user that the API server knew when it was made.
    pub by: String,
}

impl Halt {
    /// Whether somebody lifted it.
    pub fn is_lifted(&self) -> bool {
        let status = self.status.as_ref();
        status.is_some_and(|status| status.lifted.is_some())
    }
}

impl Unhalt {
    /// Whether it is about this Halt: the very one, and with its scope.
    pub fn is_of(&self, halt: &Halt) -> bool {
        let is_it = Some(&self.spec.uid) == halt.metadata.uid.as_ref();
        is_it
            && Some(&self.spec.halt) == halt.metadata.name.as_ref()
            && self.spec.scope == halt.spec.scope
    }

    /// What it makes of the Halt that it lifts; `None` for one that the API server never stored.
    pub fn lifts(&self) -> Option<Lifted> {
        Some(Lifted {
            by: self.spec.by.clone(),
            reason: self.spec.reason.clone(),
            at: self.metadata.creation_timestamp.as_ref()?.0,
            uid: self.metadata.uid.clone()?,
        })
    }
}
