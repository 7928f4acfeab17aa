//! A gate as it is written: one kind, and what goes with it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::approve::ApproveSpec;
use super::bake::Bake;
use super::kind::{OnNoData, OnTimeout, Test, Worse};
use super::scan::ScanSpec;
use crate::spec::image::Image;
use crate::spec::measure::{Duration, Percent};
use crate::spec::metric::{HttpUrl, MetricName, SecretRef};
use crate::spec::names::StrategyName;
use crate::spec::object_name::EnvName;
use crate::spec::threshold::Threshold;
use crate::spec::window::WindowExpr;

/// A condition to leave a stage: one of `for`, `health`, `metric`, `compare`, `logs`, `scan`,
/// `job`, `webhook`, `pause`, `approve`, `window`, `after` and `freeze`, and what goes with it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GateSpec {
    /// The stage stood for so long, `10m`, or for so long of an open market, `{open: 2h, of: XNYS}`.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub bake: Option<Bake>,
    /// The pods are ready, and did not restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthSpec>,
    /// A metric is within `max` and `min`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricName>,
    /// A metric differs by no more than `within` from that of what runs already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare: Option<MetricName>,
    /// The log has no class of lines, of errors for instance, that it did not have before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<MetricName>,
    /// A scanner knows of nothing worse in the images than what is put up with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan: Option<ScanSpec>,
    /// A Job exits 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobSpec>,
    /// A server says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookSpec>,
    /// A person promotes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<PauseSpec>,
    /// People with a role approve it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve: Option<ApproveSpec>,
    /// A window is open, such as `closed(XNYS)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowExpr>,
    /// Another strategy's rollout reached a stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<AfterSpec>,
    /// Nothing is frozen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freeze: Option<FreezeSpec>,
    /// The largest value that is good; with `logs`, how many lines of a new class are put up with,
    /// none unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Threshold>,
    /// The smallest value that is good; `metric` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Threshold>,
    /// How far the candidate may be off: a number in the metric's own unit, or a share such as
    /// `20%` of the other one's value; `compare` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Threshold>,
    /// The direction in which a difference is bad, `either` unless said otherwise; `compare` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worse: Option<Worse>,
    /// What is compared, `shift` unless said otherwise; `compare` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
    /// How sure a verdict has to be, `95%` unless said otherwise; `compare` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Percent>,
    /// A rate that nobody minds, whatever the other one's is; `compare` with `test: rate` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negligible: Option<Percent>,
    /// How far back the log of what ran before is looked through, `1d` unless said otherwise; `logs`
    /// only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Duration>,
    /// Below so many samples there is no verdict: orders, fills, points in time, lines of a log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub min_samples: Option<u32>,
    /// The time between two measurements, `1m` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// Bad values that are put up with, none unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub failure_limit: Option<u32>,
    /// Errors in a row that are put up with, 4 unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub consecutive_error_limit: Option<u32>,
    /// Good values in a row that are needed, 1 unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub consecutive_success_limit: Option<u32>,
    /// What no data means, `wait` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_no_data: Option<OnNoData>,
    /// How long the gate may take, from when the stage was seen in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// What the gate says when it took longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_timeout: Option<OnTimeout>,
}

/// What pods have to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthSpec {
    /// Restarts of all its containers that are put up with, none unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub max_restarts: Option<u32>,
}

/// A Job that judges: it exits 0 if all is well.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobSpec {
    /// Its image. Its digest stands in `tidegate.lock`, or here behind `@`.
    pub image: Image,
    /// Replaces the image's entry point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// The arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Plain environment variables, besides those that tell what is being rolled out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<EnvName, String>,
}

/// A server that judges: it answers 200 for yes, 202 for not yet, 403 for no.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookSpec {
    /// Its address.
    pub url: HttpUrl,
    /// The key that requests are signed with.
    pub secret: SecretRef,
    /// How long one answer may take, `10s` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Duration>,
    /// Failed requests in a row that are put up with, 4 unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub retries: Option<u32>,
}

/// A person promotes it, with `tidegate promote`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PauseSpec {}

/// Another strategy's rollout.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AfterSpec {
    /// The strategy.
    pub strategy: StrategyName,
    /// The stage that it must have reached; without it, it must be through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

/// No freeze holds it: of the fleet, of its desk, or of a venue that it trades on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FreezeSpec {}
