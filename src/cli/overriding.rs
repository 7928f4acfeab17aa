//! Options of `override`.

use std::time::Duration;

use clap::Args;

use super::{ClusterOptions, Output};

/// Options of `override`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: tidegate override mm-btc --gate rejects --reason 'venue feed is down, checked by hand' --for 1h"
)]
pub struct OverrideOptions {
    /// The strategy.
    #[arg(value_name = "STRATEGY")]
    pub strategy: String,
    /// What is passed.
    #[command(flatten)]
    pub what: HurdleOptions,
    /// Why, for whoever asks later.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// How long it counts; the fleet's floor may let it count for less.
    #[arg(long = "for", value_name = "DURATION", default_value = "1h", value_parser = super::global::duration)]
    pub span: Duration,
    /// The first digits of the behaviour that you looked at: nothing is overridden for another one.
    #[arg(long, value_name = "DIGEST")]
    pub behaviour: Option<String>,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ClusterOptions,
    /// How to print what was made.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}

/// What is passed without what it asks for.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct HurdleOptions {
    /// A gate of the stage that the rollout is at, as `rollout status` shows it, or what only that
    /// one says of itself, such as its metric.
    #[arg(long, value_name = "NAME")]
    pub gate: Option<String>,
    /// The window in which changes may begin and go on.
    #[arg(long)]
    pub window: bool,
}
