//! The command line's types, and nothing else: doc comments are the help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod approve;
mod daemon;
mod global;
mod halt;
mod ledger;
mod overriding;
mod plan;
mod report;
mod rollout;
mod simulate;
mod who_can;
mod window;

pub use approve::ApproveOptions;
pub use daemon::{GitOptions, RunOptions};
pub use global::{ClusterOptions, ColourChoice, GlobalOptions, LogFormat};
pub use halt::{HaltOptions, HaltsOptions, ScopeOptions, UnhaltOptions};
pub use ledger::{LedgerCommand, LedgerOptions, LedgerSource, ShowOptions, VerifyOptions};
pub use overriding::{HurdleOptions, OverrideOptions};
pub use plan::{PlanOptions, PlanOutput, Rate};
pub use report::{ReportOptions, ReportOutput, ReportTable};
pub use rollout::{
    AskOptions, LiftOptions, PromoteOptions, RollbackOptions, RolloutCommand, WatchOptions,
};
pub use simulate::SimulateOptions;
pub use who_can::{Deed, WhoCanOptions};
pub use window::{ExplainOptions, WindowCommand, WindowOptions};

/// Deploys trading strategies from Git to Kubernetes.
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, propagate_version = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalOptions,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done or same · 1 findings or differences · 2 usage · \
3 Git, cluster or network failed · 4 cannot tell · 5 not converged in time · 6 spec errors";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report every finding of a fleet.
    Check(CheckOptions),
    /// Print the Kubernetes objects of a fleet, in apply order.
    Render(RenderOptions),
    /// Compare the rendered objects with another revision, or with the cluster.
    Diff(DiffOptions),
    /// Print the Markdown of a pull request: what changes, and why it matters.
    Preview(PreviewOptions),
    /// Show the rollouts that a change would go through: stages, gates, and earliest times.
    Plan(PlanOptions),
    /// Simulate a rollout against recorded metrics: which gate would have stopped it, and when.
    Simulate(SimulateOptions),
    /// Reconcile once, and wait until it has converged.
    Apply(ApplyOptions),
    /// Run the daemon that keeps a cluster as Git says.
    Run(RunOptions),
    /// Show every strategy of a cluster and what it waits for.
    Status(StatusOptions),
    /// Show how far a rollout is, or follow it.
    #[command(subcommand)]
    Rollout(RolloutCommand),
    /// Let a rollout leave the stage that waits for a person.
    Promote(PromoteOptions),
    /// Approve the change that a strategy waits for somebody to approve.
    Approve(ApproveOptions),
    /// Let a change past a gate, or past the window, without what that asks for: for an emergency.
    Override(OverrideOptions),
    /// Keep a rollout at the stage it is at; its gates go on being judged.
    Pause(AskOptions),
    /// Let a paused rollout go on.
    Resume(AskOptions),
    /// Give the candidate up, as the spec's `onFailure` says.
    Abort(AskOptions),
    /// Go back to a revision that was promoted before.
    Rollback(RollbackOptions),
    /// Start the same revision anew, in the safe order.
    Restart(AskOptions),
    /// Let a revision that failed be tried again.
    Lift(LiftOptions),
    /// Say that what ran before a cluster was made anew is dead, so that this may start.
    Attest(AskOptions),
    /// Read and verify the fleet's ledger, without any cluster.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Draw up what was decided in a span of time, for whoever has to answer for it.
    Report(ReportOptions),
    /// Stop a strategy, a desk, a venue, an account, or everything: at once, and until it is lifted.
    Halt(HaltOptions),
    /// Lift a Halt.
    Unhalt(UnhaltOptions),
    /// List what is halted.
    Halts(HaltsOptions),
    /// Rehearse a Halt: say what it would stop, and keep a record of that; nothing is stopped.
    Drill(HaltOptions),
    /// Say who may approve, stop, override or change a strategy.
    WhoCan(WhoCanOptions),
    /// Ask about the windows in which changes may begin.
    Window(WindowOptions),
    /// Print the JSON Schema of a document kind, or list the kinds.
    Schema(SchemaOptions),
    /// Print the completion script of a shell.
    Completions(CompletionsOptions),
    /// Write the files that are generated from the code.
    #[command(hide = true)]
    Generate(GenerateOptions),
}

/// Which fleet.
#[derive(Debug, Args)]
pub struct FleetOptions {
    /// The folder with `tidegate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// The cluster, when the fleet has several.
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
}

