//! `tidegate promote`, `pause`, `resume`, `abort`, `rollback`, `restart`, `lift`, `attest`: each makes an
//! Intent, which the daemon heeds.

use serde_json::json;

use super::apply::options as connection;
use super::{Exit, Failure, Screen, runtime};
use crate::cli::{AskOptions, LiftOptions, Output, PromoteOptions, RollbackOptions};
use crate::cluster::{Client, connect, intents, releases};
use crate::diagnostic::suggest;
use crate::intent::{Ask, IntentSpec};
use crate::release::{Release, ReleaseStatus, Revision};

/// What is asked, of which behaviour.
struct Question {
    action: Ask,
    behaviour: String,
    stage: Option<String>,
}

pub(super) fn promote(options: &PromoteOptions, screen: Screen) -> Result<Exit, Failure> {
    run(&options.ask, screen, |status| {
        let rollout = status.rollout.as_ref();
        Ok(Question {
            action: Ask::Promote,
            behaviour: candidate(status)?.behaviour.clone(),
            stage: rollout
                .map(|rollout| rollout.name.clone())
                .filter(|_| !options.all),
        })
    })
}

pub(super) fn of_candidate(
    action: Ask,
    options: &AskOptions,
    screen: Screen,
) -> Result<Exit, Failure> {
    run(options, screen, |status| {
        Ok(Question {
            action,
            behaviour: candidate(status)?.behaviour.clone(),
            stage: None,
        })
    })
}

pub(super) fn rollback(options: &RollbackOptions, screen: Screen) -> Result<Exit, Failure> {
    run(&options.ask, screen, |status| {
        let runs = status.stable.as_ref().map(|it| it.behaviour.as_str());
        let earlier = status.history.iter().rev().map(|it| &it.revision);
        let earlier = earlier.filter(|it| Some(it.behaviour.as_str()) != runs);
        let behaviour = pick(earlier, options.to.as_deref(), "promoted before")?;
        Ok(Question {
            action: Ask::Rollback,
            behaviour,
            stage: None,
        })
    })
}

pub(super) fn restart(options: &AskOptions, screen: Screen) -> Result<Exit, Failure> {
    run(options, screen, |status| {
        let stable = status.stable.as_ref().ok_or_else(|| {
            Failure::usage("nothing runs yet that could be started anew")
                .with_help("`tidegate status` says what it waits for")
        })?;
        Ok(Question {
            action: Ask::Restart,
            behaviour: stable.behaviour.clone(),
            stage: None,
        })
    })
}

pub(super) fn lift(options: &LiftOptions, screen: Screen) -> Result<Exit, Failure> {
    run(&options.ask, screen, |status| {
        let failed = status.quarantine.iter().rev().map(|it| &it.revision);
        let behaviour = pick(failed, options.behaviour.as_deref(), "in quarantine")?;
        Ok(Question {
            action: Ask::Lift,
            behaviour,
            stage: None,
        })
    })
}

pub(super) fn attest(options: &AskOptions, screen: Screen) -> Result<Exit, Failure> {
    run(options, screen, |status| {
        let is_asked = status.resumed.as_ref().is_some_and(|it| it.is_unattested);
        let stable = status.stable.as_ref().filter(|_| is_asked).ok_or_else(|| {
            Failure::usage("nothing is to be attested: it did not come back from the ledger")
                .with_help("`tidegate status` says what it waits for")
        })?;
        Ok(Question {
            action: Ask::Attest,
            behaviour: stable.behaviour.clone(),
            stage: None,
        })
    })
}

fn candidate(status: &ReleaseStatus) -> Result<&Revision, Failure> {
    status.candidate.as_ref().ok_or_else(|| {
        Failure::usage("no rollout is under way")
            .with_help("`tidegate rollout status` shows how far each strategy is")
    })
}

/// The first revision whose behaviour begins so.
fn pick<'a>(
    revisions: impl Iterator<Item = &'a Revision>,
    start: Option<&str>,
    what: &str,
) -> Result<String, Failure> {
    let known: Vec<&str> = revisions.map(|it| it.behaviour.as_str()).collect();
    let wanted = start.map(|it| it.trim_start_matches("sha256:"));
    let begins = |it: &&&str| {
        let hex = it.trim_start_matches("sha256:");
        wanted.is_none_or(|wanted| hex.starts_with(wanted))
    };
    let found = known.iter().find(begins);
    found.map(|it| (*it).to_owned()).ok_or_else(|| {
        let list = known.join(", ");
        let help = if known.is_empty() {
            format!("nothing is {what}")
        } else {
            format!("one of these is: {list}")
        };
        let digits = wanted.map_or_else(String::new, |wanted| {
            format!(" that begins with `{wanted}`")
        });
        Failure::usage(format!("no behaviour{digits} is {what}")).with_help(help)
    })
}

fn run(
    options: &AskOptions,
    screen: Screen,
    question: impl FnOnce(&ReleaseStatus) -> Result<Question, Failure>,
) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let client = connect(&connection(&options.connection)).await?;
        let release = find(&client, &options.connection.namespace, &options.strategy).await?;
        let status = release.status.clone().unwrap_or_default();
        let asked = question(&status)?;
        let spec = IntentSpec {
            release: options.strategy.clone(),
            action: asked.action,
            behaviour: asked.behaviour,
            stage: asked.stage,
            reason: options.reason.clone(),
            by: intents::whoami(&client).await?,
        };
        let intent = intents::create(&client, &release.spec.namespace, spec).await?;
        match options.output {
            Output::Json => screen.json(&json!(intent))?,
            Output::Text => screen.data(&told(&intent.spec))?,
        }
        Ok(Exit::Done)
    })
}

pub(super) async fn find(
    client: &Client,
    namespace: &str,
    strategy: &str,
) -> Result<Release, Failure> {
    if let Some(release) = releases::get(client, namespace, strategy).await? {
        return Ok(release);
    }
    let known = releases::list(client, namespace).await?;
    let names = known.iter().filter_map(|it| it.metadata.name.as_deref());
    let failure = Failure::usage(format!("there is no strategy `{strategy}` in this cluster"));
    Err(match suggest(strategy, names) {
        Some(close) => failure.with_help(format!("did you mean `{close}`?")),
        None => failure,
    })
}

fn told(spec: &IntentSpec) -> String {
    let stage = spec
        .stage
        .as_ref()
        .map_or_else(String::new, |stage| format!(" from stage `{stage}`"));
    format!(
        "{} asked to {} `{}`{stage}, behaviour {}\n",
        spec.by, spec.action, spec.release, spec.behaviour
    )
}
