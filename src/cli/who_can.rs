//! Options of `who-can`.

use clap::{Args, ValueEnum};

use super::{ClusterOptions, FleetOptions, Output};

/// Options of `who-can`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate who-can approve mm-btc fleet/ --live")]
pub struct WhoCanOptions {
    /// What they would do.
    #[arg(value_enum, value_name = "VERB")]
    pub deed: Deed,
    /// The strategy.
    #[arg(value_name = "STRATEGY")]
    pub strategy: String,
    /// Which fleet.
    #[command(flatten)]
    pub fleet: FleetOptions,
    /// Ask the cluster, too, whether it would let them.
    #[arg(long)]
    pub live: bool,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ClusterOptions,
    /// How to print the answer.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}

/// What somebody would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deed {
    /// Approve its changes.
    Approve,
    /// Stop it.
    Halt,
    /// Pass a gate or a window.
    Override,
    /// Change its objects past Git.
    Apply,
}
