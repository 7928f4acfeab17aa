//! Options of `approve`.

use clap::Args;

use super::{ClusterOptions, Output};

/// Options of `approve`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate approve mm-btc --role risk --reason 'limits reviewed'")]
pub struct ApproveOptions {
    /// The strategy.
    #[arg(value_name = "STRATEGY")]
    pub strategy: String,
    /// The role as which you approve; without one, the one that is waited for.
    #[arg(long, value_name = "ROLE", conflicts_with = "group")]
    pub role: Option<String>,
    /// The Kubernetes group as whose member you approve.
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// The first digits of the behaviour that you looked at: another one is not approved.
    #[arg(long, value_name = "DIGEST")]
    pub behaviour: Option<String>,
    /// Why, for whoever asks later.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// How long it counts at most; without it, as long as the gate says.
    #[arg(long, value_name = "DURATION", value_parser = super::global::duration)]
    pub expires: Option<std::time::Duration>,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ClusterOptions,
    /// How to print what was approved.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}
