//! What a person is asked to approve.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a person would approve: what an Approval has to say, and how many did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalWanted {
    /// The `behaviour` digest.
    pub behaviour: String,
    /// The digest of the stages, gates and people that it comes under.
    pub plan: String,
    /// The role that approves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The Kubernetes group that approves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// How many people.
    pub quorum: u32,
    /// How long an approval counts, such as `24h`.
    pub expires_in: String,
    /// The name of the signed Git tag that says so as well; absent where nobody who could has a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Who did already, by their names in `people`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
}

/// An approval that counted, as the ledger is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CountedApproval {
    /// The uid of the Approval.
    pub uid: String,
    /// The behaviour that it is for.
    pub behaviour: String,
    /// Whose it is, by the name in `people`.
    pub person: String,
    /// The user that the API server knew.
    pub by: String,
    /// As what: `role risk`, `group desk-leads`.
    #[serde(rename = "as")]
    pub said_as: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
