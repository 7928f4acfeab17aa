//! `tidegate status`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::apply::options as connection;
use super::{Exit, Failure, Screen};
use crate::cli::{Output, StatusOptions};
use crate::cluster::{Client, connect, lease, releases};
use crate::daemon::are_settled;
use crate::digest::short;
use crate::release::{Overriding, Phase, Release, ReleaseStatus};
use crate::rollout::tree;

/// How often a wait looks again.
const LOOK: Duration = Duration::from_millis(500);

pub(super) fn run(options: &StatusOptions, screen: Screen) -> Result<Exit, Failure> {
    super::runtime()?.block_on(async {
        let client = connect(&connection(&options.connection)).await?;
        let until = options.wait.map(|wait| Instant::now() + wait);
        loop {
            let is_last = until.is_none_or(|until| Instant::now() >= until);
            if is_last || is_worth_a_look(&client, options).await? {
                let seen = look(&client, options).await?;
                let settled = seen.is_settled(options);
                if settled || is_last {
                    seen.print(options, screen)?;
                    let late = until.is_some() && !settled;
                    return Ok(if late { Exit::NotConverged } else { Exit::Done });
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    })
}

/// Prints the rollouts of the same releases as trees.
pub(super) fn rollouts(options: &StatusOptions, screen: Screen) -> Result<Exit, Failure> {
    super::runtime()?.block_on(async {
        let client = connect(&connection(&options.connection)).await?;
        let seen = look(&client, options).await?;
        if options.output == Output::Json {
            screen.json(&seen.json())?;
            return Ok(Exit::Done);
        }
        let strategies = seen.releases.iter().filter(|it| it.spec.strategy.is_some());
        let trees = strategies.map(|release| tree(release, Timestamp::now()));
        screen.data(&trees.collect::<Vec<_>>().join("\n"))?;
        Ok(Exit::Done)
    })
}

/// Whether the leader says that the commit waited for is in place. Asking it costs little, while
/// the records of a large fleet are megabytes.
async fn is_worth_a_look(client: &Client, options: &StatusOptions) -> Result<bool, Failure> {
    let Some(commit) = &options.commit else {
        return Ok(true);
    };
    let leader = lease::leader(client, &options.connection.namespace).await?;
    Ok(leader.and_then(|leader| leader.told.reconciled).as_ref() == Some(commit))
}

/// What there is to tell.
struct Seen {
    leader: Option<lease::Leader>,
    releases: Vec<Release>,
}

async fn look(client: &Client, options: &StatusOptions) -> Result<Seen, Failure> {
    let namespace = &options.connection.namespace;
    let leader = lease::leader(client, namespace).await?;
    let mut releases = releases::list(client, namespace).await?;
    let known: BTreeSet<String> = releases
        .iter()
        .filter_map(|release| release.metadata.name.clone())
        .collect();
    if let Some(missing) = options
        .strategies
        .iter()
        .find(|name| !known.contains(*name))
        && options.wait.is_none()
    {
        let failure = Failure::usage(format!("there is no strategy `{missing}` in this cluster"));
        let close = crate::diagnostic::suggest(missing, known.iter().map(String::as_str));
        return Err(match close {
            Some(close) => failure.with_help(format!("did you mean `{close}`?")),
            None => failure,
        });
    }
    releases.retain(|release| wanted(release, options));
    Ok(Seen { leader, releases })
}

fn wanted(release: &Release, options: &StatusOptions) -> bool {
    let name = release.metadata.name.as_deref().unwrap_or_default();
    let desk = options
        .desk
        .as_ref()
        .is_none_or(|desk| *desk == release.spec.desk);
    desk && (options.strategies.is_empty()
        || options.strategies.iter().any(|wanted| wanted == name))
}

impl Seen {
    /// Whether the leader says that the commit waited for is in place, or, without a commit, every
    /// unit shown is ready.
    fn is_settled(&self, options: &StatusOptions) -> bool {
        let settled = !self.releases.is_empty() && are_settled(&self.releases);
        match &options.commit {
            None => settled,
            Some(commit) => {
                let reconciled = self
                    .leader
                    .as_ref()
                    .and_then(|leader| leader.told.reconciled.as_ref());
                settled && reconciled == Some(commit)
            }
        }
    }

    fn print(&self, options: &StatusOptions, screen: Screen) -> Result<(), Failure> {
        match options.output {
            Output::Json => screen.json(&self.json())?,
            Output::Text if options.strategies.is_empty() => screen.data(&self.table())?,
            Output::Text => screen.data(&self.details())?,
        }
        Ok(())
    }

    fn head(&self) -> String {
        let Some(leader) = &self.leader else {
            return "No daemon has ever run in this cluster.\n".to_owned();
        };
        let mut text = match (&leader.holder, leader.is_fresh()) {
            (Some(holder), true) => format!("Daemon: {holder}\n"),
            (Some(holder), false) => format!(
                "Daemon: {holder}, silent for {} s: nothing is being reconciled\n",
                leader.age.as_secs()
            ),
            (None, _) => "Daemon: none runs; nothing is being reconciled\n".to_owned(),
        };
        if let Some(commit) = &leader.told.commit {
            let _ = writeln!(text, "Commit: {commit}");
        }
        if let Some(failure) = &leader.told.failure {
            let _ = writeln!(text, "Git:    failed to {failure}");
        }
        if let Some(failure) = &leader.told.ledger_failure {
            let _ = writeln!(text, "Ledger: {failure}");
        }
        text
    }

    fn table(&self) -> String {
        let mut rows = vec![["UNIT", "DESK", "PHASE", "REVISION", "WAITS FOR"].map(str::to_owned)];
        rows.extend(self.releases.iter().map(row));
        let widths: Vec<usize> = (0..4)
            .map(|column| {
                rows.iter()
                    .map(|row| row.get(column).map_or(0, |cell| cell.chars().count()))
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let mut text = self.head();
        text.push('\n');
        for row in rows {
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(text, "{cell:width$}  ");
            }
            text.push_str(row.last().map_or("", String::as_str));
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text
    }

    fn details(&self) -> String {
        let mut text = self.head();
        for release in &self.releases {
            text.push_str(&details(release));
        }
        text
    }

    fn json(&self) -> Value {
        let leader = self.leader.as_ref().map(|leader| {
            json!({
                "holder": leader.holder,
                "secondsSinceRenewal": leader.age.as_secs(),
                "commit": leader.told.commit,
                "reconciled": leader.told.reconciled,
                "failure": leader.told.failure,
                "ledger": leader.told.ledger.map(|head| head.to_string()),
                "ledgerFailure": leader.told.ledger_failure,
            })
        });
        let units: Vec<Value> = self
            .releases
            .iter()
            .map(|release| {
                let name = release.metadata.name.as_deref();
                json!({ "name": name, "spec": release.spec, "status": release.status })
            })
            .collect();
        json!({ "version": 1, "leader": leader, "units": units })
    }
}

fn row(release: &Release) -> [String; 5] {
    let status = release.status.clone().unwrap_or_default();
    let revision = status
        .target()
        .map(|revision| short(&revision.behaviour).to_owned())
        .unwrap_or_default();
    [
        release.metadata.name.clone().unwrap_or_default(),
        release.spec.desk.clone(),
        phase(&status),
        revision,
        why(&status),
    ]
}

fn details(release: &Release) -> String {
    let status = release.status.clone().unwrap_or_default();
    let mut text = format!(
        "\n{} · {} · {}\n",
        release.metadata.name.as_deref().unwrap_or_default(),
        release.spec.desk,
        phase(&status)
    );
    for (word, revision) in [("stable", &status.stable), ("candidate", &status.candidate)] {
        if let Some(revision) = revision {
            let commit = revision
                .commit
                .as_deref()
                .unwrap_or("an uncommitted folder");
            let _ = writeln!(text, "  {word}: {} of {commit}", short(&revision.behaviour));
        }
    }
    if let Some(failure) = &status.failure {
        let _ = writeln!(text, "  failed: {failure}");
    }
    for wait in &status.waiting_on {
        let age = SignedDuration::from_secs(Timestamp::now().duration_since(wait.since).as_secs());
        let _ = writeln!(
            text,
            "  waits for {} since {age:#}, until {}",
            wait.what, wait.unblocks_when
        );
    }
    for it in status.overrides.iter().filter(|it| it.stands()) {
        let (what, by, until) = (&it.what, &it.by, it.until);
        let _ = writeln!(
            text,
            "  OVERRIDDEN: {what}, by {by} until {until}: {}",
            it.reason
        );
    }
    for object in &status.stopping {
        let _ = writeln!(text, "  still to be stopped: {object}");
    }
    for entry in &status.inventory {
        let _ = writeln!(text, "  {}", entry.id());
    }
    text
}

fn why(status: &ReleaseStatus) -> String {
    let waits = || status.waiting_on.first().map(|wait| wait.what.clone());
    status.failure.clone().or_else(waits).unwrap_or_default()
}

/// Where a unit stands, in one word. That a person stopped it says more than that it waits for one.
fn phase(status: &ReleaseStatus) -> String {
    match status.phase {
        Phase::Waiting if !status.halts.is_empty() => "Halted".to_owned(),
        phase if status.overrides.iter().any(Overriding::stands) => {
            format!("{phase:?}, overridden")
        }
        phase => format!("{phase:?}"),
    }
}
