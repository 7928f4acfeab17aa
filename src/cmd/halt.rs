//! `tidegate halt`, `unhalt`, `halts`, `drill`: stopping works through the API alone. It needs no Git,
//! and where no daemon answers the command stops what it can by itself, in the caller's own name.

mod alone;
mod lift;
mod list;
mod scope;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use super::apply::options as connection;
use super::{Exit, Failure, Screen, runtime};
use crate::cli::{HaltOptions, Output};
use crate::cluster::{Client, Error, Fault, connect, halts, intents, lease};
use crate::halt::{Halt, HaltSpec, HaltStatus, State};

pub(super) use lift::run as unhalt;
pub(super) use list::run as halts;

use alone::Alone;
use scope::Target;

/// How often to look how far it is.
const LOOK: Duration = Duration::from_millis(500);

/// A daemon that has said nothing about a Halt for so long does not answer.
const SILENT: Duration = Duration::from_secs(8);

/// How a Halt came out.
struct Outcome {
    /// The Halt; `None` where none could be written.
    halt: Option<Halt>,
    /// What this command did by itself, if it had to.
    alone: Option<Alone>,
    /// What still runs.
    running: Vec<String>,
    /// Why no Halt could be written.
    unwritten: Option<Error>,
}

pub(super) fn halt(options: &HaltOptions, screen: Screen) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let client = connect(&connection(&options.connection)).await?;
        let target = scope::find(&client, options).await?;
        let until = Instant::now() + options.timeout;
        let outcome =
            match halts::halt(&client, spec(&client, options, &target, false).await?).await {
                Ok(halt) => follow(&client, options, &target, halt, until, screen).await?,
                Err(error) if is_unwritable(&error) => {
                    let alone = alone::stop(&client, &target).await?;
                    let running = alone::wait(&client, &target, until).await?;
                    Outcome {
                        halt: None,
                        alone: Some(alone),
                        running,
                        unwritten: Some(error),
                    }
                }
                Err(error) => return Err(error.into()),
            };
        outcome.print(&target, options, screen)?;
        Ok(outcome.exit())
    })
}

/// The same on paper: what would stop, kept as a Halt that is a drill.
pub(super) fn drill(options: &HaltOptions, screen: Screen) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let client = connect(&connection(&options.connection)).await?;
        let target = scope::find(&client, options).await?;
        let spec = spec(&client, options, &target, true).await?;
        let made = halts::halt(&client, spec).await?;
        let until = Instant::now() + options.timeout;
        let (halt, would_stop) = loop {
            let halt = look(&client, &made).await?;
            let status = halt.status.clone().unwrap_or_default();
            if status.state.is_some() {
                break (halt, status.running);
            }
            if !answers(&client, options, &halt, until).await {
                break (halt, alone::would_stop(&client, &target).await?);
            }
            tokio::time::sleep(LOOK).await;
        };
        match options.output {
            Output::Json => screen.json(&json!({"drill": halt, "wouldStop": would_stop}))?,
            Output::Text => {
                let name = halt.metadata.name.as_deref().unwrap_or_default();
                let mut text = format!("drill {name}: to halt {} would stop\n", target.scope);
                listed(&mut text, &would_stop, "nothing that runs now");
                screen.data(&text)?;
            }
        }
        Ok(Exit::Done)
    })
}

async fn spec(
    client: &Client,
    options: &HaltOptions,
    target: &Target,
    drill: bool,
) -> Result<HaltSpec, Failure> {
    Ok(HaltSpec {
        scope: target.scope.clone().into(),
        reason: options.reason.clone(),
        by: intents::whoami(client).await?,
        drill,
        restores: None,
    })
}

/// Whether the cluster has no place for a Halt: then nobody else will stop anything.
fn is_unwritable(error: &Error) -> bool {
    matches!(
        error.fault(),
        Fault::KindMissing { .. } | Fault::NotFound | Fault::Unavailable { .. }
    )
}

/// The Halt as it is now; where it cannot be read, as it was made.
async fn look(client: &Client, made: &Halt) -> Result<Halt, Error> {
    let name = made.metadata.name.as_deref().unwrap_or_default();
    Ok(halts::get(client, name)
        .await?
        .unwrap_or_else(|| made.clone()))
}

