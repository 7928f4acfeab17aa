//! `tidegate override`: makes an Override of a gate, or of the window, that a strategy waits for.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::apply::options as connection;
use super::ask::find;
use super::{Exit, Failure, Screen, guarded, runtime};
use crate::admission::OVERRIDES;
use crate::cli::{Output, OverrideOptions};
use crate::cluster::{connect, intents, overrides};
use crate::diagnostic::suggest;
use crate::overrides::{Hurdle, OverrideSpec};
use crate::release::{ReleaseStatus, RolloutStatus};

/// What is passed, of which change.
struct Passed {
    hurdle: Hurdle,
    behaviour: String,
    plan: String,
}

pub(super) fn run(options: &OverrideOptions, screen: Screen) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let client = connect(&connection(&options.connection)).await?;
        let release = find(&client, &options.connection.namespace, &options.strategy).await?;
        let status = release.status.unwrap_or_default();
        let passed = match &options.what.gate {
            Some(name) => gate(&status, name)?,
            None => window(&status, &options.strategy)?,
        };
        is_looked_at(&passed, options)?;
        let by = intents::whoami(&client).await?;
        guarded::until_it_counts(&client, OVERRIDES, screen).await?;
        let spec = spec(passed, options, by)?;
        let made = overrides::create(&client, &release.spec.namespace, spec).await?;
        match options.output {
            Output::Json => screen.json(&json!(made))?,
            Output::Text => screen.data(&told(&made.spec))?,
        }
        Ok(Exit::Done)
    })
}

/// A gate of the stage that the rollout is at, by its words or by those that only it has.
fn gate(status: &ReleaseStatus, name: &str) -> Result<Passed, Failure> {
    let under_way = status.rollout.as_ref().zip(status.candidate.as_ref());
    let Some((rollout, candidate)) = under_way else {
        let failure = Failure::usage("no rollout is under way, so that no gate is waited for");
        return Err(failure.with_help("`tidegate rollout status` shows how far each strategy is"));
    };
    let gates: Vec<&str> = rollout.gates.iter().map(|it| it.gate.as_str()).collect();
    let found = found(&gates, name).ok_or_else(|| unknown(rollout, &gates, name))?;
    Ok(Passed {
        hurdle: Hurdle::Gate {
            stage: rollout.name.clone(),
            gate: found.to_owned(),
        },
        behaviour: candidate.behaviour.clone(),
        plan: rollout.plan.clone(),
    })
}

fn found<'g>(gates: &[&'g str], name: &str) -> Option<&'g str> {
    let whole = gates.iter().find(|gate| bare(gate) == bare(name));
    let has_it = |gate: &&&str| {
        let words = gate.split(|it: char| !it.is_alphanumeric() && it != '-' && it != '_');
        words.into_iter().any(|word| word == name)
    };
    let mut some = gates.iter().filter(has_it);
    let only = some.next().filter(|_| some.next().is_none());
    whole.or(only).copied()
}

/// A gate's words without what is around them.
fn bare(gate: &str) -> &str {
    let gate = gate.trim();
    let inner = gate.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
    inner.unwrap_or(gate)
}

fn unknown(rollout: &RolloutStatus, gates: &[&str], name: &str) -> Failure {
    let message = format!("stage `{}` has no one gate `{name}`", rollout.name);
    let failure = Failure::usage(message);
    if gates.is_empty() {
        return failure.with_help("none of its gates is judged yet: the stage is not in place");
    }
    if let Some(close) = suggest(name, gates.iter().flat_map(|gate| [*gate, bare(gate)])) {
        return failure.with_help(format!("did you mean `{close}`?"));
    }
    let list: Vec<String> = gates.iter().map(|gate| format!("`{gate}`")).collect();
    failure.with_help(format!("its gates are {}", list.join(", ")))
}

fn window(status: &ReleaseStatus, strategy: &str) -> Result<Passed, Failure> {
    let mut waits = status.waiting_on.iter();
    let Some(shut) = waits.find_map(|wait| wait.window.as_ref()) else {
        let failure = Failure::usage(format!("`{strategy}` waits for no window"));
        return Err(failure.with_help("`tidegate rollout status` shows what it waits for"));
    };
    Ok(Passed {
        hurdle: Hurdle::Window,
        behaviour: shut.behaviour.clone(),
        plan: shut.plan.clone(),
    })
}

/// Whoever says which behaviour they looked at overrides for no other.
fn is_looked_at(passed: &Passed, options: &OverrideOptions) -> Result<(), Failure> {
    let hex = passed.behaviour.trim_start_matches("sha256:");
    match &options.behaviour {
        Some(digits) if !hex.starts_with(digits.trim_start_matches("sha256:")) => {
            let message = format!("what waits now is {}", passed.behaviour);
            Err(Failure::usage(message).with_help("look at it, and name its first digits"))
        }
        _ => Ok(()),
    }
}

fn spec(passed: Passed, options: &OverrideOptions, by: String) -> Result<OverrideSpec, Failure> {
    if options.reason.trim().is_empty() {
        return Err(Failure::usage("nobody overrides without a reason")
            .with_help("say why: `--reason '…'`"));
    }
    let (stage, gate) = match passed.hurdle {
        Hurdle::Window => (None, None),
        Hurdle::Gate { stage, gate } => (Some(stage), Some(gate)),
    };
    let span = SignedDuration::try_from(options.span)?;
    Ok(OverrideSpec {
        release: options.strategy.clone(),
        behaviour: passed.behaviour,
        plan: Some(passed.plan),
        window: gate.is_none(),
        stage,
        gate,
        reason: options.reason.clone(),
        by,
        expires: Timestamp::now().checked_add(span)?,
    })
}

fn told(spec: &OverrideSpec) -> String {
    let what = spec.hurdle().map_or_else(String::new, |it| it.to_string());
    format!(
        "{} overrides {what} of `{}`, behaviour {}\nuntil {}; `tidegate rollout status {}` says whether it counts\n",
        spec.by, spec.release, spec.behaviour, spec.expires, spec.release
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expect: Option<&str>) {
        let gates = [
            "{health: {}}",
            "{metric: reject-ratio, max: 1%}",
            "{metric: latency, max: 50ms}",
        ];
        assert_eq!(found(&gates, name), expect, "{name}");
    }

    #[test]
    fn a_gate_is_named_by_its_words_or_by_those_that_only_it_has() {
        check("{health: {}}", Some("{health: {}}"));
        check("health: {}", Some("{health: {}}"));
        check("health", Some("{health: {}}"));
        check("latency", Some("{metric: latency, max: 50ms}"));
        check("reject-ratio", Some("{metric: reject-ratio, max: 1%}"));
        check("metric", None);
        check("reject", None);
    }
}
