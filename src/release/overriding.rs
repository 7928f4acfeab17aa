//! What people override.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An Override: that it stands, or why it does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Overriding {
    /// Its uid.
    pub uid: String,
    /// What it passes, for a person.
    pub what: String,
    /// Who made it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Until when it counts.
    #[schemars(with = "String")]
    pub until: Timestamp,
    /// When it was first seen to count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub counted: Option<Timestamp>,
    /// Why it counts for nothing, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl Overriding {
    /// Whether it counts.
    pub fn stands(&self) -> bool {
        self.refused.is_none()
    }
}

/// A change that the window holds back: what an Override of it would name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WindowShut {
    /// The `behaviour` digest.
    pub behaviour: String,
    /// The digest of the stages that it comes by.
    pub plan: String,
}
