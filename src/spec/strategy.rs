//! `kind: Strategy`: one deployable unit.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::blocks::{
    AccountKeySpec, ConfigSpec, NetworkSpec, ObserveSpec, OnControlLoss, OnStop, PlacementSpec,
    PortSpec, ProbesSpec, ResourcesSpec, SecretSpec, StateSpec,
};
use super::class::{Class, Mode};
use super::document::{Document, Opaque};
use super::image::Image;
use super::layer::Overlay;
use super::measure::{Count, Duration, Percent};
use super::money::Money;
use super::names::{AccountName, ClusterName, EngineName, StrategyName, VolumeName};
use super::net::Venue;
use super::path::ContainerPath;
use super::rollout::RolloutSpec;
use super::run::RunSpec;

/// The document of a strategy.
pub type StrategyDocument = Document<StrategyKind, StrategyName, StrategySpec>;

/// The kind of a strategy's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum StrategyKind {
    /// A deployable unit.
    Strategy,
}

/// What is run, how, and where.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StrategySpec {
    /// What it is.
    pub class: Class,
    /// How near to real orders it runs.
    pub mode: Option<Mode>,
    /// The engine profile; without one, the program states everything itself.
    pub engine: Option<EngineName>,
    /// The cluster it runs in, where there are several.
    pub cluster: Option<ClusterName>,
    /// The image. Its digest stands in `tidegate.lock`, or here behind `@`.
    pub image: Option<Image>,
    /// Replaces the image's entry point.
    #[serde(default)]
    pub command: Vec<String>,
    /// The arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Plain environment variables; secrets stand under `secrets`.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Secrets of the desk's namespace that it may read.
    #[serde(default)]
    pub secrets: Vec<SecretSpec>,
    /// Configuration files of this repository.
    #[serde(default)]
    pub config: Vec<ConfigSpec>,
    /// Model artefacts, pinned by digest.
    #[serde(default)]
    pub models: Vec<ModelSpec>,
    /// The account whose orders it sends.
    pub account: Option<AccountName>,
    /// Which part of an account it holds that is exclusive by order tag.
    pub order_tag: Option<String>,
    /// Where the program wants the values of the account's key.
    #[serde(default)]
    pub account_keys: Vec<AccountKeySpec>,
    /// The venues whose trading sessions it follows: `compare` gates compare within each of them.
    pub sessions: Option<Vec<Venue>>,
    /// What it may at most do.
    pub limits: Option<LimitsSpec>,
    /// Engine settings that a rollout may turn.
    pub knobs: Option<Opaque>,
    /// What it needs at run time.
    pub requires: Option<Vec<RequirementSpec>>,
    /// Compute resources.
    pub resources: Option<ResourcesSpec>,
    /// What it keeps on disk.
    #[serde(default)]
    pub state: Vec<StateSpec>,
    /// Where it runs.
    pub placement: Option<PlacementSpec>,
    /// Whom it may talk to.
    pub network: Option<NetworkSpec>,
    /// The ports it serves.
    #[serde(default)]
    pub ports: Vec<PortSpec>,
    /// Its probes.
    pub probes: Option<ProbesSpec>,
    /// What is measured of it.
    pub observe: Option<ObserveSpec>,
    /// What happens to its orders when it stops.
    pub on_stop: Option<OnStop>,
    /// What its guard does when it loses the API server.
    pub on_control_loss: Option<OnControlLoss>,
    /// How a change reaches it.
    pub rollout: Option<RolloutSpec>,
    /// How many; a service only.
    pub replicas: Option<Replicas>,
    /// What scales it; a service only.
    pub scale: Option<Vec<ScaleSpec>>,
    /// When it runs. Without it, a job runs once for each version of itself, and everything else
    /// always.
    pub run: Option<RunSpec>,
    /// Splits a job into one index for each row of a table.
    pub matrix: Option<MatrixSpec>,
    /// How many indexes of a job run at a time.
    pub parallelism: Option<u32>,
    /// What a job does when it fails.
    pub retry: Option<RetrySpec>,
    /// How long one run of a job may take.
    pub deadline: Option<Duration>,
    /// Deployed after these are healthy.
    #[serde(default)]
    pub after: Vec<StrategyName>,
    /// Its name before; it keeps that one's data.
    pub renamed_from: Option<StrategyName>,
    /// What differs in a mode.
    pub modes: Option<ModesSpec>,
}

