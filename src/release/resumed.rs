//! A record that was made anew from the ledger.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// That what is stable is known from the ledger only: nobody has seen it run in this cluster yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resumed {
    /// The entry that tells what ran.
    pub entry: u32,
    /// When that was read.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Whether a person has yet to attest that what ran before is dead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_unattested: bool,
}
