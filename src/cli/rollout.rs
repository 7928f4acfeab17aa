//! Options of the commands about a rollout.

use clap::{Args, Subcommand};

use super::{ClusterOptions, Output, StatusOptions};

/// The commands under `rollout`.
#[derive(Debug, Subcommand)]
pub enum RolloutCommand {
    /// Show how far the rollouts are: stages, gates, and what each waits for.
    Status(StatusOptions),
    /// Follow one rollout until it ends.
    Watch(WatchOptions),
}

/// Options of `rollout watch`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate rollout watch alpha-signals")]
pub struct WatchOptions {
    /// The strategy.
    #[arg(value_name = "STRATEGY")]
    pub strategy: String,
    /// Give up after this long.
    #[arg(long, value_name = "DURATION", value_parser = super::global::duration)]
    pub timeout: Option<std::time::Duration>,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ClusterOptions,
}

/// Whom something is asked of, and why.
#[derive(Debug, Args)]
pub struct AskOptions {
    /// The strategy.
    #[arg(value_name = "STRATEGY")]
    pub strategy: String,
    /// Why, for whoever asks later.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ClusterOptions,
    /// How to print what was asked.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}

/// Options of `promote`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate promote alpha-signals --reason 'fills look right'")]
pub struct PromoteOptions {
    /// Whom, and why.
    #[command(flatten)]
    pub ask: AskOptions,
    /// Leave every stage that waits for a person, not only the one it is at.
    #[arg(long)]
    pub all: bool,
}

/// Options of `rollback`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate rollback alpha-signals --to 3f9a0c1b2d")]
pub struct RollbackOptions {
    /// Whom, and why.
    #[command(flatten)]
    pub ask: AskOptions,
    /// The first digits of the behaviour to go back to; without them, the one promoted before.
    #[arg(long, value_name = "DIGEST")]
    pub to: Option<String>,
}

/// Options of `lift`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate lift alpha-signals --reason 'the venue was down'")]
pub struct LiftOptions {
    /// Whom, and why.
    #[command(flatten)]
    pub ask: AskOptions,
    /// The first digits of the behaviour that failed; without them, the last one.
    #[arg(long, value_name = "DIGEST")]
    pub behaviour: Option<String>,
}
