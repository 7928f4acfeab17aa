//! How far the runs by trading session are.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which runs by session are done with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionRuns {
    /// Those that were due up to then were begun or missed, or were before there were any.
    #[schemars(with = "String")]
    pub until: Timestamp,
    /// The last one, if it was missed: when it was due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub missed: Option<Timestamp>,
}
