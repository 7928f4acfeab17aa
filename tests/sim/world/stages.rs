//! Holds every record, and every write to a workload, against what a rollout may do.
//!
//! Nothing here asks the code under test: whether a gate may have passed is worked out anew from
//! what was measured, asked and seen.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use tidegate::compile::{Bundle, UnitId};
use tidegate::intent::Ask;
use tidegate::object::{Object, ObjectId, mark};
use tidegate::release::{ReleaseStatus, RolloutStatus};
use tidegate::resolve::rollout::{Exposure, Stage};
use tidegate::spec::gate::{Bake, Gate, GateKind};

use super::{Entry, World, strategy};
use crate::sim::fleet::{self, Style};
use crate::sim::invariant::Invariant;

/// What is known of a unit's rollouts.
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    /// The behaviours that failed, and that nobody lifted.
    failed: BTreeSet<String>,
}

/// Stages that a rollout left.
struct Left<'a> {
    at: &'a RolloutStatus,
    behaviour: &'a str,
    bundle: &'a str,
    from: usize,
    to: usize,
}

/// A record is about to be written.
pub(super) fn recorded(world: &mut World, unit: &UnitId, after: &ReleaseStatus) {
    let before = world.records.get(unit).cloned().unwrap_or_default();
    let found = left_early(world, unit, &before, after)
        .map(|what| (Invariant::GatesFirst, what))
        .or_else(|| tried_again(world, unit, &before, after))
        .or_else(|| changed_frozen(world, &before, after))
        .or_else(|| changed_closed(world, unit, &before, after))
        .or_else(|| begun_unasked(world, unit, &before, after));
    world.count_promotion(unit, &before, after);
    if let Some((invariant, what)) = found {
        world.violate(invariant, format!("{unit}: {what}"));
    }
    let known = |behaviour: &str| {
        let mut failed = before.quarantine.iter();
        failed.any(|it| it.revision.behaviour == behaviour)
    };
    let failed = after.quarantine.iter().map(|it| &it.revision.behaviour);
    let failed: Vec<String> = failed.filter(|it| !known(it)).cloned().collect();
    let is_stopped =
        |it: &ReleaseStatus| it.rollout.as_ref().is_some_and(|it| it.stopped.is_some());
    let stopped = candidate(after).filter(|_| is_stopped(after) && !is_stopped(&before));
    for behaviour in failed.iter().map(String::as_str).chain(stopped) {
        world.use_up(unit, behaviour);
    }
    let course = world.courses.entry(unit.clone()).or_default();
    course.failed.extend(failed);
}

fn candidate(record: &ReleaseStatus) -> Option<&str> {
    Some(record.candidate.as_ref()?.behaviour.as_str())
}

fn stable(record: &ReleaseStatus) -> Option<&str> {
    Some(record.stable.as_ref()?.behaviour.as_str())
}

fn left<'a>(before: &'a ReleaseStatus, after: &ReleaseStatus) -> Option<Left<'a>> {
    let at = before.rollout.as_ref().filter(|at| !at.is_direct)?;
    let revision = before.candidate.as_ref()?;
    let behaviour = revision.behaviour.as_str();
    let from = usize::try_from(at.stage).ok()?;
    let to = match &after.rollout {
        Some(next) if candidate(after) == Some(behaviour) && next.started == at.started => {
            usize::try_from(next.stage).ok()?
        }
        _ if stable(after) == Some(behaviour) && stable(before) != Some(behaviour) => {
            at.stages.len()
        }
        _ => return None,
    };
    Some(Left {
        at,
        behaviour,
        bundle: &revision.bundle,
        from,
        to,
    })
}

/// Why a stage was left too early, if one was.
fn left_early(
    world: &World,
    unit: &UnitId,
    before: &ReleaseStatus,
    after: &ReleaseStatus,
) -> Option<String> {
    let left = left(before, after)?;
    let kept = world.kept.clone();
    let rollout = kept.get(left.bundle)?.rollout.as_ref()?;
    let stages = rollout.stages.iter().enumerate();
    for (index, stage) in stages
        .skip(left.from)
        .take(left.to.saturating_sub(left.from))
    {
        let is_first = index == left.from;
        if is_first && left.at.stopped.is_some() && is_promoted(world, unit, before, left.behaviour)
        {
            continue;
        }
        let settled = left.at.settled_at.filter(|_| is_first).unwrap_or(world.now);
        let lack = missing(world, &left, stage).or_else(|| {
            let mut gates = stage.gates.iter();
            gates.find_map(|gate| shut(world, unit, before, &left, gate, settled))
        });
        if let Some(lack) = lack {
            return Some(format!(
                "stage `{}` of {} is left: {lack}",
                stage.name, left.behaviour
            ));
        }
    }
    None
}

