//! Options of `plan`.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::{ClusterOptions, FleetOptions};
use crate::spec::metric::MetricName;

/// Options of `plan`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: tidegate plan --base origin/main --strategy alpha-signals --rate rejectRatio=700"
)]
pub struct PlanOptions {
    /// Which fleet.
    #[command(flatten)]
    pub fleet: FleetOptions,
    /// What runs is taken to be this revision of the repository.
    #[arg(
        long,
        value_name = "REV",
        default_value = "HEAD",
        conflicts_with = "live"
    )]
    pub base: String,
    /// What runs is what the cluster's records say.
    #[arg(long)]
    pub live: bool,
    /// Only this strategy; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub strategy: Vec<String>,
    /// As if it were pushed at this instant instead of now.
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<Timestamp>,
    /// How many samples of a metric come together in a session, over all requests: what its gates
    /// can see is told in sessions then; may be repeated.
    #[arg(long, value_name = "METRIC=SAMPLES")]
    pub rate: Vec<Rate>,
    /// How to print the plan.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: PlanOutput,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ClusterOptions,
}

/// How `plan` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanOutput {
    /// A paragraph a stage.
    Text,
    /// One JSON document.
    Json,
    /// A picture of the stages.
    Svg,
}

/// How many samples of a metric there are in a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// The metric.
    pub metric: MetricName,
    /// Samples a session.
    pub samples: f64,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let help =
            "write a metric and how many samples of it a session has, such as `rejectRatio=700`";
        let (metric, samples) = text.split_once('=').ok_or(help)?;
        let metric = metric.parse().map_err(|error| format!("{error}"))?;
        let samples = samples.parse::<f64>().ok();
        let samples = samples
            .filter(|it| it.is_finite() && *it > 0.0)
            .ok_or(help)?;
        Ok(Self { metric, samples })
    }
}
