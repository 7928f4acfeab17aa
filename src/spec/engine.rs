//! `kind: Engine`: what is known about a trading engine's program.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::blocks::{
    AccountKeySpec, HttpSpec, ObserveSpec, PortSpec, ProbesSpec, ResourcesSpec, SecretSpec,
};
use super::document::Document;
use super::image::Image;
use super::measure::Duration;
use super::metric::Metrics;
use super::names::EngineName;
use super::path::ContainerPath;

/// The document of an engine profile.
pub type EngineDocument = Document<EngineKind, EngineName, EngineSpec>;

/// The kind of an engine profile's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum EngineKind {
    /// An engine profile.
    Engine,
}

/// An engine profile.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EngineSpec {
    /// The user and group that the image runs as.
    pub run_as: RunAsSpec,
    /// Folders that the program writes to and that may be lost.
    #[serde(default)]
    pub writable: Vec<ContainerPath>,
    /// Whether the whole root file system must be writable.
    #[serde(default)]
    pub writable_root: bool,
    /// From the stop signal to the kill. What runs before the signal counts too.
    pub grace: Duration,
    /// What runs before the signal: only where the program wants another signal than SIGTERM.
    pub pre_stop: Option<Vec<String>>,
    /// The image, unless the strategy says otherwise.
    pub image: Option<Image>,
    /// Replaces the image's entry point.
    #[serde(default)]
    pub command: Vec<String>,
    /// The arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Plain environment variables.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Secrets that every program of this engine reads.
    #[serde(default)]
    pub secrets: Vec<SecretSpec>,
    /// Where the program wants the values of an account's key.
    #[serde(default)]
    pub account_keys: Vec<AccountKeySpec>,
    /// Compute resources.
    pub resources: Option<ResourcesSpec>,
    /// The ports it serves.
    #[serde(default)]
    pub ports: Vec<PortSpec>,
    /// Its probes.
    pub probes: Option<ProbesSpec>,
    /// What is measured of it.
    pub observe: Option<ObserveSpec>,
    /// What gates can look at, by the names that they call it.
    #[serde(default)]
    pub metrics: Metrics,
    /// How its trading is steered.
    pub controls: Option<ControlsSpec>,
    /// Where it falls short of the hardened default, and why.
    #[serde(default)]
    pub waivers: BTreeMap<String, String>,
}

/// A user and a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunAsSpec {
    /// The user's number; never 0.
    #[schemars(range(min = 1, max = 4_294_967_294_u32))]
    pub user: u32,
    /// The group's number; never 0.
    #[schemars(range(min = 1, max = 4_294_967_294_u32))]
    pub group: u32,
}

/// How a program's trading is steered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ControlsSpec {
    /// Lets it send orders.
    pub arm: Option<ActionSpec>,
    /// Stops new orders.
    pub quiesce: Option<ActionSpec>,
    /// Cancels open orders.
    pub cancel: Option<ActionSpec>,
    /// Closes positions.
    pub flatten: Option<ActionSpec>,
    /// Tells whether its view of orders and positions agrees with the venue's.
    pub reconciled: Option<ActionSpec>,
}

/// One of `http`, `exec` and `file`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActionSpec {
    /// A request to the program.
    pub http: Option<HttpSpec>,
    /// The request's method, `POST` unless said otherwise.
    pub method: Option<String>,
    /// The request's body, or the file's text.
    pub body: Option<String>,
    /// A command of the image.
    pub exec: Option<Vec<String>>,
    /// A file that the program watches.
    pub file: Option<ContainerPath>,
}
