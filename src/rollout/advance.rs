//! From what a unit is towards what Git says it should be.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::compile::Bundle;
use crate::plan::Action;
use crate::release::{JobRun, Phase, ReleaseStatus};
use crate::resolve::Class;

use super::course::{Course, Looks};
use super::gates::{self, Wanted};
use super::health::{self, Health};
use super::hours::Shut;
use super::pace::Place;
use super::recorded::{End, promoted, recorded};
use super::recreate::{self, Remedy};
use super::staged::{self, Leave};
use super::unit::{Standing, Unit};
use super::waiting::{By, Wait};
use super::{
    Attempt, Situation, Step, actions, approvals, desk, job, ledgered, precondition, prune,
    resumed, service, session, singleton,
};

/// What the rule for a kind of unit comes to.
pub(super) struct Verdict {
    pub(super) actions: Vec<Action>,
    pub(super) waits: Vec<Wait>,
    pub(super) health: Health,
    pub(super) wake_at: Option<Timestamp>,
    pub(super) wants: BTreeMap<String, Wanted>,
}

impl Default for Verdict {
    fn default() -> Self {
        Self {
            actions: Vec::new(),
            waits: Vec::new(),
            health: Health::Healthy,
            wake_at: None,
            wants: BTreeMap::new(),
        }
    }
}

/// What one look at a unit comes to.
enum Look {
    /// The record moved on: look again, before anything is done.
    Moved(Box<ReleaseStatus>),
    /// This is what there is to do.
    Rests(Box<Step>),
}

/// The most moves of one step: more than any rollout has stages.
const MOVES: usize = 200;

/// Advances a unit towards a bundle. What was moved on, and what is to be done then, come with one
/// step: stepping again on the same observation gives the same.
pub(super) fn step(record: &ReleaseStatus, situation: &Situation<'_>, git: &Bundle) -> Step {
    let told = |before: &ReleaseStatus, after: ReleaseStatus| {
        let after = approvals::noted(after, situation, git);
        ledgered::told(before, after, situation, git.class)
    };
    let mut next = told(record, staged::prepared(record, situation, git));
    for _ in 0..MOVES {
        match look(&next, situation, git) {
            Look::Moved(moved) => next = told(&next, *moved),
            Look::Rests(step) => return *step,
        }
    }
    Step {
        record: next,
        actions: Vec::new(),
        wake_at: Some(situation.now),
        wants: BTreeMap::new(),
    }
}

fn look(record: &ReleaseStatus, situation: &Situation<'_>, git: &Bundle) -> Look {
    let course = match Course::of(
        record,
        git,
        situation.kept,
        situation.observed,
        situation.clock(),
    ) {
        Ok(course) => course,
        Err(shut) => return Look::Rests(Box::new(stuck(record, situation, *shut))),
    };
    if let Some(moved) = staged::begun(record, situation, &course) {
        return Look::Moved(Box::new(moved));
    }
    let unit = Unit::new(course.bundle(), record, situation);
    if let Some(moved) = session::moved(&unit) {
        return Look::Moved(Box::new(moved));
    }
    let runs = job::runs(&unit);
    let mut verdict = verdict(&unit, &course, &runs);
    let failure = back_off(&unit, &mut verdict);
    session::step(&unit, &mut verdict);
    let place = Place::of(&verdict, failure.as_deref());
    if let Some(shut) = &course.shut {
        verdict.waits.push(shut.wait.clone());
        verdict.wake_at = gates::earliest(verdict.wake_at, shut.until);
    }
    let end = match staged::leave(&unit, &course, &mut verdict, &place) {
        Leave::Moved(moved) => return Look::Moved(moved),
        Leave::Stays => End::OnItsWay,
        Leave::Done => match ledgered::to_promote(record, course.bundle(), situation.observed) {
            Some(wait) => {
                verdict.waits.push(wait);
                End::OnItsWay
            }
            None => End::Stable,
        },
    };
    if end == End::Stable {
        if let Some(done) = resumed::done(record) {
            return Look::Moved(Box::new(done));
        }
        let promoted = promoted(record, course.bundle(), situation);
        if promoted != *record {
            return Look::Moved(Box::new(promoted));
        }
        let prune = prune::step(record, Some(course.bundle()), unit.own(), situation);
        verdict.actions = prune.actions;
        verdict.waits.extend(prune.waits);
    }
    Look::Rests(Box::new(Step {
        record: recorded(&unit, &verdict, runs, failure, end),
        actions: verdict.actions,
        wake_at: verdict.wake_at,
        wants: verdict.wants,
    }))
}

/// There is nothing to go to: what runs stays as it is.
fn stuck(record: &ReleaseStatus, situation: &Situation<'_>, shut: Shut) -> Step {
    let waiting = shut.wait.recorded(&record.waiting_on, situation.now);
    let record = ReleaseStatus {
        waiting_on: vec![waiting],
        phase: Phase::Waiting,
        ..record.clone()
    };
    Step {
        record,
        actions: Vec::new(),
        wake_at: shut.until,
        wants: BTreeMap::new(),
    }
}

