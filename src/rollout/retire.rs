//! A unit that is no longer in Git: stopped first, then removed. What cannot be made again stays.

use std::collections::BTreeMap;

use serde_json::json;

use crate::compile::UnitId;
use crate::object::Object;
use crate::release::{Phase, ReleaseStatus};
use crate::spec::names::StrategyName;

use super::advance::{failure_text, retry_at};
use super::consent::Permission;
use super::prune::{self, Prune};
use super::unit::{self, Own};
use super::waiting::{By, Wait};
use super::{Situation, Step, actions, health, holdings, inventory, singleton};

/// Retires a unit. Once its inventory is empty, its Release can go.
pub(super) fn step(record: &ReleaseStatus, situation: &Situation<'_>) -> Step {
    let own = unit::own(None, record, situation.observed);
    let mut prune = work(record, &own, situation);
    let failure = back_off(situation, &mut prune);
    let wanted = prune::wanted_of(record, None, &own);
    let mut next = record.clone();
    next.commit = match record.phase {
        Phase::Retiring => record.commit.clone(),
        _ => situation.commit.map(str::to_owned),
    };
    next.phase = Phase::Retiring;
    next.candidate = None;
    next.rollout = None;
    next.holdings = holdings::startable(record, &[], own.values().copied());
    next.held = holdings::held(record, &next.holdings, false);
    next.inventory = inventory::next(record, &[], &own);
    next.condemned = prune::condemned(&wanted, situation.permission);
    next.failure = failure;
    next.waiting_on = prune
        .waits
        .into_iter()
        .map(|wait| wait.recorded(&record.waiting_on, situation.now))
        .collect();
    Step {
        record: next,
        actions: prune.actions,
        wake_at: prune.wake_at,
        wants: BTreeMap::new(),
    }
}

fn work(record: &ReleaseStatus, own: &Own<'_>, situation: &Situation<'_>) -> Prune {
    let residents = &situation.observed.residents;
    if !residents.is_empty() {
        let wait = |strategy| {
            Wait::for_unit(
                &UnitId::Strategy(StrategyName::clone(strategy)),
                format!("strategy `{strategy}`, which still has objects in the namespace"),
                format!("strategy `{strategy}` is gone"),
            )
        };
        return Prune {
            waits: residents.iter().map(wait).collect(),
            ..Prune::default()
        };
    }
    if let Some(stopping) = stop(record, own, situation) {
        return stopping;
    }
    let mut prune = prune::step(record, None, own, situation);
    if prune.actions.is_empty() && prune.waits.is_empty() {
        prune.waits = leaving(own);
    }
    prune
}

/// The pods that are all that is left, beside what they refer to.
fn leaving(own: &Own<'_>) -> Vec<Wait> {
    let pods = unit::of_kind(own, "Pod").into_iter();
    let wait = |pod: &Object| {
        let what = if pod.is_terminating() {
            format!("{}, which {}", pod.id(), health::deletion(pod))
        } else {
            format!("{}, which is about to be stopped", pod.id())
        };
        Wait::new(By::Nobody, what, "it is gone")
    };
    pods.map(wait).collect()
}

/// Whether nothing is left of a unit that Git no longer has, so that its record can go. One that was
/// never looked at, as under a Halt, may list nothing and have everything.
pub fn is_over(step: &Step) -> bool {
    let is_retired = step.record.phase == Phase::Retiring && step.record.halts.is_empty();
    is_retired && step.record.inventory.is_empty() && step.actions.is_empty()
}

/// Ordered pods are stopped by their controller before it goes, so that each ends in its own time.
/// Stopping is part of the deletion, and waits for its permission like the rest.
fn stop(record: &ReleaseStatus, own: &Own<'_>, situation: &Situation<'_>) -> Option<Prune> {
    let wanted = prune::wanted_of(record, None, own);
    let may = match situation.permission {
        Permission::Granted => true,
        Permission::Withheld { .. } => wanted.asked.is_empty(),
        Permission::Recording | Permission::Suspended(_) => false,
    };
    let unwanted = prune::unwanted(record, None, own);
    let sets: Vec<&Object> = unwanted
        .into_values()
        .filter(|object| object.kind() == "StatefulSet" && !object.is_terminating())
        .collect();
    if !may || sets.is_empty() {
        return None;
    }
    let up = sets
        .iter()
        .filter(|set| set.number("/spec/replicas") != Some(0));
    let turns: Vec<_> = up
        .map(|set| actions::turn(set, json!({"replicas": 0}), "it is no longer in Git"))
        .collect();
    // Those of a Deployment go with it: no set is going to stop them.
    let is_other = |pod: &Object| {
        let maker = pod.text("/metadata/ownerReferences/0/kind");
        matches!(maker, "ReplicaSet" | "Job")
    };
    let mut pods = unit::of_kind(own, "Pod");
    pods.retain(|pod| !is_other(pod));
    let (waits, wake_at) = singleton::ending(&pods, &sets, situation.now);
    (!turns.is_empty() || !waits.is_empty()).then_some(Prune {
        actions: turns,
        waits,
        wake_at,
    })
}

fn back_off(situation: &Situation<'_>, prune: &mut Prune) -> Option<String> {
    let failed = situation.observed.failed.as_ref();
    let failed = failed.filter(|it| it.bundle.is_none() && !prune.actions.is_empty())?;
    let at = retry_at(failed);
    if situation.now < at {
        prune.actions.clear();
        prune.wake_at = Some(prune.wake_at.map_or(at, |other| other.min(at)));
    }
    Some(failure_text(failed))
}
