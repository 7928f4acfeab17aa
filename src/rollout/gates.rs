//! Judging the gates of a stage.
//!
//! Pure: whatever a gate looks at is handed to it as [`Evidence`], and what it needs to have
//! measured it says as [`Wanted`]. Judging again on the same evidence says the same. No gate passes
//! before the stage was seen in place with the target's digest, and no measurement counts that was
//! taken before.

mod after;
mod approve;
mod bake;
mod compare;
mod count;
mod evidence;
mod freeze;
mod health;
mod job;
mod logs;
mod metric;
mod pause;
mod query;
mod scan;
mod state;
mod webhook;
mod window;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

use super::verdict::Verdict;
use crate::spec::gate::{Gate, GateKind, OnTimeout};
use crate::spec::measure::Duration;

pub use evidence::{
    Answer, Compared, Evidence, Finding, Freeze, Log, Logged, Measurement, OpenTime, Outcome, Peer,
    Promotion, Report, Scanned, Stable, Subject, Target, WindowSeen, WindowState,
};
pub use logs::quiet;
pub use query::{
    Comparison, LogBefore, LogCall, Margin, Query, ScanCall, Scanner, Source, Terms, Wanted,
    WebhookCall, recorded,
};
pub use scan::clean;
pub use state::GateState;

/// What a gate says.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// What to remember; the same as before unless a verdict or a counter changed.
    pub state: GateState,
    /// Why, for a person.
    pub why: String,
    /// When to judge again even if nothing is seen to change.
    pub wake_at: Option<Timestamp>,
    /// What to measure, and when.
    pub wants: Option<Wanted>,
}

/// Judges a gate.
pub fn judge(gate: &Gate, state: &GateState, evidence: &Evidence<'_>, now: Timestamp) -> Judged {
    let look = look(gate, state, evidence, now);
    let look = in_place(look, evidence);
    let look = in_time(look, gate, evidence, now);
    conclude(look, state, now)
}

/// The name of a gate's Job, if it has one.
pub(super) fn job_name(gate: &Gate, subject: &Subject) -> Option<String> {
    match &gate.kind {
        GateKind::Job(job) => Some(job::name(job, subject)),
        _ => None,
    }
}

/// What one kind of gate makes of what there is, before what holds for all of them.
struct Look {
    verdict: Verdict,
    why: String,
    /// The counters, moved on.
    state: GateState,
    wake_at: Option<Timestamp>,
    wants: Option<Wanted>,
}

impl Look {
    /// A verdict that nothing has to be counted for.
    fn new(verdict: Verdict, why: impl Into<String>, state: &GateState) -> Self {
        Self {
            verdict,
            why: why.into(),
            state: state.clone(),
            wake_at: None,
            wants: None,
        }
    }

    fn waking(mut self, at: Option<Timestamp>) -> Self {
        self.wake_at = at;
        self
    }

    fn wanting(mut self, wanted: Wanted) -> Self {
        self.wake_at = earliest(self.wake_at, Some(wanted.due));
        self.wants = Some(wanted);
        self
    }
}

fn look(gate: &Gate, state: &GateState, evidence: &Evidence<'_>, now: Timestamp) -> Look {
    match &gate.kind {
        GateKind::For(bake) => bake::look(bake, state, evidence, now),
        GateKind::Health(health) => health::look(*health, state, evidence),
        GateKind::Metric(metric) => metric::look(metric, state, evidence),
        GateKind::Compare(compare) => compare::look(compare, state, evidence),
        GateKind::Logs(logs) => logs::look(logs, state, evidence),
        GateKind::Scan(scan) => scan::look(scan, state, evidence, now),
        GateKind::Job(job) => job::look(job, gate.timeout, state, evidence),
        GateKind::Webhook(webhook) => webhook::look(webhook, state, evidence),
        GateKind::Pause => pause::look(state, evidence),
        GateKind::Approve(_) => approve::look(state, evidence),
        GateKind::Window(window) => window::look(window, state, evidence),
        GateKind::After(after) => after::look(after, state, evidence),
        GateKind::Freeze => freeze::look(state, evidence),
    }
}

/// Nothing passes before the stage is in place; what failed, failed.
fn in_place(look: Look, evidence: &Evidence<'_>) -> Look {
    if evidence.settled_at.is_some() || look.verdict != Verdict::Pass {
        return look;
    }
    Look {
        verdict: Verdict::Wait,
        why: "the stage is not in place yet".to_owned(),
        ..look
    }
}

/// A gate that does not come to an end in its time says what it was told to say then.
fn in_time(look: Look, gate: &Gate, evidence: &Evidence<'_>, now: Timestamp) -> Look {
    let (Verdict::Wait | Verdict::Inconclusive, Some(timeout)) = (look.verdict, gate.timeout)
    else {
        return look;
    };
    let over = later(evidence.settled_at.unwrap_or(evidence.entered), timeout);
    if now < over {
        let wake_at = earliest(look.wake_at, Some(over));
        return Look { wake_at, ..look };
    }
    let verdict = match gate.on_timeout {
        OnTimeout::Fail => Verdict::Fail,
        OnTimeout::Hold => Verdict::Inconclusive,
        OnTimeout::Pass if evidence.settled_at.is_some() => Verdict::Pass,
        OnTimeout::Pass => return look,
    };
    let why = format!("took longer than {timeout}: {}", look.why);
    Look {
        verdict,
        why,
        ..look
    }
}

fn conclude(look: Look, before: &GateState, now: Timestamp) -> Judged {
    let mut state = look.state;
    if before.verdict != look.verdict || before.since.is_none() {
        state.verdict = look.verdict;
        state.since = Some(now);
    }
    Judged {
        verdict: look.verdict,
        state,
        why: look.why,
        // What is due already is being measured: its answer tells when to look again.
        wake_at: look.wake_at.filter(|at| *at > now),
        wants: look.wants,
    }
}

/// The instant so much later; the end of time if there is none.
fn later(at: Timestamp, span: Duration) -> Timestamp {
    let span = SignedDuration::from_secs(i64::from(span.seconds()));
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}

/// The earlier of two instants, if there is one.
pub(super) fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    a.into_iter().chain(b).min()
}
