//! What happened to a unit that people are told of.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::spec::notify::Happening;

/// Something that happened, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// What tells it from every other one: ten hex digits.
    pub id: String,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What kind of thing it is.
    pub kind: Happening,
    /// What it is, for a person.
    pub what: String,
    /// The subcommands of `tidegate` that a person may want to use now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
}