/// Two pods where one may be, or one where none may, are undone before anything else is thought of.
fn verdict(unit: &Unit<'_>, course: &Course, runs: &[JobRun]) -> Verdict {
    let closed = precondition::closed(unit);
    let is_singleton = unit.bundle.class.is_some_and(Class::is_singleton);
    let undone = singleton::undo_overlap(unit, closed.is_empty());
    if is_singleton && let Some(action) = undone.or_else(|| singleton::end_session(unit)) {
        return Verdict {
            actions: vec![action],
            ..Verdict::default()
        };
    }
    if !closed.is_empty() {
        let is_in_the_way = is_singleton && unit.situation.observed.is_waited_for;
        return Verdict {
            waits: closed,
            actions: if is_in_the_way {
                singleton::give_room(unit)
            } else {
                Vec::new()
            },
            ..Verdict::default()
        };
    }
    match (unit.bundle.class, &course.look) {
        (_, Looks::Staged(set)) => service::step(unit, set),
        (None, Looks::Plain(_)) => desk::step(unit),
        (Some(Class::Algo | Class::Gateway), Looks::Plain(_)) => singleton::step(unit),
        (Some(Class::Service | Class::Job), Looks::Plain(_)) => job::step(unit, runs),
    }
}

/// After a failed attempt, the next one waits, longer each time. What failed, if that is still so.
fn back_off(unit: &Unit<'_>, verdict: &mut Verdict) -> Option<String> {
    let failed = unit.situation.observed.failed.as_ref()?;
    let is_of = |action: &Action| {
        let mut failures = failed.failures.iter();
        failures.any(|failure| failure.id == action.id())
    };
    // What failed on the way to another version than Git says now fails again on the same objects.
    let mine = failed.bundle == Some(unit.bundle.bundle) || verdict.actions.iter().any(is_of);
    if !mine || !unit.is_tried(failed) || verdict.actions.is_empty() {
        return None;
    }
    let at = retry_at(failed);
    if unit.situation.now < at && !verdict.actions.iter().all(singleton::is_undoing_overlap) {
        verdict.actions.clear();
        verdict.wake_at = Some(verdict.wake_at.map_or(at, |other| other.min(at)));
    }
    Some(failure_text(failed))
}

/// What failed, for a person.
pub(super) fn failure_text(failed: &Attempt) -> String {
    let texts: Vec<_> = failed.failures.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// When the next attempt may begin: doubled each time, up to five minutes.
pub(super) fn retry_at(failed: &Attempt) -> Timestamp {
    const LONGEST: i64 = 300;
    let doublings = failed.count.saturating_sub(1).min(16);
    let seconds = (1_i64 << doublings).min(LONGEST);
    let delay = SignedDuration::from_secs(seconds);
    failed.at.saturating_add(delay).unwrap_or(failed.at)
}

/// The actions that bring a unit's objects to what they should be, and their health where there
/// is nothing to do.
pub(super) fn reconcile(unit: &Unit<'_>) -> Verdict {
    let mut verdict = Verdict::default();
    for desired in unit.desired() {
        verdict.object(unit, desired);
    }
    if verdict.actions.is_empty() {
        let pods = unit.pods();
        for live in unit
            .desired()
            .filter_map(|desired| unit.live(desired.identity()))
        {
            verdict.health = verdict.health.and(health::of(live, &pods));
        }
    }
    verdict
}

impl Verdict {
    /// Whether everything is as it is to be, healthy, and nothing is waited for that matters.
    pub(super) fn is_in_place(&self) -> bool {
        self.health.is_healthy()
            && self.actions.is_empty()
            && !self.waits.iter().any(|wait| wait.by != By::Nobody)
    }

    /// Adds what is to be done about one object.
    pub(super) fn object(&mut self, unit: &Unit<'_>, desired: &crate::object::Object) {
        match unit.standing(desired) {
            Standing::Absent => self.actions.push(actions::create(desired)),
            Standing::Same => {}
            Standing::Terminating(live) => self.terminating(live),
            Standing::Differs(live, changes) => match recreate::remedy(unit, live) {
                Remedy::Apply => self.actions.push(actions::apply(desired, live, changes)),
                Remedy::Recreate => self.actions.push(actions::delete(
                    live,
                    "it cannot be changed in place, and its consent is there",
                )),
                Remedy::Ask(wait) => self.waits.push(wait),
                Remedy::Refuse(why) => self.fail(why),
            },
        }
    }

    pub(super) fn terminating(&mut self, live: &crate::object::Object) {
        let until = match live.kind() {
            "Namespace" => format!(
                "it is gone (`kubectl describe namespace {}` says what holds it); Tidegate then makes it anew",
                live.name()
            ),
            _ => "it is gone; Tidegate then makes it anew".to_owned(),
        };
        let what = format!("{}, which {}", live.id(), health::deletion(live));
        self.waits.push(Wait::new(By::Others, what, until));
    }

    pub(super) fn fail(&mut self, why: String) {
        let health = std::mem::replace(&mut self.health, Health::Healthy);
        self.health = health.and(Health::Failed(why));
    }
}
