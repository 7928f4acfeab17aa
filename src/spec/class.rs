//! The few closed sets of words that specs and resolved fleets share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a strategy is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Sends orders; a singleton.
    Algo,
    /// An elastic service.
    Service,
    /// A stateful singleton that others need and that sends no orders itself.
    Gateway,
    /// Runs to completion.
    Job,
}

impl Class {
    /// The word in specs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Algo => "algo",
            Self::Service => "service",
            Self::Gateway => "gateway",
            Self::Job => "job",
        }
    }

    /// Whether two pods at a time are a hazard.
    pub fn is_singleton(self) -> bool {
        matches!(self, Self::Algo | Self::Gateway)
    }
}

/// How near to real orders a strategy runs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// On recorded data.
    Research,
    /// On live data with a read-only key; orders are only logged.
    Shadow,
    /// On live data, with simulated orders.
    Paper,
    /// With real orders.
    Live,
}

/// What a venue key may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum KeyScope {
    /// Reads only.
    Read,
    /// Sends orders.
    Trade,
}

/// What kind of node.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Capacity {
    /// Nodes that stay.
    #[default]
    OnDemand,
    /// Nodes that may be taken away.
    Spot,
}

impl Mode {
    /// The word in specs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Research => "research",
            Self::Shadow => "shadow",
            Self::Paper => "paper",
            Self::Live => "live",
        }
    }

    /// Whether a strategy in this mode sends orders to an account, real or simulated by the venue.
    pub fn sends_orders(self) -> bool {
        matches!(self, Self::Paper | Self::Live)
    }
}
