//! Options of the commands that stop, and that lift it.

use std::time::Duration;

use clap::Args;

use super::{ClusterOptions, Output};

/// What is stopped: one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ScopeOptions {
    /// One strategy.
    #[arg(long, value_name = "NAME")]
    pub strategy: Option<String>,
    /// All of a desk.
    #[arg(long, value_name = "NAME")]
    pub desk: Option<String>,
    /// Whatever trades on a venue.
    #[arg(long, value_name = "VENUE")]
    pub venue: Option<String>,
    /// Whatever trades on an account.
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// Everything in the cluster.
    #[arg(long)]
    pub everything: bool,
}

/// Options of `halt` and `drill`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate halt --strategy mm-btc --reason 'fills look wrong'")]
pub struct HaltOptions {
    /// What is stopped.
    #[command(flatten)]
    pub scope: ScopeOptions,
    /// The namespace of the desk, for those who may not read Tidegate's records.
    #[arg(long = "in", value_name = "NAMESPACE")]
    pub desk_namespace: Option<String>,
    /// Why, for whoever asks later.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// How long to wait until everything is stopped; the Halt stands all the same.
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = super::global::duration)]
    pub timeout: Duration,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ClusterOptions,
    /// How to print what came of it.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}

/// Options of `unhalt`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: tidegate unhalt halt-x7k2p --reason 'the venue confirmed the fix'"
)]
pub struct UnhaltOptions {
    /// The Halt.
    #[arg(value_name = "HALT")]
    pub halt: String,
    /// Why, for whoever asks later.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// How long to wait until it is lifted.
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = super::global::duration)]
    pub timeout: Duration,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ClusterOptions,
    /// How to print what came of it.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}

/// Options of `halts`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate halts --all")]
pub struct HaltsOptions {
    /// Those too that are lifted, and drills.
    #[arg(long)]
    pub all: bool,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ClusterOptions,
    /// How to print them.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}
