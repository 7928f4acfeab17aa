//! `tidegate run`.

use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Exit, Failure, Screen, apply, input};
use crate::cli::{GitOptions, RunOptions};
use crate::daemon::{self, Endpoints, Source};
use crate::git;

pub(super) fn run(options: &RunOptions, _: Screen) -> Result<Exit, Failure> {
    git::limit_network_waits();
    let source = Source {
        ledger_key: options.ledger_key_file.clone(),
        ..source(&options.git, options.cluster.as_deref())?
    };
    let mut place = apply::place(&options.connection, options.identity.clone());
    place.gate_secrets.clone_from(&options.gate_secrets);
    let endpoints = Endpoints {
        listen: options.listen,
        webhook_secret_file: options.webhook_secret_file.clone(),
    };
    super::runtime()?.block_on(async {
        let stop = CancellationToken::new();
        stop_on_signals(&stop)?;
        daemon::run(place, source, endpoints, stop).await?;
        Ok(Exit::Done)
    })
}

fn source(options: &GitOptions, cluster: Option<&str>) -> Result<Source, Failure> {
    let usage =
        |flag: &str, error: &dyn std::fmt::Display| Failure::usage(format!("{flag}: {error}"));
    Ok(Source {
        url: options
            .repo
            .parse()
            .map_err(|error| usage("--repo", &error))?,
        reference: options
            .reference
            .parse()
            .map_err(|error| usage("--ref", &error))?,
        folder: options
            .path
            .parse()
            .map_err(|error| usage("--path", &error))?,
        cache: options.cache_dir.clone().unwrap_or_else(cache),
        credentials: options.credentials.clone(),
        cluster: cluster
            .filter(|name| !name.is_empty())
            .map(input::cluster_name)
            .transpose()?,
        interval: options.interval,
        timeout: options.fetch_timeout,
        ledger_key: None,
    })
}

/// The folder of mirrors in the user's cache.
pub(super) fn cache() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(home);
    cache
        .unwrap_or_else(std::env::temp_dir)
        .join("tidegate/mirrors")
}

fn stop_on_signals(stop: &CancellationToken) -> std::io::Result<()> {
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let mut signals = signal(kind)?;
        let stop = stop.clone();
        tokio::spawn(async move {
            signals.recv().await;
            stop.cancel();
        });
    }
    Ok(())
}
