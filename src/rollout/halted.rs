//! What a Halt does to a unit, before anything else is thought of.
//!
//! Only what stops is done: algos go to 0 and stay there, whatever runs besides a service's stable
//! version goes to 0, CronJobs are suspended. Nothing is made, nothing is changed, and no run of a
//! session begins; a run that is under way ends by itself, and a gateway keeps running. Requests are led
//! away from a candidate first, but not for ever: after [`GRACE`] its pods go whatever the route says.
//!
//! All of it is told from what is seen and from the record, so it works without Git. A Halt is no
//! failure: once it is lifted, the rollout goes on from the beginning of its stage, and every gate is
//! judged anew.

mod service;

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::advance::{failure_text, retry_at};
use super::gates::earliest;
use super::unit::{Own, Unit};
use super::waiting::{By, Wait};
use super::{Attempt, Desired, Situation, Step, actions, asks, job, rename, singleton, unit};
use crate::compile::Bundle;
use crate::halt::{Standing, Touches};
use crate::intent::Ask;
use crate::object::{Object, ObjectId};
use crate::plan::Action;
use crate::release::{Phase, ReleaseStatus, Revision, RolloutStatus};
use crate::resolve::Class;

/// How long requests are led away from a candidate before its pods go all the same.
pub(super) const GRACE: SignedDuration = SignedDuration::from_secs(30);

/// What could not be stopped is tried again at least so often.
const TRY_AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// How soon to look again while Halts cannot be seen.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// What there is to stop.
#[derive(Default)]
struct Stopping {
    actions: Vec<Action>,
    waits: Vec<Wait>,
    wake_at: Option<Timestamp>,
    /// What still runs that is to stop.
    running: Vec<ObjectId>,
}

/// Stops a unit for which these stand.
pub(super) fn step(
    record: &ReleaseStatus,
    situation: &Situation<'_>,
    standing: Vec<Standing>,
) -> Step {
    let mut stopping = Stopping::default();
    let own = unit::own(None, record, situation.observed);
    stopping.algos(&own, situation.now);
    stopping.cron_jobs(&own);
    let heeded = standing.iter().map(|halt| halt.since).min();
    let stable = bundle(record, situation, record.stable.as_ref());
    service::stop(
        &mut stopping,
        record,
        situation,
        stable.as_ref(),
        heeded.unwrap_or(situation.now),
    );
    if let Some(bundle) = &stable {
        stopping.gateway(&Unit::new(bundle, record, situation));
    }
    let failure = stopping.back_off(situation);
    Step {
        record: stopping.recorded(record, situation, standing, failure),
        actions: stopping.actions,
        wake_at: stopping.wake_at,
        wants: BTreeMap::new(),
    }
}

/// Leaves a unit as it is while there may be Halts that nobody can see; what may not run any more is
/// stopped all the same.
pub(super) fn blind(record: &ReleaseStatus, situation: &Situation<'_>, why: &str) -> Step {
    let mut stopping = Stopping::default();
    if let Some(bundle) = bundle(record, situation, record.target()) {
        let unit = Unit::new(&bundle, record, situation);
        stopping.overdue(&unit);
    }
    let mut next = record.clone();
    // What is as it should be needs no telling, in a thousand records at once.
    if record.phase != Phase::Ready {
        let wait = Wait::new(
            By::Itself,
            format!("a view of the Halts, which is out of date: {why}"),
            "they are watched again; nothing is begun before that",
        );
        next.waiting_on = vec![wait.recorded(&record.waiting_on, situation.now)];
    }
    Step {
        record: next,
        actions: stopping.actions,
        wake_at: situation.now.checked_add(LOOK_AGAIN).ok(),
        wants: BTreeMap::new(),
    }
}

/// The record once nothing stands any more: its rollout is at the beginning of its stage, and who let
/// it go on before did not know of the Halt.
pub(super) fn lifted<'r>(
    record: &'r ReleaseStatus,
    situation: &Situation<'_>,
) -> Cow<'r, ReleaseStatus> {
    if record.halts.is_empty() {
        return Cow::Borrowed(record);
    }
    let mut next = record.clone();
    next.halts.clear();
    next.stopping.clear();
    next.rollout = record.rollout.clone().map(|at| {
        let stopped = at.stopped.clone();
        let stage = usize::try_from(at.stage).unwrap_or(usize::MAX);
        RolloutStatus {
            stopped,
            ..at.at(stage, situation.now)
        }
    });
    let intents = &situation.observed.intents;
    for asked in asks::open(intents, record) {
        if asked.spec.action == Ask::Promote {
            asks::heed(&mut next, intents, asked);
        }
    }
    Cow::Owned(next)
}

/// What a unit trades on, for the record: what it did stays until it runs what Git says.
pub(super) fn touches(
    before: &ReleaseStatus,
    situation: &Situation<'_>,
    after: &ReleaseStatus,
) -> Touches {
    let Desired::Bundle(git) = situation.desired else {
        return before.touches.clone();
    };
    let stable = after.stable.as_ref();
    let is_settled = stable.is_some_and(|it| it.bundle == git.bundle.to_string());
    if is_settled && after.candidate.is_none() {
        return git.touches.clone();
    }
    before.touches.and(&git.touches)
}

/// The bundle of a revision, with the claims that the unit has.
fn bundle(
    record: &ReleaseStatus,
    situation: &Situation<'_>,
    revision: Option<&Revision>,
) -> Option<Bundle> {
    let revision = revision?;
    let git = match situation.desired {
        Desired::Bundle(git) if git.bundle.to_string() == revision.bundle => Some(git),
        Desired::Bundle(_) | Desired::Unknown(_) | Desired::Gone => None,
    };
    let found = git.or_else(|| situation.kept.get(&revision.bundle))?;
    Some(rename::adopted(found, record, situation.observed))
}

