//! Options of the commands about the ledger.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{FleetOptions, Output};

/// The commands under `ledger`.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Show the entries: what was decided, by whom, on which evidence.
    Show(ShowOptions),
    /// Find everything that is wrong with the ledger.
    Verify(VerifyOptions),
}

/// Which ledger, and how to print what is found in it.
#[derive(Debug, Args)]
pub struct LedgerOptions {
    /// Which ledger.
    #[command(flatten)]
    pub source: LedgerSource,
    /// How to print it.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}

/// Which ledger.
#[derive(Debug, Args)]
pub struct LedgerSource {
    /// Which fleet; its repository has the ledger once it was fetched
    /// (`git fetch origin refs/tidegate/ledger:refs/tidegate/ledger`).
    #[command(flatten)]
    pub fleet: FleetOptions,
    /// Fetch the ledger of this repository instead.
    #[arg(long, value_name = "URL")]
    pub repo: Option<String>,
    /// With `--repo`: a folder with `username` and `password`, or `ssh-privatekey` and
    /// `known_hosts`.
    #[arg(long, value_name = "DIR", requires = "repo")]
    pub credentials: Option<PathBuf>,
    /// Count what this key signed, and not what the fleet's own `ledger.keys` did; may be repeated.
    #[arg(long, value_name = "PUBLIC KEY")]
    pub key: Vec<String>,
}

/// Options of `ledger show`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate ledger show fleet/ --strategy alpha-signals")]
pub struct ShowOptions {
    /// Which ledger.
    #[command(flatten)]
    pub ledger: LedgerOptions,
    /// Only this strategy; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub strategy: Vec<String>,
}

/// Options of `ledger verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: tidegate ledger verify fleet/ --seen '41 sha256:9f…'\n\nExit codes: 0 sound · 1 findings · 3 it cannot be read"
)]
pub struct VerifyOptions {
    /// Which ledger.
    #[command(flatten)]
    pub ledger: LedgerOptions,
    /// Where it ended when it was verified before, as was printed then: what was there must be
    /// there still.
    #[arg(long, value_name = "HEAD")]
    pub seen: Option<String>,
}
