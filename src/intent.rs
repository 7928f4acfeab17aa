//! What a person asks of a rollout, as an object that RBAC can govern: nobody edits a status.
//!
//! An Intent lives in its desk's namespace, so that who may ask what is a matter of the roles there.
//! It is immutable, and `spec.by` is who made it: `deploy/` ships a policy that admits it only so.
//! It counts for the behaviour that it names and no other.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod crd;

use std::fmt;

use jiff::Timestamp;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crd::crd;

/// What is asked, of which release, and by whom. Never changes.
#[derive(CustomResource, Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "tidegate.dev",
    version = "v1alpha1",
    kind = "Intent",
    namespaced,
    category = "tidegate",
    printcolumn = r#"{"name":"Release","type":"string","jsonPath":".spec.release"}"#,
    printcolumn = r#"{"name":"Action","type":"string","jsonPath":".spec.action"}"#,
    printcolumn = r#"{"name":"Stage","type":"string","jsonPath":".spec.stage"}"#,
    printcolumn = r#"{"name":"By","type":"string","jsonPath":".spec.by"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".spec.reason"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
pub struct IntentSpec {
    /// The name of the Release.
    pub release: String,
    /// What is asked.
    pub action: Ask,
    /// The `behaviour` digest that it is asked of: of another one, nothing is asked.
    pub behaviour: String,
    /// The stage to leave; for `promote` only, where without it every stage is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asks: the user that the API server knew when it was made.
    pub by: String,
}

/// What can be asked of a release.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Ask {
    /// Leave the stage that waits for a person.
    Promote,
    /// Stay where it is.
    Pause,
    /// Go on after a pause.
    Resume,
    /// Give the candidate up, as `onFailure` says.
    Abort,
    /// Go back to a behaviour that was promoted before.
    Rollback,
    /// Start the same behaviour anew, in the safe order.
    Restart,
    /// Let a behaviour that failed be tried again.
    Lift,
    /// Let what sends orders start in a cluster that was made anew: the one that ran before is
    /// dead.
    Attest,
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Promote => "promote",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Abort => "abort",
            Self::Rollback => "rollback",
            Self::Restart => "restart",
            Self::Lift => "lift",
            Self::Attest => "attest",
        })
    }
}

/// An Intent as a step sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The object's uid: an intent is heeded once.
    pub uid: String,
    /// When it was made.
    pub at: Timestamp,
    /// What it says.
    pub spec: IntentSpec,
}

impl Asked {
    /// An Intent that the API server gave; `None` for one that it never stored.
    pub fn of(intent: Intent) -> Option<Self> {
        let at = intent.metadata.creation_timestamp?.0;
        Some(Self {
            uid: intent.metadata.uid?,
            at,
            spec: intent.spec,
        })
    }
}