/// Options of `check`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate check fleet/ --output json")]
pub struct CheckOptions {
    /// Which fleet.
    #[command(flatten)]
    pub fleet: FleetOptions,
    /// How to print findings.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: CheckOutput,
}

/// How `check` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckOutput {
    /// Source lines with carets.
    Text,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// GitHub workflow commands.
    Github,
}

/// Options of `render`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: tidegate render --strategy mm-btc | kubectl diff --server-side -f -"
)]
pub struct RenderOptions {
    /// Which fleet.
    #[command(flatten)]
    pub fleet: FleetOptions,
    /// Only this strategy; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub strategy: Vec<String>,
    /// How to print objects.
    #[arg(long, short, value_enum, default_value = "yaml")]
    pub output: RenderOutput,
}

/// How `render` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RenderOutput {
    /// YAML documents.
    #[value(alias = "text")]
    Yaml,
    /// One JSON list.
    Json,
}

/// Options of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate diff --base origin/main")]
pub struct DiffOptions {
    /// Which fleet.
    #[command(flatten)]
    pub fleet: FleetOptions,
    /// Compare with this revision of the repository.
    #[arg(
        long,
        value_name = "REV",
        conflicts_with = "live",
        required_unless_present = "live"
    )]
    pub base: Option<String>,
    /// Compare with the cluster, by dry-run.
    #[arg(long)]
    pub live: bool,
    /// Only this strategy; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub strategy: Vec<String>,
    /// How to print differences.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: DiffOutput,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ClusterOptions,
}

/// How `diff` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffOutput {
    /// A line a field.
    Text,
    /// One JSON document.
    Json,
    /// Markdown.
    Markdown,
}

/// Options of `preview`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate preview --base origin/main > comment.md")]
pub struct PreviewOptions {
    /// Which fleet.
    #[command(flatten)]
    pub fleet: FleetOptions,
    /// The revision the change will be merged into.
    #[arg(long, value_name = "REV")]
    pub base: String,
    /// How to print the preview.
    #[arg(long, short, value_enum, default_value = "markdown")]
    pub output: PreviewOutput,
}

/// How `preview` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PreviewOutput {
    /// The comment of a pull request.
    #[value(alias = "text")]
    Markdown,
    /// One JSON document.
    Json,
}

/// Text or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For a person.
    Text,
    /// For a program.
    Json,
}

/// Options of `apply`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate apply fleet/ --timeout 10m")]
pub struct ApplyOptions {
    /// Which fleet.
    #[command(flatten)]
    pub fleet: FleetOptions,
    /// Which cluster to write to.
    #[command(flatten)]
    pub connection: ClusterOptions,
    /// How long to wait until everything is as Git says and healthy.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = global::duration)]
    pub timeout: std::time::Duration,
    /// How to print the result.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}

/// Options of `status`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate status mm-btc")]
pub struct StatusOptions {
    /// Only these strategies, with all that is known of them.
    #[arg(value_name = "STRATEGY")]
    pub strategies: Vec<String>,
    /// Only this desk.
    #[arg(long, value_name = "NAME")]
    pub desk: Option<String>,
    /// Wait until everything shown is as Git says, at most this long.
    #[arg(long, value_name = "DURATION", value_parser = global::duration)]
    pub wait: Option<std::time::Duration>,
    /// With `--wait`: until the daemon has reconciled this commit.
    #[arg(long, value_name = "ID", requires = "wait")]
    pub commit: Option<String>,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ClusterOptions,
    /// How to print the status.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}

/// Options of `schema`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate schema strategy > strategy.json")]
pub struct SchemaOptions {
    /// The document kind; without one, the kinds are listed.
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
    /// How to print the list of kinds; a schema is always JSON.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}

/// Options of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate completions bash > /etc/bash_completion.d/tidegate")]
pub struct CompletionsOptions {
    /// The shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
    /// How to print the script; JSON wraps it in `{\"script\": …}`.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}

/// Options of `generate`.
#[derive(Debug, Args)]
pub struct GenerateOptions {
    /// The root of Tidegate's own source tree.
    #[arg(default_value = ".")]
    pub root: PathBuf,
    /// Change nothing; fail when a file is not as it should be.
    #[arg(long)]
    pub check: bool,
}
