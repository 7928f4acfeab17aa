//! A unit that Git says nothing certain about.

use std::collections::BTreeMap;

use super::advance::Verdict;
use super::course::at_rest;
use super::unit::Unit;
use super::waiting::{By, Wait};
use super::{Doubt, Situation, Step, session, singleton};
use crate::compile::Bundle;
use crate::release::{Phase, ReleaseStatus};
use crate::resolve::Class;

/// Leaves it as it is: what runs by trading session goes on doing so.
pub(super) fn step(record: &ReleaseStatus, situation: &Situation<'_>, doubt: Doubt) -> Step {
    let (mut record, verdict) = match stable(record, situation) {
        Some(bundle) => by_session(record, situation, &bundle),
        None => (record.clone(), Verdict::default()),
    };
    let waits = [wait(doubt)].into_iter().chain(verdict.waits);
    record.waiting_on = waits
        .map(|wait| wait.recorded(&record.waiting_on, situation.now))
        .collect();
    record.phase = Phase::Waiting;
    Step {
        record,
        actions: verdict.actions,
        wake_at: verdict.wake_at,
        wants: BTreeMap::new(),
    }
}

fn wait(doubt: Doubt) -> Wait {
    let (what, until) = match doubt {
        Doubt::Errors => (
            "its files, which have errors",
            "`tidegate check` finds no error in them",
        ),
        Doubt::Unreadable => (
            "the rest of the fleet, of which a part cannot be read; it may be in there",
            "`tidegate check` finds nothing unreadable",
        ),
        Doubt::Rewritten => (
            "a new commit: the branch was rewritten, and the strategy's files went away with it",
            "a commit on top of the rewritten branch is pushed; then it is retired, unless its files are back",
        ),
    };
    Wait::new(By::Others, what, until)
}

/// What runs, if it does so by trading session and nothing else is on its way.
fn stable(record: &ReleaseStatus, situation: &Situation<'_>) -> Option<Bundle> {
    let stable = record
        .stable
        .as_ref()
        .filter(|_| record.candidate.is_none())?;
    let bundle = situation.kept.get(&stable.bundle)?;
    bundle.run.is_some().then(|| at_rest(bundle, record))
}

fn by_session(
    record: &ReleaseStatus,
    situation: &Situation<'_>,
    bundle: &Bundle,
) -> (ReleaseStatus, Verdict) {
    let moved = session::moved(&Unit::new(bundle, record, situation));
    let record = moved.unwrap_or_else(|| record.clone());
    let unit = Unit::new(bundle, &record, situation);
    let mut verdict = match bundle.class {
        Some(class) if Class::is_singleton(class) => singleton::follow_session(&unit),
        _ => Verdict::default(),
    };
    session::step(&unit, &mut verdict);
    (record, verdict)
}
