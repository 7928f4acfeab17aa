//! `tidegate rollout status` and `rollout watch`.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::apply::options as connection;
use super::{Exit, Failure, Screen, ask, runtime, status};
use crate::calendar::whole_second;
use crate::cli::{RolloutCommand, WatchOptions};
use crate::cluster::connect;
use crate::release::{Phase, Release, ReleaseStatus};
use crate::rollout::tree;

/// How often a watch looks again.
const LOOK: Duration = Duration::from_millis(500);

/// To the top of the terminal, and everything from there on away.
const ANEW: &str = "\u{1b}[H\u{1b}[2J";

/// What a watch has shown.
#[derive(Default)]
struct Shown {
    status: Option<ReleaseStatus>,
    text: String,
}

impl Shown {
    /// Shows a release. Where a person looks, what was shown gives way; elsewhere a tree comes
    /// whenever it says something else, each under its instant.
    fn show(&mut self, release: &Release, screen: Screen) -> Result<(), Failure> {
        let now = Timestamp::now();
        let text = tree(release, now);
        if screen.is_redrawn() {
            if text != self.text {
                screen.data(&format!("{ANEW}{text}"))?;
            }
        } else if release.status != self.status {
            let gap = if self.status.is_some() { "\n" } else { "" };
            screen.data(&format!("{gap}{}\n{text}", whole_second(now)))?;
        }
        self.text = text;
        self.status.clone_from(&release.status);
        Ok(())
    }
}

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
        let mut shown = Shown::default();
        loop {
            let namespace = &options.connection.namespace;
            let release = ask::find(&client, namespace, &options.strategy).await?;
            shown.show(&release, screen)?;
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
