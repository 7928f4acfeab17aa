//! `logs`: the candidate's log has no class of lines that the log of what ran before did not have.
//!
//! A class is what the counting query groups by: a kind of error, an exception, a message without
//! its numbers. The candidate's lines count from when the rollout began; those of what ran before,
//! from so much earlier until now, so that what befalls both at the same time is nobody's fault.
//! Where both write to one log that does not tell them apart, it is its own until the rollout began.
//! Silence is no good sign: a log without a line says nothing.

use jiff::Timestamp;

use super::Look;
use super::count::{Counted, Reading, concluded, due};
use super::evidence::{Evidence, Log, Logged, Measurement, Outcome, Side};
use super::query::{LogBefore, LogCall, Query, Source, Wanted, source};
use super::state::GateState;
use crate::rollout::verdict::Verdict;
use crate::spec::gate::LogsGate;
use crate::spec::measure::Duration;
use crate::spec::metric::Metric;

/// How many classes are told by name.
const NAMED: usize = 3;

/// How much of a name is told.
const LETTERS: usize = 80;

pub(super) fn look(gate: &LogsGate, state: &GateState, evidence: &Evidence<'_>) -> Look {
    let name = &gate.metric;
    let Some(metric) = evidence.metrics.get(name) else {
        let why = format!("metric `{name}` is not known: add it to `metrics`");
        return Look::new(Verdict::Error, why, state);
    };
    let Some(due) = due(&gate.limits, evidence) else {
        let why = format!("`{name}`, looked at from when the stage is in place");
        return Look::new(Verdict::Wait, why, state);
    };
    let Some(call) = call(gate, metric, evidence, due) else {
        let why = format!(
            "`{name}` is the same for both versions: select by `{{{{behaviour}}}}` in its address"
        );
        return Look::new(Verdict::Error, why, state);
    };
    let wanted = Wanted {
        query: Query::Logs(Box::new(call)),
        due,
    };
    let look = match evidence.fresh() {
        None => {
            let why = format!("`{name}` has not been looked at yet");
            Look::new(Verdict::Wait, why, state)
        }
        Some(measurement) => judge(gate, measurement, state),
    };
    look.wanting(wanted)
}

/// What is asked at an instant; `None` where one log is both versions' and only says what it is now.
fn call(
    gate: &LogsGate,
    metric: &Metric,
    evidence: &Evidence<'_>,
    due: Timestamp,
) -> Option<LogCall> {
    let subject = evidence.subject;
    let side = |side, span| source(metric, subject, side, span);
    // It is asked a little later than it is due.
    let age = due.duration_since(evidence.began).as_secs().max(0);
    let age = u32::try_from(age).unwrap_or(u32::MAX);
    let age = age.saturating_add(gate.limits.interval.seconds());
    let since = Duration::from_seconds(age);
    let both = Duration::from_seconds(age.saturating_add(gate.baseline.seconds()));
    let candidate = side(Side::Candidate, since);
    let is_shared = side(Side::Baseline, since) == candidate;
    let before = match (&subject.stable, is_shared) {
        (None, _) => None,
        (Some(_), false) => Some(LogBefore {
            source: side(Side::Baseline, both),
            until: None,
        }),
        (Some(_), true) if matches!(candidate, Source::Http { .. }) => return None,
        (Some(_), true) => Some(LogBefore {
            source: side(Side::Baseline, gate.baseline),
            until: Some(evidence.began),
        }),
    };
    Some(LogCall { candidate, before })
}

fn judge(gate: &LogsGate, measurement: &Measurement, state: &GateState) -> Look {
    let name = &gate.metric;
    let reading = match &measurement.outcome {
        Outcome::Logged(logged) => read(gate, logged),
        Outcome::NoData(why) => Reading::NoData(format!("`{name}` has no data: {why}")),
        Outcome::Error(why) => Reading::Error(format!("`{name}` cannot be looked at: {why}")),
        Outcome::Value { .. } | Outcome::Compared(_) | Outcome::Scanned(_) | Outcome::Answer(_) => {
            Reading::Error(format!("`{name}` was asked for something else"))
        }
    };
    let counted = Counted {
        at: measurement.at,
        samples: state.samples,
    };
    concluded(reading, counted, &gate.limits, state)
}

fn read(gate: &LogsGate, logged: &Logged) -> Reading {
    let name = &gate.metric;
    let Logged { candidate, before } = logged;
    if before.as_ref().is_some_and(|it| it.lines <= 0.0) {
        let span = gate.baseline;
        return Reading::NoData(format!(
            "`{name}` cannot tell what is new: what ran before has no line in {span}"
        ));
    }
    let new = new(gate, candidate, before.as_ref());
    if !new.is_empty() {
        return Reading::Bad(format!(
            "`{name}` has what there was not before: {}",
            told(&new)
        ));
    }
    let (lines, enough) = (candidate.lines, f64::from(gate.min_samples));
    if lines <= 0.0 {
        return Reading::NoData(format!("`{name}` has no line of the new version"));
    }
    if lines < enough {
        return Reading::TooFew(format!("`{name}` has {lines} of {enough} lines"));
    }
    Reading::Good(format!("`{name}` has nothing new"))
}

/// The classes that are new, with how many lines they have, the most first.
fn new<'l>(gate: &LogsGate, candidate: &'l Log, before: Option<&Log>) -> Vec<(&'l str, f64)> {
    let is_known = |class: &str| before.is_some_and(|it| it.classes.contains_key(class));
    let classes = candidate.classes.iter();
    let mut new: Vec<(&str, f64)> = classes
        .filter(|(class, count)| **count > gate.max.value() && !is_known(class))
        .map(|(class, count)| (class.as_str(), *count))
        .collect();
    new.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    new
}

fn told(new: &[(&str, f64)]) -> String {
    let named = new.iter().take(NAMED);
    let named: Vec<String> = named
        .map(|(class, count)| {
            let class: String = class.chars().take(LETTERS).collect();
            format!("`{class}` ({} times)", count.round())
        })
        .collect();
    let more = match new.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", named.join(", "))
}

/// Logs with many lines and nothing in them that is counted.
pub fn quiet(call: &LogCall) -> Outcome {
    let log = || Log {
        lines: f64::MAX,
        ..Log::default()
    };
    Outcome::Logged(Logged {
        candidate: log(),
        before: call.before.as_ref().map(|_| log()),
    })
}
