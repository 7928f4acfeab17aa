//! Structured logs, on stderr.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::cli::{Command, GlobalOptions, LogFormat};

/// The daemon tells what it decides; every other command speaks by its output. What the client
/// library says of a failed request is told by the request's own error, with what to do.
pub(super) fn start(options: &GlobalOptions, command: &Command) {
    let standard = match command {
        Command::Run(_) => "warn,tidegate=info,kube_client=error,kube_client::client::builder=off",
        _ => "error,kube_client::client::builder=off",
    };
    let filter = options.log.as_deref().unwrap_or(standard);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new(standard));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    // A second start in one process, as in tests, keeps the first.
    let _ = match options.log_format {
        LogFormat::Text => subscriber.with_ansi(false).try_init(),
        LogFormat::Json => subscriber.json().try_init(),
    };
}
