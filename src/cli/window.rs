//! Options of `window`.

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::{FleetOptions, Output};

/// Options of `window`.
#[derive(Debug, Args)]
pub struct WindowOptions {
    /// What to ask.
    #[command(subcommand)]
    pub command: WindowCommand,
}

/// What can be asked about windows.
#[derive(Debug, Subcommand)]
pub enum WindowCommand {
    /// Say whether a strategy's window is open, why, and when it opens next.
    Explain(ExplainOptions),
}

/// Options of `window explain`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate window explain momentum-us --at 2026-11-27T17:50Z")]
pub struct ExplainOptions {
    /// The strategy.
    #[arg(value_name = "STRATEGY")]
    pub strategy: String,
    /// Which fleet.
    #[command(flatten)]
    pub fleet: FleetOptions,
    /// At this instant instead of now.
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<Timestamp>,
    /// How to print the answer.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}
