//! What is remembered of a gate.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rollout::verdict::Verdict;

/// What the record keeps of a gate. It changes only when the verdict or one of the counters does,
/// and a counter stops where more would say nothing new: a gate that waits writes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GateState {
    /// What it said last.
    pub verdict: Verdict,
    /// Since when it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub since: Option<Timestamp>,
    /// The measurement with which a counter last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub counted: Option<Timestamp>,
    /// Bad values.
    #[serde(skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// Errors in a row.
    #[serde(skip_serializing_if = "is_zero")]
    pub consecutive_errors: u32,
    /// Good values in a row.
    #[serde(skip_serializing_if = "is_zero")]
    pub consecutive_successes: u32,
    /// Values that counted as one sample each, for their metric does not say how many they are.
    #[serde(skip_serializing_if = "is_zero")]
    pub samples: u32,
    /// What was measured when a counter last changed, or what whoever judges said last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