/// That a stage was never in place.
fn missing(world: &World, left: &Left<'_>, stage: &Stage) -> Option<String> {
    let replicas = left.at.replicas;
    let wanted = match stage.exposure {
        Exposure::Pods(amount) => amount.of(replicas).min(replicas),
        Exposure::Weight(_) | Exposure::Match(_) | Exposure::Mirror(_) => 1,
        Exposure::Preview | Exposure::Standby | Exposure::Full => replicas.min(1),
    };
    let hex = left.behaviour.trim_start_matches("sha256:");
    let peak = world.peaks.get(hex).copied().unwrap_or(0);
    let is_there = u32::try_from(peak).is_ok_and(|peak| peak >= wanted);
    (!is_there).then(|| format!("{peak} of {wanted} of its pods were ever ready"))
}

/// Whether a person let a stage go on.
fn is_promoted(world: &World, unit: &UnitId, before: &ReleaseStatus, behaviour: &str) -> bool {
    let mut asked = world.intents.get(unit).into_iter().flatten();
    asked.any(|it| {
        it.spec.action == Ask::Promote
            && it.spec.behaviour == behaviour
            && !before.heeded.contains(&it.uid)
    })
}

/// Why a gate cannot have passed.
fn shut(
    world: &World,
    unit: &UnitId,
    before: &ReleaseStatus,
    left: &Left<'_>,
    gate: &Gate,
    settled: Timestamp,
) -> Option<String> {
    match &gate.kind {
        GateKind::For(Bake::Wall(span)) => {
            let span = SignedDuration::from_secs(i64::from(span.seconds()));
            let stood = world.now.duration_since(settled);
            (stood < span).then(|| format!("it stood for {stood:#} of {span:#}"))
        }
        GateKind::Metric(_) => {
            let hex = left.behaviour.trim_start_matches("sha256:");
            let mut taken = world.taken.iter();
            let is_good = taken.any(|it| it.behaviour == hex && it.at > settled && it.is_good);
            (!is_good).then(|| "no metric of it was good since it was in place".to_owned())
        }
        GateKind::Pause => {
            let is_promoted = is_promoted(world, unit, before, left.behaviour);
            (!is_promoted).then(|| "nobody promoted it".to_owned())
        }
        GateKind::Approve(asked) => world.unapproved(unit, left.behaviour, before, asked),
        GateKind::Freeze => (!world.git.freezes.is_empty()).then(|| "all is frozen".to_owned()),
        _ => None,
    }
}

/// That a behaviour goes on which failed.
fn tried_again(
    world: &World,
    unit: &UnitId,
    before: &ReleaseStatus,
    after: &ReleaseStatus,
) -> Option<(Invariant, String)> {
    let failed = &world.courses.get(unit)?.failed;
    let behaviour = candidate(after).filter(|_| after.rollout.is_some())?;
    let pinned = after.pinned.as_ref().map(|it| it.behaviour.as_str());
    let stage = |record: &ReleaseStatus| {
        let is_it = candidate(record) == Some(behaviour);
        record
            .rollout
            .as_ref()
            .filter(|_| is_it)
            .map(|at| (at.started, at.stage))
    };
    let goes_on = stage(before) != stage(after);
    let is_again = failed.contains(behaviour) && pinned != Some(behaviour) && goes_on;
    is_again.then(|| {
        let what = format!("{behaviour} failed, and is tried again");
        (Invariant::FailedStays, what)
    })
}

/// That a rollout begins, or goes on, while everything is frozen.
fn changed_frozen(
    world: &World,
    before: &ReleaseStatus,
    after: &ReleaseStatus,
) -> Option<(Invariant, String)> {
    if world.git.freezes.is_empty() {
        return None;
    }
    let at = after.rollout.as_ref()?;
    let behaviour = candidate(after)?;
    let pinned = after.pinned.as_ref().map(|it| it.behaviour.as_str());
    let known = [candidate(before), stable(before), pinned];
    let is_new = !known.contains(&Some(behaviour));
    let is_further = before.rollout.as_ref().is_some_and(|it| {
        it.started == at.started && candidate(before) == Some(behaviour) && it.stage < at.stage
    });
    (is_new || is_further).then(|| {
        let what = format!("{behaviour} is taken to `{}` in a freeze", at.name);
        (Invariant::FreezeHolds, what)
    })
}