/// What differs in a mode: any part of the strategy that a mode can change.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModesSpec {
    /// On recorded data.
    pub research: Option<Overlay>,
    /// On live data with a read-only key.
    pub shadow: Option<Overlay>,
    /// With simulated orders.
    pub paper: Option<Overlay>,
    /// With real orders.
    pub live: Option<Overlay>,
}

/// A model artefact.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModelSpec {
    /// Its name.
    pub name: VolumeName,
    /// The OCI reference, pinned by digest.
    #[serde(rename = "ref")]
    pub reference: Image,
    /// Where it is mounted, read-only.
    pub mount_path: ContainerPath,
    /// How old it may be.
    pub max_age: Option<Duration>,
    /// What happens when it is older.
    pub on_stale: Option<String>,
}

/// What a strategy may at most do.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitsSpec {
    /// The instruments it may trade.
    #[serde(default)]
    pub instruments: Vec<String>,
    /// The venues it may trade on.
    #[serde(default)]
    pub venues: Vec<Venue>,
    /// The value of one order.
    pub max_order_notional: Option<Money>,
    /// Orders in a second.
    pub max_orders_per_second: Option<Count>,
    /// Orders in a day.
    pub max_orders_per_day: Option<Count>,
    /// The value of a position.
    pub max_position_notional: Option<Money>,
    /// The loss of a day.
    pub max_daily_loss: Option<Money>,
    /// How far from the market an order's price may be.
    pub price_collar: Option<Percent>,
}

/// What is needed at run time, and what happens when it is lost.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequirementSpec {
    /// The strategy that is needed.
    pub strategy: StrategyName,
    /// What happens when it is lost.
    pub lost: Option<String>,
    /// How fast that happens.
    pub within: Option<Duration>,
}

/// How many: a number, or a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Replicas {
    /// Always so many.
    Fixed(u32),
    /// Between two numbers.
    Range {
        /// The smallest.
        min: u32,
        /// The largest.
        max: u32,
    },
}

impl JsonSchema for Replicas {
    fn schema_name() -> Cow<'static, str> {
        "Replicas".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["integer", "object"],
            "minimum": 0,
            "maximum": 1000,
            "properties": {
                "min": {"type": "integer", "minimum": 0, "maximum": 1000, "description": "The smallest number."},
                "max": {"type": "integer", "minimum": 1, "maximum": 1000, "description": "The largest number."},
            },
            "required": ["min", "max"],
            "additionalProperties": false,
            "description": "How many: a number, or `{min: 3, max: 30}`.",
        })
    }
}

/// What scales a service: one of `cpu`, `memory`, `metric` and `session`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScaleSpec {
    /// The processor time that its pods are held at, in percent of what they request.
    pub cpu: Option<Percent>,
    /// The memory that its pods are held at, in percent of what they request.
    pub memory: Option<Percent>,
    /// A metric of its pods, by the name that the cluster's custom metrics API has for it.
    pub metric: Option<String>,
    /// The metric's value for each pod, on average.
    pub target: Option<Count>,
    /// A trading session in which there are more pods.
    pub session: Option<Venue>,
    /// The fewest pods in that session.
    pub min: Option<u32>,
}

/// A table with one row for each index of a job.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatrixSpec {
    /// A CSV file of the repository, relative to this one. Its first line names the columns; index
    /// 0 is the line below it.
    pub file: String,
    /// Where the program finds the table, `/etc/tidegate/matrix.csv` unless said otherwise.
    pub path: Option<ContainerPath>,
}

/// What a job does when it fails.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetrySpec {
    /// Retries of one index.
    pub per_index: Option<u32>,
    /// Failures that do not count.
    #[serde(default)]
    pub ignore: Vec<IgnoredFailure>,
}

/// A failure that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum IgnoredFailure {
    /// The node was taken away.
    Preemption,
}
