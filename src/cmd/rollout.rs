//! `tidegate rollout status` and `rollout watch`.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::apply::options as connection;
use super::{Exit, Failure, Screen, ask, runtime, status};
use crate::cli::{RolloutCommand, WatchOptions};
use crate::cluster::connect;
use crate::release::{Phase, Release};
use crate::rollout::tree;

/// How often a watch looks again.
const LOOK: Duration = Duration::from_millis(500);

pub(super) fn run(command: &RolloutCommand, screen: Screen) -> Result<Exit, Failure> {
    match command {
        RolloutCommand::Status(options) => status::rollouts(options, screen),
        RolloutCommand::Watch(options) => watch(options, screen),
    }
}

/// Prints the tree whenever it says something else, until there is nothing more to come.
fn watch(options: &WatchOptions, screen: Screen) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let client = connect(&connection(&options.connection)).await?;
        let until = options.timeout.map(|timeout| Instant::now() + timeout);
        let mut shown = None;
        loop {
            let namespace = &options.connection.namespace;
            let release = ask::find(&client, namespace, &options.strategy).await?;
            if release.status != shown {
                screen.data(&tree(&release, Timestamp::now()))?;
                shown.clone_from(&release.status);
            }
            if let Some(exit) = end(&release) {
                return Ok(exit);
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                return Ok(Exit::NotConverged);
            }
            tokio::time::sleep(LOOK).await;
        }
    })
}

/// How it ended, if it did.
fn end(release: &Release) -> Option<Exit> {
    let status = release.status.as_ref()?;
    let is_stopped = status
        .rollout
        .as_ref()
        .is_some_and(|it| it.stopped.is_some());
    match status.phase {
        Phase::Ready => Some(Exit::Done),
        _ if is_stopped || !status.quarantine.is_empty() && status.rollout.is_none() => {
            Some(Exit::NotConverged)
        }
        _ => None,
    }
}
