//! What a gate looks at, with every default settled.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::approve::ApproveGate;
use super::bake::Bake;
use super::form::AfterSpec;
use super::scan::ScanGate;
use crate::spec::image::Image;
use crate::spec::measure::{Duration, Percent};
use crate::spec::metric::{HttpUrl, MetricName, SecretRef};
use crate::spec::object_name::EnvName;
use crate::spec::threshold::Threshold;
use crate::spec::window::WindowExpr;

/// What a gate looks at.
#[derive(Debug, Clone, PartialEq)]
pub enum GateKind {
    /// The clock.
    For(Bake),
    /// The pods.
    Health(HealthGate),
    /// A measured value.
    Metric(MetricGate),
    /// The candidate's values beside those of what runs already, at the same time.
    Compare(CompareGate),
    /// The candidate's log beside that of what ran before.
    Logs(LogsGate),
    /// What a scanner knows of the images.
    Scan(ScanGate),
    /// A program that is run to judge.
    Job(JobGate),
    /// A server that is asked to judge.
    Webhook(WebhookGate),
    /// A person.
    Pause,
    /// People who are not its authors.
    Approve(ApproveGate),
    /// A calendar.
    Window(WindowExpr),
    /// Another strategy's rollout.
    After(AfterSpec),
    /// The freezes that concern it.
    Freeze,
}

/// The pods must be ready, and stay so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthGate {
    /// Restarts of all its containers that are put up with.
    pub max_restarts: u32,
}

/// A value must stay within bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricGate {
    /// The metric.
    pub metric: MetricName,
    /// The largest value that is good.
    pub max: Option<Threshold>,
    /// The smallest value that is good.
    pub min: Option<Threshold>,
    /// Below so many samples a value says nothing.
    pub min_samples: u32,
    /// How often it is measured, and how often it may be wrong.
    pub limits: Limits,
}

/// A difference must stay small.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareGate {
    /// The metric.
    pub metric: MetricName,
    /// How far the candidate may be off.
    pub within: Margin,
    /// In which direction it is worse.
    pub worse: Worse,
    /// What is compared.
    pub test: Test,
    /// How sure a verdict has to be.
    pub confidence: Percent,
    /// A rate that nobody minds, whatever the other one's is.
    pub negligible: Option<Percent>,
    /// Below so many samples a side there is no verdict.
    pub min_samples: u32,
    /// How often it is measured, and how often it may be wrong.
    pub limits: Limits,
}

/// A log must have nothing new.
#[derive(Debug, Clone, PartialEq)]
pub struct LogsGate {
    /// What counts its lines, by class.
    pub metric: MetricName,
    /// How many lines of a new class are put up with.
    pub max: Threshold,
    /// How far back the log of what ran before is looked through.
    pub baseline: Duration,
    /// Below so many lines a log says nothing.
    pub min_samples: u32,
    /// How often it is looked at, and how often it may be wrong.
    pub limits: Limits,
}

/// How far the candidate may be off.
#[derive(Debug, Clone, PartialEq)]
pub enum Margin {
    /// In the metric's own unit.
    Absolute(Threshold),
    /// As a share of the other one's value.
    Relative(Threshold),
}

impl GateKind {
    /// The word in specs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::For(_) => "for",
            Self::Health(_) => "health",
            Self::Metric(_) => "metric",
            Self::Compare(_) => "compare",
            Self::Logs(_) => "logs",
            Self::Scan(_) => "scan",
            Self::Job(_) => "job",
            Self::Webhook(_) => "webhook",
            Self::Pause => "pause",
            Self::Approve(_) => "approve",
            Self::Window(_) => "window",
            Self::After(_) => "after",
            Self::Freeze => "freeze",
        }
    }
}

impl Margin {
    /// The number as it was written.
    pub fn threshold(&self) -> &Threshold {
        match self {
            Self::Absolute(threshold) | Self::Relative(threshold) => threshold,
        }
    }
}

impl fmt::Display for Margin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.threshold().fmt(f)
    }
}

/// The direction in which a difference is bad.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Worse {
    /// Too much is bad.
    Higher,
    /// Too little is bad.
    Lower,
    /// Both are: what is too good to be true is not.
    #[default]
    Either,
}

/// What is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Test {
    /// By how much the values are shifted: Mann–Whitney, within each session.
    #[default]
    Shift,
    /// How many of the metric's `samples` were events, its value being their share: for what is
    /// rare.
    Rate,
}

/// How often something is measured, and how often it may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The time between two measurements.
    pub interval: Duration,
    /// Bad values that are put up with.
    pub failures: u32,
    /// Errors in a row that are put up with.
    pub consecutive_errors: u32,
    /// Good values in a row that are needed.
    pub consecutive_successes: u32,
    /// What no data means.
    pub on_no_data: OnNoData,
}

/// A program that exits 0 if all is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobGate {
    /// Its image.
    pub image: Image,
    /// Replaces the image's entry point.
    pub command: Vec<String>,
    /// The arguments.
    pub args: Vec<String>,
    /// Plain environment variables, besides those that tell what is being rolled out.
    pub env: BTreeMap<EnvName, String>,
}

/// A server that is asked to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookGate {
    /// Its address.
    pub url: HttpUrl,
    /// The key that requests are signed with.
    pub secret: SecretRef,
    /// The time between two requests while it says neither yes nor no.
    pub interval: Duration,
    /// How long one answer may take.
    pub deadline: Duration,
    /// Failed requests in a row that are put up with.
    pub retries: u32,
}

/// What no data means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnNoData {
    /// Nothing yet: the gate goes on waiting.
    #[default]
    Wait,
    /// The value counts as a bad one.
    Fail,
    /// The value counts as a good one.
    Pass,
    /// A person has to look.
    Inconclusive,
}

/// What a gate says when it took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnTimeout {
    /// The stage failed.
    Fail,
    /// The rollout holds until a person decides.
    Hold,
    /// The gate opens.
    Pass,
}
