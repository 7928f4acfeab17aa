//! Passing one gate, or the window, without what it asks for: break-glass, as an object that RBAC can
//! govern.
//!
//! An Override lives in its desk's namespace, is immutable, and says who made it and why: `deploy/`
//! ships a policy that admits it only from that very user, with the right to override. It passes what
//! it names for the behaviour that it names, until it ends, and nothing else.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod crd;

use std::fmt;

use jiff::Timestamp;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crd::crd;

/// What is passed, of which change, by whom, why, and until when. Never changes.
#[derive(CustomResource, Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "tidegate.dev",
    version = "v1alpha1",
    kind = "Override",
    namespaced,
    category = "tidegate",
    printcolumn = r#"{"name":"Release","type":"string","jsonPath":".spec.release"}"#,
    printcolumn = r#"{"name":"Stage","type":"string","jsonPath":".spec.stage"}"#,
    printcolumn = r#"{"name":"Gate","type":"string","jsonPath":".spec.gate"}"#,
    printcolumn = r#"{"name":"Window","type":"boolean","jsonPath":".spec.window"}"#,
    printcolumn = r#"{"name":"By","type":"string","jsonPath":".spec.by"}"#,
    printcolumn = r#"{"name":"Expires","type":"string","jsonPath":".spec.expires"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".spec.reason"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
pub struct OverrideSpec {
    /// The name of the Release.
    pub release: String,
    /// The `behaviour` digest that it is for, and no other.
    pub behaviour: String,
    /// The digest of the stages that it was made for: with others it counts for nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The stage whose gate is passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The gate that is passed, as `tidegate rollout status` shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// That the rollout's window is passed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub window: bool,
    /// Why.
    pub reason: String,
    /// Who overrides: the user that the API server knew when it was made.
    pub by: String,
    /// Until when it counts.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub expires: Timestamp,
}

/// What an Override passes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hurdle {
    /// The window in which a change may begin and go on.
    Window,
    /// A gate.
    Gate {
        /// Of this stage.
        stage: String,
        /// In the words of the spec.
        gate: String,
    },
}

impl fmt::Display for Hurdle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Window => f.write_str("the window"),
            Self::Gate { stage, gate } => write!(f, "gate `{gate}` of stage `{stage}`"),
        }
    }
}

impl OverrideSpec {
    /// What it passes; `None` where it does not name exactly one thing.
    pub fn hurdle(&self) -> Option<Hurdle> {
        match (&self.stage, &self.gate, self.window) {
            (None, None, true) => Some(Hurdle::Window),
            (Some(stage), Some(gate), false) => Some(Hurdle::Gate {
                stage: stage.clone(),
                gate: gate.clone(),
            }),
            _ => None,
        }
    }
}

/// An Override as a step sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overridden {
    /// The object's uid.
    pub uid: String,
    /// When it was made, by the API server's clock.
    pub at: Timestamp,
    /// Whether it was changed since. Nobody can, unless somebody took the rules away.
    pub is_edited: bool,
    /// What it says.
    pub spec: OverrideSpec,
}

impl Overridden {
    /// An Override that the API server gave; `None` for one that it never stored.
    pub fn of(made: Override) -> Option<Self> {
        let at = made.metadata.creation_timestamp?.0;
        Some(Self {
            uid: made.metadata.uid?,
            at,
            is_edited: made.metadata.generation != Some(1),
            spec: made.spec,
        })
    }
}