/// Whether a daemon may be expected to say something about a Halt that nobody said anything about.
/// Its Lease tells at once, to those who may read it; a dead daemon's looks good for a while.
async fn answers(client: &Client, options: &HaltOptions, halt: &Halt, until: Instant) -> bool {
    let now = Instant::now();
    let waited = options
        .timeout
        .saturating_sub(until.saturating_duration_since(now));
    if halt.status.is_some() {
        return true;
    }
    match lease::leader(client, &options.connection.namespace).await {
        Ok(Some(leader)) if !leader.is_fresh() => false,
        Ok(None) => false,
        Ok(Some(_)) | Err(_) => waited < SILENT && now < until,
    }
}

/// Watches until everything is stopped; stops it by itself where no daemon answers.
async fn follow(
    client: &Client,
    options: &HaltOptions,
    target: &Target,
    made: Halt,
    until: Instant,
    screen: Screen,
) -> Result<Outcome, Failure> {
    let mut alone = None;
    loop {
        let halt = look(client, &made).await?;
        let status = halt.status.clone().unwrap_or_default();
        if alone.is_none() && !answers(client, options, &halt, until).await {
            screen.words("no daemon answers: stopping what can be stopped without one\n");
            alone = Some(alone::stop(client, target).await?);
        }
        let running = match (&alone, status.state) {
            (_, Some(_)) | (None, None) => status.running,
            (Some(_), None) => alone::running(client, target).await?,
        };
        let is_stopped = match status.state {
            Some(State::Stopped | State::Lifted) => true,
            None => alone.is_some() && running.is_empty(),
            Some(State::Stopping | State::Drilled | State::Other) => false,
        };
        if is_stopped || Instant::now() >= until {
            let running = if is_stopped { Vec::new() } else { running };
            return Ok(Outcome {
                halt: Some(halt),
                alone,
                running,
                unwritten: None,
            });
        }
        tokio::time::sleep(LOOK).await;
    }
}

impl Outcome {
    fn exit(&self) -> Exit {
        let is_known = self
            .alone
            .as_ref()
            .is_none_or(|alone| alone.unknown.is_empty());
        let status = self.halt.as_ref().and_then(|halt| halt.status.as_ref());
        let is_seen = status.is_some_and(|status: &HaltStatus| status.state.is_some());
        let is_done = self.running.is_empty() && is_known && (is_seen || self.alone.is_some());
        if is_done {
            Exit::Done
        } else {
            Exit::NotConverged
        }
    }

    fn print(&self, target: &Target, options: &HaltOptions, screen: Screen) -> Result<(), Failure> {
        if options.output == Output::Json {
            let alone = self.alone.as_ref();
            screen.json(&json!({
                "halt": self.halt,
                "scaledHere": alone.map(|alone| &alone.scaled),
                "notKnownHere": alone.map(|alone| &alone.unknown),
                "stillRunning": self.running,
                "unwritten": self.unwritten.as_ref().map(ToString::to_string),
            }))?;
            return Ok(());
        }
        screen.data(&self.text(target, options))?;
        Ok(())
    }

    fn text(&self, target: &Target, options: &HaltOptions) -> String {
        let mut text = String::new();
        match (&self.halt, &self.unwritten) {
            (Some(halt), _) => {
                let name = halt.metadata.name.as_deref().unwrap_or_default();
                let (by, reason) = (&halt.spec.by, &halt.spec.reason);
                let _ = writeln!(text, "halted {}, by {by}: {reason}", target.scope);
                let _ = writeln!(text, "it stands until `tidegate unhalt {name}`");
            }
            (None, error) => {
                let why = error.as_ref().map(ToString::to_string).unwrap_or_default();
                let _ = writeln!(text, "no Halt could be written: failed to {why}");
                text.push_str(
                    "nothing remembers that this was stopped: write the Halt once it can be\n",
                );
            }
        }
        if let Some(alone) = &self.alone {
            text.push_str("scaled to 0 in your name:\n");
            listed(&mut text, &alone.scaled, "nothing");
            if !alone.unknown.is_empty() {
                text.push_str(
                    "left as it is, since nobody can tell without a daemon what it should be:\n",
                );
                listed(&mut text, &alone.unknown, "");
            }
        }
        if self.running.is_empty() {
            if self.exit() == Exit::Done {
                text.push_str("stopped: nothing runs any more that is to stop\n");
            }
        } else {
            let _ = writeln!(text, "still running after {} s:", options.timeout.as_secs());
            listed(&mut text, &self.running, "");
        }
        text
    }
}

fn listed(text: &mut String, items: &[String], none: &str) {
    if items.is_empty() {
        let _ = writeln!(text, "  {none}");
    }
    for item in items {
        let _ = writeln!(text, "  {item}");
    }
}
