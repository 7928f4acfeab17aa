//! `kind: Desk`: a team, its namespace and what surrounds its strategies.

use schemars::JsonSchema;
use serde::Deserialize;

use super::document::Document;
use super::fleet::FloorSpec;
use super::layer::Defaults;
use super::metric::Metrics;
use super::names::{DeskName, NamespaceName};
use super::quantity::Quantity;

/// The document of a desk.
pub type DeskDocument = Document<DeskKind, DeskName, DeskSpec>;

/// The kind of a desk's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum DeskKind {
    /// A team.
    Desk,
}

/// A team.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeskSpec {
    /// Where to reach it.
    pub email: String,
    /// Its namespace, the desk's name unless said otherwise.
    pub namespace: Option<NamespaceName>,
    /// Kubernetes groups that may read the namespace.
    #[serde(default)]
    pub viewers: Vec<String>,
    /// Kubernetes groups that may also read logs and restart.
    #[serde(default)]
    pub operators: Vec<String>,
    /// Who approves its changes, by role or name.
    pub approvers: Option<Vec<String>>,
    /// What its rollouts have to ask at least, besides what the fleet says.
    #[serde(default)]
    pub floors: Vec<FloorSpec>,
    /// What its namespace may use.
    pub quota: Option<QuotaSpec>,
    /// What its strategies do unless they say otherwise.
    pub defaults: Option<Defaults>,
    /// What its strategies' gates can look at, by the names that they call it.
    #[serde(default)]
    pub metrics: Metrics,
}

/// What a namespace may use.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuotaSpec {
    /// Processors.
    pub cpu: Option<Quantity>,
    /// Memory.
    pub memory: Option<Quantity>,
    /// Scratch space on nodes.
    pub ephemeral_storage: Option<Quantity>,
    /// Space in claims.
    pub storage: Option<Quantity>,
    /// Pods.
    pub pods: Option<u32>,
}
