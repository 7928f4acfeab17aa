//! A person's yes to a change, as an object that RBAC can govern.
//!
//! An Approval lives in its desk's namespace, is immutable, and says who made it and as what: `deploy/`
//! ships a policy that admits it only from that very user, with the right to approve as that role. It
//! counts for the behaviour and the plan that it names and no other, and not for ever.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod crd;
pub mod tag;

use jiff::Timestamp;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::release::CountedApproval;
use crate::spec::gate::Approver;

pub use crd::crd;
pub use tag::Tagged;

/// What is approved, by whom, as what, and until when. Never changes.
#[derive(CustomResource, Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "tidegate.dev",
    version = "v1alpha1",
    kind = "Approval",
    namespaced,
    category = "tidegate",
    printcolumn = r#"{"name":"Release","type":"string","jsonPath":".spec.release"}"#,
    printcolumn = r#"{"name":"Role","type":"string","jsonPath":".spec.role"}"#,
    printcolumn = r#"{"name":"By","type":"string","jsonPath":".spec.by"}"#,
    printcolumn = r#"{"name":"Expires","type":"string","jsonPath":".spec.expires"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".spec.reason"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalSpec {
    /// The name of the Release.
    pub release: String,
    /// The `behaviour` digest that is approved, and no other.
    pub behaviour: String,
    /// The digest of the stages, gates and people that it comes under.
    pub plan: String,
    /// The role as which it is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The Kubernetes group as whose member it is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who approves: the user that the API server knew when it was made.
    pub by: String,
    /// Until when it counts.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub expires: Timestamp,
}

impl ApprovalSpec {
    /// Whether it was made as what is asked for.
    pub fn is_as(&self, approver: &Approver) -> bool {
        match approver {
            Approver::Role(role) => self.role.as_deref() == Some(role.as_str()),
            Approver::Group(group) => self.group.as_ref() == Some(group),
        }
    }
}

/// An Approval as a step sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// The object's uid.
    pub uid: String,
    /// When it was made, by the API server's clock.
    pub at: Timestamp,
    /// Whether it was changed since. Nobody can, unless somebody took the rules away.
    pub is_edited: bool,
    /// What it says.
    pub spec: ApprovalSpec,
}

impl Approved {
    /// What a record keeps of it once it counts as this person's.
    pub fn counted(&self, person: &str) -> CountedApproval {
        let spec = &self.spec;
        let role = spec.role.as_ref().map(|role| format!("role {role}"));
        let group = spec.group.as_ref().map(|group| format!("group {group}"));
        CountedApproval {
            uid: self.uid.clone(),
            behaviour: spec.behaviour.clone(),
            person: person.to_owned(),
            by: spec.by.clone(),
            said_as: role.or(group).unwrap_or_default(),
            reason: spec.reason.clone(),
        }
    }

    /// An Approval that the API server gave; `None` for one that it never stored.
    pub fn of(approval: Approval) -> Option<Self> {
        let at = approval.metadata.creation_timestamp?.0;
        Some(Self {
            uid: approval.metadata.uid?,
            at,
            is_edited: approval.metadata.generation != Some(1),
            spec: approval.spec,
        })
    }
}
