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
    /// Who did already, by their names in `people`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
}
