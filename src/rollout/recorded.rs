//! From what a look came to, to the record of it.

use jiff::Timestamp;

use crate::compile::Bundle;
use crate::release::{JobRun, Phase, Promotion, ReleaseStatus, Revision};

use super::advance::Verdict;
use super::health::Health;
use super::unit::Unit;
use super::waiting::{By, Wait};
use super::{Situation, approvals, asks, holdings, inventory, prune, rename};

/// How many promotions are remembered, and their bundles kept.
const HISTORY: usize = 5;

/// How a look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// What is wanted runs, seen healthy, and every gate was passed.
    Stable,
    /// It does not, yet.
    OnItsWay,
}

/// The record of a look.
pub(super) fn recorded(
    unit: &Unit<'_>,
    verdict: &Verdict,
    runs: Vec<JobRun>,
    failure: Option<String>,
    end: End,
) -> ReleaseStatus {
    let before = unit.record;
    let situation = unit.situation;
    let failure = failure.or_else(|| match &verdict.health {
        Health::Failed(why) => Some(why.clone()),
        Health::Healthy | Health::Progressing(_) => None,
    });
    let wanted = prune::wanted_of(before, Some(unit.bundle), unit.own());
    let is_stable = end == End::Stable;
    let own = unit.own().values().copied();
    let holdings = holdings::startable(before, &unit.bundle.holdings, own);
    let mut record = ReleaseStatus {
        version: ReleaseStatus::VERSION,
        phase: phase(verdict, failure.is_some(), is_stable),
        inventory: inventory::next(before, &unit.bundle.objects, unit.own()),
        waiting_on: waiting_on(unit, verdict),
        failure,
        runs,
        condemned: prune::condemned(&wanted, situation.permission),
        claims: rename::recorded(unit.bundle, before, situation.observed),
        held: holdings::held(before, &holdings, is_stable),
        holdings,
        restarting: still_there(unit),
        ..before.clone()
    };
    record.candidate = match end {
        End::OnItsWay if !unit.is_settled() => {
            Some(revision(before, unit.bundle, situation.commit))
        }
        End::OnItsWay | End::Stable => None,
    };
    record.commit = stable_commit(record.target());
    record
}

/// Of the pods to be started anew, those that are there.
fn still_there(unit: &Unit<'_>) -> Vec<String> {
    let pods = unit.pods();
    let is_there = |uid: &&String| pods.iter().any(|pod| pod.uid() == Some(uid.as_str()));
    let restarting = unit.record.restarting.iter();
    restarting.filter(is_there).cloned().collect()
}

/// The record once a bundle that was on its way is what runs, under the names that it came under.
pub(super) fn promoted(
    record: &ReleaseStatus,
    bundle: &Bundle,
    situation: &Situation<'_>,
) -> ReleaseStatus {
    let target = revision(record, bundle, situation.commit);
    let mut next = record.clone();
    // Nobody goes back to an earlier desk: its objects are what its strategies stand on.
    if bundle.class.is_some() {
        remember(&mut next.history, &target, situation.now);
    }
    if let Some(track) = next.tracks.candidate.take() {
        next.tracks.stable = track;
    }
    // What was asked so far was asked of this or of earlier ones.
    next.heeded = asks::all(&situation.observed.intents);
    next.stable = Some(target);
    next.authority = approvals::authority(bundle);
    next.candidate = None;
    next.rollout = None;
    next
}

/// A behaviour is promoted once, however often its minor parts change after that.
fn remember(history: &mut Vec<Promotion>, target: &Revision, at: Timestamp) {
    match history.last_mut() {
        Some(last) if last.revision.behaviour == target.behaviour => {
            last.revision.clone_from(target);
        }
        _ => history.push(Promotion {
            revision: target.clone(),
            at,
        }),
    }
    let excess = history.len().saturating_sub(HISTORY);
    history.drain(..excess);
}

/// A unit is reconciled when its own bytes changed, so its commit is the one they came with.
pub(super) fn revision(record: &ReleaseStatus, bundle: &Bundle, commit: Option<&str>) -> Revision {
    let digest = bundle.bundle.to_string();
    let earlier = record.history.iter().rev().map(|it| &it.revision);
    let known = record.candidate.iter().chain(&record.stable);
    let mut known = known.chain(&record.pinned).chain(earlier);
    let same = known.find(|revision| revision.bundle == digest);
    same.cloned().unwrap_or_else(|| Revision {
        bundle: digest,
        behaviour: bundle.behaviour.to_string(),
        commit: commit.map(str::to_owned),
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