/// That a version begins, goes on or is promoted while a Halt stands, or while the ledger is not as it
/// was left.
fn changed_closed(
    world: &World,
    unit: &UnitId,
    before: &ReleaseStatus,
    after: &ReleaseStatus,
) -> Option<(Invariant, String)> {
    let is_halted = world.is_halted(unit);
    if !is_halted && !world.is_forged() {
        return None;
    }
    let pinned = after.pinned.as_ref().map(|it| it.behaviour.as_str());
    let at = |it: &ReleaseStatus| it.rollout.as_ref().map(|it| (it.started, it.stage));
    let is_same = candidate(after) == candidate(before);
    let begins = candidate(after).is_some() && !is_same;
    let goes_on = is_same
        && at(before)
            .zip(at(after))
            .is_some_and(|(then, now)| then.0 == now.0 && then.1 < now.1);
    let promotes = stable(after) != stable(before);
    let goes_back = [candidate(after), candidate(before)].contains(&pinned) && pinned.is_some();
    // An earlier version of what runs comes back unasked, and it is no other version that begins.
    let is_known = stable(before).is_some() && candidate(after) == stable(before);
    let invariant = if is_halted {
        Invariant::HaltHolds
    } else if goes_back || is_known {
        return None;
    } else {
        Invariant::LedgerFirst
    };
    (begins || goes_on || promotes).then(|| {
        let why = if is_halted {
            "a Halt stands"
        } else {
            "the ledger was rewritten"
        };
        let what = format!(
            "{:?} goes on although {why}",
            candidate(after).or(stable(after))
        );
        (invariant, what)
    })
}

/// That a version begins which people had to approve first, and did not.
fn begun_unasked(
    world: &mut World,
    unit: &UnitId,
    before: &ReleaseStatus,
    after: &ReleaseStatus,
) -> Option<(Invariant, String)> {
    let behaviour = candidate(after).filter(|_| after.rollout.is_some())?;
    let pinned = after.pinned.as_ref().map(|it| it.behaviour.as_str());
    let known = [candidate(before), stable(before), pinned];
    if known.contains(&Some(behaviour)) {
        return None;
    }
    let kept = world.kept.clone();
    let bundle = kept.get(&after.candidate.as_ref()?.bundle)?;
    if world.is_cleared(unit, bundle, before) {
        return None;
    }
    let what = format!("{behaviour} begins, and nobody approved it");
    Some((Invariant::ApprovedFirst, what))
}

/// That a write takes something from the version that runs, while another one is judged or failed.
pub(super) fn touched(
    world: &World,
    unit: &UnitId,
    object: &Object,
    live: &Entry,
    is_turn: bool,
) -> Option<(Invariant, String)> {
    let id = stands(world, unit, live)?;
    let is_by_hand = live.claims.as_ref().is_some_and(|it| it.is_scaled());
    let (asked, now) = (
        object.number("/spec/replicas"),
        live.object.number("/spec/replicas"),
    );
    let shrinks = is_turn && !is_by_hand && asked.zip(now).is_some_and(|(to, now)| to < now);
    let behaviour = |it: &Object| super::guard::annotation(it, mark::BEHAVIOUR).map(str::to_owned);
    let changes = !is_turn && behaviour(object) != behaviour(&live.object);
    (shrinks || changes).then(|| {
        let what = format!("{id} is changed while another version is judged");
        (Invariant::StableStays, what)
    })
}

/// The workload of the version that runs beside another one.
fn stands(world: &World, unit: &UnitId, live: &Entry) -> Option<ObjectId> {
    let service = world.git.services.get(&unit.release_name())?;
    let record = world.records.get(unit)?;
    let is_judged = record.rollout.is_some() || !record.quarantine.is_empty();
    let behaviour = super::guard::annotation(&live.object, mark::BEHAVIOUR);
    let runs = stable(record).map(|it| it.trim_start_matches("sha256:"));
    let is_it = live.object.kind() == "Deployment"
        && behaviour == runs
        && live.object.label(mark::TRACK) == Some(record.tracks.stable_label())
        && candidate(record) != stable(record);
    (service.style == Style::Beside && is_judged && is_it).then(|| live.object.id())
}

