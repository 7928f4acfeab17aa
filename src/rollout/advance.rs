//! From what a unit is towards what Git says it should be.

use jiff::{SignedDuration, Timestamp};

use crate::compile::Bundle;
use crate::plan::Action;
use crate::release::{JobRun, Phase, ReleaseStatus, Revision};
use crate::resolve::Class;

use super::health::{self, Health};
use super::recreate::{self, Remedy};
use super::unit::{Standing, Unit};
use super::waiting::{By, Wait};
use super::{
    Attempt, Situation, Step, actions, desk, holdings, inventory, job, precondition, prune, rename,
    service, singleton,
};

/// What the rule for a kind of unit comes to.
pub(super) struct Verdict {
    pub(super) actions: Vec<Action>,
    pub(super) waits: Vec<Wait>,
    pub(super) health: Health,
    pub(super) wake_at: Option<Timestamp>,
}

impl Default for Verdict {
    fn default() -> Self {
        Self {
            actions: Vec::new(),
            waits: Vec::new(),
            health: Health::Healthy,
            wake_at: None,
        }
    }
}

/// Advances a unit towards a bundle.
pub(super) fn step(record: &ReleaseStatus, situation: &Situation<'_>, bundle: &Bundle) -> Step {
    let claims = rename::recorded(bundle, record, situation.observed);
    let bundle = rename::adopted(bundle, record, situation.observed);
    let unit = Unit::new(&bundle, record, situation);
    let runs = job::runs(&unit);
    let mut verdict = verdict(&unit, &runs);
    let failure = back_off(&unit, &mut verdict);
    let is_healthy = verdict.health.is_healthy()
        && verdict.actions.is_empty()
        && failure.is_none()
        && !verdict.waits.iter().any(|wait| wait.by != By::Nobody);
    if is_healthy {
        let prune = prune::step(record, Some(&bundle), situation);
        verdict.actions = prune.actions;
        verdict.waits.extend(prune.waits);
    }
    let mut record = recorded(&unit, &verdict, failure, is_healthy);
    record.claims = claims;
    record.runs = runs;
    Step {
        record,
        actions: verdict.actions,
        wake_at: verdict.wake_at,
    }
}

/// Two pods where one may be are undone before anything else is thought of.
fn verdict(unit: &Unit<'_>, runs: &[JobRun]) -> Verdict {
    let closed = precondition::closed(unit);
    let is_singleton = unit.bundle.class.is_some_and(Class::is_singleton);
    if is_singleton && let Some(action) = singleton::undo_overlap(unit, closed.is_empty()) {
        return Verdict {
            actions: vec![action],
            ..Verdict::default()
        };
    }
    if !closed.is_empty() {
        return Verdict {
            waits: closed,
            ..Verdict::default()
        };
    }
    match unit.bundle.class {
        None => desk::step(unit),
        Some(Class::Algo | Class::Gateway) => singleton::step(unit),
        Some(Class::Service) => service::step(unit),
        Some(Class::Job) => job::step(unit, runs),
    }
}

/// After a failed attempt, the next one waits, longer each time. What failed, if that is still so.
fn back_off(unit: &Unit<'_>, verdict: &mut Verdict) -> Option<String> {
    let failed = unit.situation.observed.failed.as_ref()?;
    let mine = failed.bundle == Some(unit.bundle.bundle);
    if !mine || verdict.actions.is_empty() {
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
            .filter_map(|desired| unit.live(&desired.id()))
        {
            verdict.health = verdict.health.and(health::of(live, &pods));
        }
    }
    verdict
}

impl Verdict {
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

fn recorded(
    unit: &Unit<'_>,
    verdict: &Verdict,
    failure: Option<String>,
    is_healthy: bool,
) -> ReleaseStatus {
    let before = unit.record;
    let situation = unit.situation;
    let target = revision(unit);
    let is_stable = unit.is_settled();
    let (stable, candidate) = match (is_healthy, is_stable) {
        (true, _) => (Some(target), None),
        (false, true) => (before.stable.clone(), None),
        (false, false) => (before.stable.clone(), Some(target)),
    };
    let failure = failure.or_else(|| match &verdict.health {
        Health::Failed(why) => Some(why.clone()),
        Health::Healthy | Health::Progressing(_) => None,
    });
    let wanted = prune::wanted(before, Some(unit.bundle), situation.observed);
    ReleaseStatus {
        version: ReleaseStatus::VERSION,
        commit: stable_commit(candidate.as_ref().or(stable.as_ref())),
        phase: phase(verdict, failure.is_some(), is_healthy),
        stable,
        candidate,
        inventory: inventory::next(before, &unit.bundle.objects, unit.own()),
        waiting_on: waiting_on(unit, verdict),
        failure,
        runs: before.runs.clone(),
        condemned: prune::condemned(&wanted, situation.permission),
        claims: before.claims.clone(),
        holdings: unit.bundle.holdings.clone(),
        held: holdings::held(before, &unit.bundle.holdings, is_healthy),
    }
}

/// A unit is reconciled when its own bytes changed, so its commit is the one they came with.
fn revision(unit: &Unit<'_>) -> Revision {
    let bundle = unit.bundle.bundle.to_string();
    let known = [&unit.record.candidate, &unit.record.stable];
    let same = known
        .into_iter()
        .flatten()
        .find(|revision| revision.bundle == bundle);
    same.cloned().unwrap_or_else(|| Revision {
        bundle,
        behaviour: unit.bundle.behaviour.to_string(),
        commit: unit.situation.commit.map(str::to_owned),
    })
}

fn stable_commit(target: Option<&Revision>) -> Option<String> {
    target.and_then(|revision| revision.commit.clone())
}

fn phase(verdict: &Verdict, has_failed: bool, is_healthy: bool) -> Phase {
    let needs_others = verdict.waits.iter().any(|wait| wait.by == By::Others);
    match (has_failed, needs_others) {
        (true, _) => Phase::Failed,
        (false, true) => Phase::Waiting,
        (false, false) if is_healthy && verdict.actions.is_empty() => Phase::Ready,
        (false, false) => Phase::Progressing,
    }
}

fn waiting_on(unit: &Unit<'_>, verdict: &Verdict) -> Vec<crate::release::WaitingOn> {
    let unhealthy = match &verdict.health {
        Health::Progressing(why) => Some(Wait::new(By::Itself, why.clone(), "it is healthy")),
        Health::Healthy | Health::Failed(_) => None,
    };
    let waits = verdict.waits.iter().cloned().chain(unhealthy);
    waits
        .map(|wait| wait.recorded(&unit.record.waiting_on, unit.situation.now))
        .collect()
}
