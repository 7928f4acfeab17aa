//! Options of the daemon.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{ClusterOptions, global};

/// Options of `run`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: tidegate run --repo https://git.example.com/fleet.git --ref main --cluster tokyo"
)]
pub struct RunOptions {
    /// Which repository, and how to reach it.
    #[command(flatten)]
    pub git: GitOptions,
    /// The name of this cluster in the fleet; a sole one is the default.
    #[arg(long, value_name = "NAME", env = "TIDEGATE_CLUSTER")]
    pub cluster: Option<String>,
    /// Which cluster to keep.
    #[command(flatten)]
    pub connection: ClusterOptions,
    /// Where `/healthz`, `/readyz`, `/metrics` and `/webhook` are served.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "0.0.0.0:8080",
        env = "TIDEGATE_LISTEN"
    )]
    pub listen: SocketAddr,
    /// A file with the secret that webhooks are signed with; while there is none, `/webhook` is
    /// closed.
    #[arg(long, value_name = "FILE", env = "TIDEGATE_WEBHOOK_SECRET_FILE")]
    pub webhook_secret_file: Option<PathBuf>,
    /// A folder in which the Secrets that gates show to servers are mounted, each as a folder of
    /// its name; its key `hosts` says to whom it may be shown.
    #[arg(long, value_name = "DIR", env = "TIDEGATE_GATE_SECRETS")]
    pub gate_secrets: Option<PathBuf>,
    /// A file with the private SSH key that the fleet's ledger is signed with; read anew for each
    /// entry.
    #[arg(long, value_name = "FILE", env = "TIDEGATE_LEDGER_KEY_FILE")]
    pub ledger_key_file: Option<PathBuf>,
    /// Who this is among the daemons of the cluster; the host's name without it.
    #[arg(long, value_name = "NAME", env = "TIDEGATE_IDENTITY")]
    pub identity: Option<String>,
}

/// Which repository, and how to reach it.
#[derive(Debug, Args)]
pub struct GitOptions {
    /// The repository: `https://…`, `ssh://…`, `git@host:…`, or a folder.
    #[arg(long, value_name = "URL", env = "TIDEGATE_REPO")]
    pub repo: String,
    /// What to follow: a branch, `refs/tags/NAME`, or a commit.
    #[arg(
        long = "ref",
        value_name = "REF",
        default_value = "main",
        env = "TIDEGATE_REF"
    )]
    pub reference: String,
    /// The fleet's folder in the repository.
    #[arg(long, value_name = "PATH", default_value = "", env = "TIDEGATE_PATH")]
    pub path: String,
    /// How often to ask the repository for news.
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "30s",
        value_parser = global::duration,
        env = "TIDEGATE_INTERVAL"
    )]
    pub interval: Duration,
    /// How long one fetch may take.
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "60s",
        value_parser = global::duration,
        env = "TIDEGATE_FETCH_TIMEOUT"
    )]
    pub fetch_timeout: Duration,
    /// The folder of the mirror; it may be lost at any time.
    #[arg(long, value_name = "DIR", env = "TIDEGATE_CACHE_DIR")]
    pub cache_dir: Option<PathBuf>,
    /// A folder with `username` and `password`, or `ssh-privatekey` and `known_hosts`: a mounted
    /// Secret, read anew for each fetch. An empty or missing folder is no credential.
    #[arg(long, value_name = "DIR", env = "TIDEGATE_CREDENTIALS")]
    pub credentials: Option<PathBuf>,
}