/// That a deletion takes the version that runs, or the last of all.
pub(super) fn removed(world: &World, unit: &UnitId, live: &Entry) -> Option<(Invariant, String)> {
    let stays = super::guard::stays(world, unit);
    let is_other = stays.is_some_and(|it| fleet::service(it).is_none());
    let is_service = world.git.services.contains_key(&unit.release_name()) && !is_other;
    if live.object.kind() != "Deployment" || !is_service {
        return None;
    }
    if let Some(id) = stands(world, unit, live) {
        let what = format!("{id} is deleted while another version is judged");
        return Some((Invariant::StableStays, what));
    }
    let mut others = world.of_kind("apps", "Deployment");
    let uid = live.object.uid();
    let is_other = others
        .any(|(_, it)| it.object.uid() != uid && strategy(&it.object) == strategy(&live.object));
    // A person may have deleted the other just now.
    let is_last = !is_other && !world.is_excused(&unit.release_name());
    is_last.then(|| {
        let what = format!(
            "{} is deleted, and nothing of its strategy is left",
            live.object.id()
        );
        (Invariant::TracksStay, what)
    })
}

/// A pod of the version that comes is made: there are no more than its stage lets in.
pub(super) fn born(world: &mut World, of: &str, pod: &Object) {
    let Some(service) = world.git.services.get(of).copied() else {
        return;
    };
    let mut records = world.records.iter();
    let Some((_, record)) = records.find(|(unit, _)| unit.release_name() == of) else {
        return;
    };
    let behaviour = pod.annotation(mark::BEHAVIOUR).unwrap_or_default();
    let is_candidate = candidate(record).is_some_and(|it| it.ends_with(behaviour));
    if !is_candidate || record.stable.is_none() || service.is_scaled || world.is_excused(of) {
        return;
    }
    let Some(most) = most_of(world, record, service.style) else {
        return;
    };
    let pods = world.pods_of(of).filter(|(_, it)| {
        it.object.annotation(mark::BEHAVIOUR) == Some(behaviour) && !it.object.is_terminating()
    });
    let there = u32::try_from(pods.count()).unwrap_or(u32::MAX);
    if there > most {
        let what = format!("{of} has {there} pods of {behaviour}, and its stage lets in {most}");
        world.violate(Invariant::NotTooMany, what);
    }
}

/// The most pods of the version that comes.
fn most_of(world: &World, record: &ReleaseStatus, style: Style) -> Option<u32> {
    let at = record.rollout.as_ref()?;
    let bundle = world.kept.get(&record.candidate.as_ref()?.bundle)?;
    let stages = &bundle.rollout.as_ref()?.stages;
    let stage = stages.get(usize::try_from(at.stage).ok()?)?;
    match stage.exposure {
        Exposure::Pods(amount) => Some(amount.of(at.replicas)),
        Exposure::Weight(weight) if style == Style::Ratio => Some(weight.of(at.replicas + 1)),
        _ => None,
    }
}

/// Whether an object of a wanted unit may go because another track takes its place.
pub(super) fn is_of_track(kind: &str) -> bool {
    matches!(
        kind,
        "Deployment"
            | "PodDisruptionBudget"
            | "NetworkPolicy"
            | "HorizontalPodAutoscaler"
            | "Service"
    )
}

impl World {
    /// A pod of a behaviour is ready.
    pub(super) fn count_ready(&mut self, behaviour: &str) {
        let ready = self.pods().filter(|(_, it)| {
            let object = &it.object;
            object.annotation(mark::BEHAVIOUR) == Some(behaviour)
                && super::cluster::is_ready(object)
                && !object.is_terminating()
        });
        let ready = ready.count();
        match self.peaks.get_mut(behaviour) {
            Some(peak) => *peak = ready.max(*peak),
            None => {
                self.peaks.insert(behaviour.to_owned(), ready);
            }
        }
    }

    /// Notes the stage that a record tells of, if it is another than before.
    pub(super) fn note_stage(&mut self, unit: &UnitId, record: &ReleaseStatus) {
        let Some(told) = &mut self.told else { return };
        let stage = |record: &ReleaseStatus| crate::sim::outcome::stage(record);
        let before = self.records.get(unit).and_then(|it| stage(it));
        if let Some(stage) = stage(record).filter(|it| Some(it) != before.as_ref()) {
            told.push((unit.clone(), stage));
        }
    }

    /// A person lets a behaviour be tried again.
    pub(super) fn lifted(&mut self, unit: &UnitId, behaviour: &str) {
        if let Some(course) = self.courses.get_mut(unit) {
            course.failed.remove(behaviour);
        }
    }

    /// Git says something else of units: what failed before may come again.
    pub(super) fn moved_on(&mut self, bundles: &std::collections::BTreeMap<UnitId, Bundle>) {
        for (unit, course) in &mut self.courses {
            let now = bundles.get(unit).map(|it| it.behaviour.to_string());
            course.failed.retain(|failed| now.as_ref() == Some(failed));
        }
    }
}