fn replicas(workload: &Object) -> i64 {
    workload.number("/spec/replicas").unwrap_or(1)
}

impl Stopping {
    /// Algos go to 0, those too that nothing wants any more.
    fn algos(&mut self, own: &Own<'_>, now: Timestamp) {
        for set in unit::of_kind(own, "StatefulSet") {
            let is_algo = set.label("app.kubernetes.io/component") == Some("algo");
            if !is_algo || set.is_terminating() {
                continue;
            }
            if replicas(set) != 0 {
                self.scale_down(set, "a Halt stands");
                continue;
            }
            let mut pods = unit::of_kind(own, "Pod");
            pods.retain(|pod| Some(pod.text("/metadata/ownerReferences/0/uid")) == set.uid());
            let (waits, wake_at) = singleton::ending(&pods, &[set], now);
            if !waits.is_empty() {
                self.running.push(set.id());
            }
            self.waits.extend(waits);
            self.wake_at = earliest(self.wake_at, wake_at);
        }
    }

    fn cron_jobs(&mut self, own: &Own<'_>) {
        for cron_job in unit::of_kind(own, "CronJob") {
            let is_suspended = cron_job.value().pointer("/spec/suspend") == Some(&json!(true));
            if !is_suspended && !cron_job.is_terminating() {
                self.running.push(cron_job.id());
                let turn = actions::turn(cron_job, json!({"suspend": true}), "a Halt stands");
                self.actions.push(turn);
            }
        }
    }

    /// A gateway keeps running: one pod of it, in its time.
    fn gateway(&mut self, unit: &Unit<'_>) {
        if unit.bundle.class == Some(Class::Gateway) {
            self.overdue(unit);
        }
    }

    /// What of a singleton may not run, Halt or not.
    fn overdue(&mut self, unit: &Unit<'_>) {
        if unit.bundle.class.is_some_and(Class::is_singleton) {
            let undone = singleton::undo_overlap(unit, false);
            self.actions
                .extend(undone.or_else(|| singleton::end_session(unit)));
        }
    }

    /// Scales a workload to 0, whatever else was to be done about it, and before anything else.
    fn scale_down(&mut self, live: &Object, reason: &str) {
        self.running.push(live.id());
        self.actions.retain(|action| action.id() != live.id());
        self.actions.push(Action {
            wave: 0,
            ..actions::turn(live, json!({"replicas": 0}), reason)
        });
    }

    /// After a failed attempt, the next one waits, but never for long. What failed, if it is among
    /// what is to be done.
    fn back_off(&mut self, situation: &Situation<'_>) -> Option<String> {
        let failed = situation.observed.failed.as_ref()?;
        let is_of = |action: &Action| {
            let mut failures = failed.failures.iter();
            failures.any(|failure| failure.id == action.id())
        };
        if !self.actions.iter().any(is_of) {
            return None;
        }
        let at = try_again_at(failed);
        if situation.now < at {
            self.actions.clear();
            self.wake_at = earliest(self.wake_at, Some(at));
        }
        Some(failure_text(failed))
    }

    /// The record: as it was, but for what a Halt is about.
    fn recorded(
        &self,
        before: &ReleaseStatus,
        situation: &Situation<'_>,
        standing: Vec<Standing>,
        failure: Option<String>,
    ) -> ReleaseStatus {
        let waits = standing.iter().map(wait).chain(self.waits.iter().cloned());
        let waiting_on = waits.map(|wait| wait.recorded(&before.waiting_on, situation.now));
        let mut stopping: Vec<String> = self.running.iter().map(ToString::to_string).collect();
        stopping.sort();
        stopping.dedup();
        ReleaseStatus {
            phase: match failure {
                Some(_) => Phase::Failed,
                None => Phase::Waiting,
            },
            waiting_on: waiting_on.collect(),
            failure,
            runs: match bundle(before, situation, before.target()) {
                Some(bundle) => job::runs(&Unit::new(&bundle, before, situation)),
                None => before.runs.clone(),
            },
            rollout: before.rollout.clone().map(unjudged),
            halts: standing,
            stopping,
            ..before.clone()
        }
    }
}

fn try_again_at(failed: &Attempt) -> Timestamp {
    let soon = failed.at.saturating_add(TRY_AGAIN).unwrap_or(failed.at);
    retry_at(failed).min(soon)
}

/// A rollout that is at its stage, and of which nothing is measured.
fn unjudged(at: RolloutStatus) -> RolloutStatus {
    RolloutStatus {
        settled_at: None,
        progress: None,
        gates: Vec::new(),
        ..at
    }
}

fn wait(halt: &Standing) -> Wait {
    let Standing {
        name,
        scope,
        by,
        reason,
        at,
        is_lost,
        ..
    } = halt;
    let scope = scope.scope();
    let what = format!("a person: {by} halted {scope} at {at}: {reason}");
    if *is_lost {
        let what =
            format!("{what} (Halt `{name}` vanished without having been lifted, and stands)");
        let until = format!(
            "it is there again, which Tidegate sees to, and `tidegate unhalt {name}` lifts it"
        );
        return Wait::new(By::Others, what, until);
    }
    let until = format!("`tidegate unhalt {name}`, by somebody who may");
    Wait::new(By::Others, what, until)
}
