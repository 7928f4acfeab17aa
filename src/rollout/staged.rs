//! Changes that come in stages, each left only on evidence.
//!
//! The record says at which stage a candidate is. Once the cluster is as that stage says, its gates
//! tell whether the next one begins; what fails stops, stays or goes back, as its spec says.

use jiff::SignedDuration;

use crate::compile::Bundle;
use crate::digest::Digest;
use crate::intent::Ask;
use crate::object::mark;
use crate::release::{Quarantine, ReleaseStatus, Revision, RolloutStatus, Stop};
use crate::resolve::rollout::{Bootstrap, OnFailure, Rollout, Stage};
use crate::spec::measure::Duration;

use super::advance::Verdict as Look;
use super::asks::{self, Asks};
use super::course::Course;
use super::gates;
use super::health::Health;
use super::hours::{self, Shut};
use super::judged;
use super::ledgered;
use super::lost;
use super::pace::{self, Pace, Place};
use super::recorded::revision;
use super::resumed;
use super::stage::{self, Track};
use super::target;
use super::unit::Unit;
use super::verdict::Verdict;
use super::waiting::{By, Wait};
use super::{Desired, Situation, actions, approvals};

/// Whether a unit leaves the stage that it is at.
pub(super) enum Leave {
    /// It was at the last one, or needs none: what is on its way is what runs.
    Done,
    /// It does, or its rollout ends: the record moved on.
    Moved(Box<ReleaseStatus>),
    /// Not yet.
    Stays,
}

/// What Git and people changed since the record was written, before anything is looked at.
pub(super) fn prepared(
    record: &ReleaseStatus,
    situation: &Situation<'_>,
    git: &Bundle,
) -> ReleaseStatus {
    let resumed = resumed::begun(record, situation, git);
    let record = resumed.as_ref().unwrap_or(record);
    let attested = resumed::attested(record, situation);
    let record = attested.as_ref().unwrap_or(record);
    let mut next = record.clone();
    let behaviour = git.behaviour.to_string();
    let wanted = || revision(record, git, situation.commit);
    next.quarantine
        .retain(|failed| failed.revision.behaviour == behaviour);
    let is_lifted = asks::is_lifted(&situation.observed.intents, record, &behaviour);
    if target::is_turned_away(&next, git, situation.kept) && !is_lifted {
        quarantine(
            &mut next,
            wanted(),
            "it came while another was under way",
            situation,
        );
    }
    let intents = &situation.observed.intents;
    for asked in asks::open(intents, record) {
        let of = &asked.spec.behaviour;
        match asked.spec.action {
            Ask::Lift if target::quarantine(&next, of).is_some() => {
                next.quarantine
                    .retain(|failed| failed.revision.behaviour != *of);
            }
            Ask::Rollback if behaviour != *of && promoted(record, of).is_some() => {
                quarantine(&mut next, wanted(), &asks::told(asked), situation);
                next.pinned = promoted(record, of);
            }
            Ask::Restart if is_stable(record, of) => next.restarting = pods(situation),
            _ => continue,
        }
        asks::heed(&mut next, intents, asked);
    }
    if next.quarantine.is_empty() {
        next.pinned = None;
    }
    next
}

fn is_stable(record: &ReleaseStatus, behaviour: &str) -> bool {
    let stable = record.stable.as_ref();
    stable.is_some_and(|stable| stable.behaviour == behaviour)
}

/// The uids of the pods that are there.
fn pods(situation: &Situation<'_>) -> Vec<String> {
    let objects = situation.observed.objects.values();
    let pods = objects.filter(|object| object.kind() == "Pod");
    pods.filter_map(|pod| pod.uid().map(str::to_owned))
        .collect()
}

fn promoted(record: &ReleaseStatus, behaviour: &str) -> Option<Revision> {
    let mut history = record.history.iter().rev().map(|it| &it.revision);
    history.find(|it| it.behaviour == behaviour).cloned()
}

fn quarantine(
    record: &mut ReleaseStatus,
    revision: Revision,
    why: &str,
    situation: &Situation<'_>,
) {
    // Git moved on from what went on in its place so far: that does not come again by itself.
    let is_past = match situation.desired {
        Desired::Bundle(git) => git.behaviour.to_string() != revision.behaviour,
        Desired::Unknown(_) | Desired::Gone => false,
    };
    if !is_past && target::quarantine(record, &revision.behaviour).is_none() {
        record.quarantine.push(Quarantine {
            revision,
            why: why.to_owned(),
            at: situation.now,
        });
    }
}

/// The record once a rollout began that the one given does not know, or once one is over that it
/// still tells of; `None` if it is as it should be.
pub(super) fn begun(
    record: &ReleaseStatus,
    situation: &Situation<'_>,
    course: &Course,
) -> Option<ReleaseStatus> {
    let Some(rollout) = &course.rollout else {
        let is_over = record.rollout.is_some() || record.tracks.candidate.is_some();
        return is_over.then(|| given_up(record));
    };
    let behaviour = course.bundle().behaviour.to_string();
    let is_candidate = record
        .candidate
        .as_ref()
        .is_some_and(|it| it.behaviour == behaviour);
    let is_known = |at: &RolloutStatus| {
        // Nobody gets past a gate by a number that somebody wrote.
        let stage = course.stage.as_ref();
        let is_there = stage.is_some_and(|stage| stage.name == at.name);
        is_candidate && is_there && at.plan == plan(rollout)
    };
    if record.rollout.as_ref().is_some_and(is_known) {
        return None;
    }
    let is_direct = is_direct(record, situation, rollout, course.bundle());
    let last = rollout.stages.len().saturating_sub(1);
    let begun = RolloutStatus {
        plan: plan(rollout),
        stages: rollout
            .stages
            .iter()
            .map(|stage| stage.name.clone())
            .collect(),
        stage: 0,
        name: String::new(),
        started: situation.now,
        since: situation.now,
        settled_at: None,
        progress: None,
        replicas: replicas(record, situation, course.bundle()),
        is_direct,
        gates: Vec::new(),
        stopped: None,
    };
    let mut next = given_up(record);
    if let Some(track) = lost::track(record, situation.observed, course.bundle().behaviour) {
        track.clone_into(&mut next.tracks.stable);
    }
    let stable = Track::named(&next.tracks.stable);
    let track = stage::candidate_track(rollout, &stable, course.bundle());
    let is_beside = track != stable && record.stable.is_some();
    next.candidate = Some(revision(record, course.bundle(), situation.commit));
    next.tracks.candidate = is_beside.then(|| track.as_str().to_owned());
    next.tracks.replicas = Some(begun.replicas);
    // What was asked before says nothing about it.
    next.heeded = asks::all(&situation.observed.intents);
    next.rollout = Some(begun.at(if is_direct { last } else { 0 }, situation.now));
    Some(next)
}

/// The record without a rollout.
fn given_up(record: &ReleaseStatus) -> ReleaseStatus {
    let mut next = record.clone();
    next.rollout = None;
    next.candidate = None;
    next.tracks.candidate = None;
    next
}

/// Whether a revision goes straight to the end: a first one that may, or one that a person goes
/// back to and that was promoted lately enough.
fn is_direct(
    record: &ReleaseStatus,
    situation: &Situation<'_>,
    rollout: &Rollout,
    bundle: &Bundle,
) -> bool {
    if record.stable.is_none() {
        return rollout.bootstrap == Bootstrap::Direct
            || lost::runs_already(record, situation.observed, bundle.behaviour);
    }
    let behaviour = bundle.behaviour.to_string();
    let is_pinned = record
        .pinned
        .as_ref()
        .is_some_and(|it| it.behaviour == behaviour);
    is_pinned && is_within(record, situation, rollout, &behaviour)
}

/// Whether a behaviour was promoted within the rollback window.
fn is_within(
    record: &ReleaseStatus,
    situation: &Situation<'_>,
    rollout: &Rollout,
    behaviour: &str,
) -> bool {
    let Some(window) = &rollout.rollback_window else {
        return false;
    };
    let mut back = record.history.iter().rev().enumerate();
    let found = back.find(|(_, it)| it.revision.behaviour == behaviour);
    found.is_some_and(|(revisions, promotion)| {
        let age = situation.now.duration_since(promotion.at).as_secs();
        let revisions = u32::try_from(revisions).unwrap_or(u32::MAX);
        window.revisions.is_none_or(|most| revisions <= most)
            && window
                .within
                .is_none_or(|within| age <= i64::from(within.seconds()))
    })
}

/// The digest of a rollout's stages: with others, it begins anew.
pub(super) fn plan(rollout: &Rollout) -> String {
    let json = serde_json::to_string(rollout).unwrap_or_default();
    Digest::of(&json).to_string()
}

/// How many pods the stable has, which stays the measure of every stage; for a first revision, as
/// many as it asks for. None at all is no measure: a stage would be in place without a pod.
fn replicas(record: &ReleaseStatus, situation: &Situation<'_>, bundle: &Bundle) -> u32 {
    if let Some(overtaken) = &record.rollout {
        // The pods of the stable are not all of them while another has a share.
        return overtaken.replicas;
    }
    let stable = record.stable.as_ref();
    let bundle = stable
        .and_then(|stable| situation.kept.get(&stable.bundle))
        .unwrap_or(bundle);
    let label = record.tracks.stable_label();
    let mut live = situation.observed.objects.values();
    let live = live.find(|it| stage::is_workload(it) && it.label(mark::TRACK) == Some(label));
    let live = live.filter(|_| stable.is_some());
    stage::pods_of(bundle, live.map(stage::transition::asked))
}

/// Whether the unit leaves its stage. What it waits for is added to the look.
pub(super) fn leave(unit: &Unit<'_>, course: &Course, look: &mut Look, place: &Place) -> Leave {
    let at = unit.record.rollout.as_ref();
    let (Some(rollout), Some(stage), Some(at)) = (&course.rollout, &course.stage, at) else {
        return if place.is_taken() {
            Leave::Done
        } else {
            Leave::Stays
        };
    };
    let behaviour = course.bundle().behaviour.to_string();
    let intents = &unit.situation.observed.intents;
    let asks = Asks::of(intents, unit.record, &behaviour);
    if let Some(asked) = asks.abort {
        let mut next = stopped(unit, rollout, asks::told(asked));
        next.heeded = asks::all(intents);
        return Leave::Moved(Box::new(next));
    }
    if let Some(stop) = &at.stopped
        && let Some(leave) = still_stopped(unit, course, stop, &asks, look)
    {
        return leave;
    }
    if let (Health::Failed(why), None) = (&look.health, &at.stopped) {
        let why = format!("stage `{}`: {why}", stage.name);
        return Leave::Moved(Box::new(stopped(unit, rollout, why)));
    }
    match pace::of(unit, rollout, at, look, place) {
        Pace::Kept(kept) => return with_rollout(unit, *kept),
        Pace::Lost(why) => {
            let why = format!("stage `{}`: {why}", stage.name);
            return Leave::Moved(Box::new(stopped(unit, rollout, why)));
        }
        Pace::Even => {}
    }
    let is_judged = !stage.gates.is_empty() && !at.is_direct;
    if !place.is_taken() && (at.settled_at.is_none() || !is_judged) {
        return Leave::Stays;
    }
    if at.settled_at.is_none() && (is_judged || kept_for(unit, rollout, at).is_some()) {
        let settled = RolloutStatus {
            settled_at: Some(unit.situation.now),
            ..at.clone()
        };
        return with_rollout(unit, settled);
    }
    if !is_judged {
        return match paused(&asks, look) {
            Some(leave) => leave,
            None => next_stage(unit, course, look),
        };
    }
    // What was in place and is no more can still fail, but lets nothing go on.
    judge(unit, course, stage, place, &asks, look)
}

/// Whether a person keeps it where it is.
fn paused(asks: &Asks<'_>, look: &mut Look) -> Option<Leave> {
    let asked = asks.pause?;
    look.waits.push(Wait::for_person(
        format!("a person: {}", asks::told(asked)),
        "`tidegate resume` says so",
        &["resume", "abort"],
    ));
    Some(Leave::Stays)
}

/// What the stage's gates say.
fn judge(
    unit: &Unit<'_>,
    course: &Course,
    stage: &Stage,
    place: &Place,
    asks: &Asks<'_>,
    look: &mut Look,
) -> Leave {
    let (Some(rollout), Some(at)) = (&course.rollout, &unit.record.rollout) else {
        return Leave::Stays;
    };
    let judgement = judged::judge(unit, course, rollout, stage, at, asks);
    if at.gates != judgement.gates {
        let judged = RolloutStatus {
            gates: judgement.gates,
            ..at.clone()
        };
        return with_rollout(unit, judged);
    }
    match judgement.verdict {
        Verdict::Fail | Verdict::Error if at.stopped.is_none() => {
            let why = format!("stage `{}`: {}", stage.name, judgement.why);
            return Leave::Moved(Box::new(stopped(unit, rollout, why)));
        }
        Verdict::Pass if asks.pause.is_none() && place.is_taken() => {
            return next_stage(unit, course, look);
        }
        Verdict::Pass | Verdict::Wait | Verdict::Inconclusive | Verdict::Fail | Verdict::Error => {}
    }
    paused(asks, look);
    look.waits.extend(judgement.waits);
    look.wake_at = gates::earliest(look.wake_at, judgement.wake_at);
    look.wants = judgement.wants;
    look.actions
        .extend(judgement.jobs.iter().map(actions::create));
    Leave::Stays
}

fn with_rollout(unit: &Unit<'_>, rollout: RolloutStatus) -> Leave {
    let mut record = unit.record.clone();
    record.rollout = Some(rollout);
    Leave::Moved(Box::new(record))
}

/// The record of a rollout that failed, or was given up: as its spec says. Where nothing ran before,
/// there is nothing to go back to.
fn stopped(unit: &Unit<'_>, rollout: &Rollout, why: String) -> ReleaseStatus {
    let (record, situation) = (unit.record, unit.situation);
    let then = match rollout.on_failure {
        OnFailure::Rollback if record.stable.is_none() => OnFailure::Hold,
        then => then,
    };
    if then == OnFailure::Rollback {
        let mut next = given_up(record);
        next.withdrawn = approvals::withdrawn(record, situation.observed);
        let failed = revision(record, unit.bundle, situation.commit);
        if next.pinned.as_ref() == Some(&failed) {
            // What a person went back to failed too: what runs stays, and nothing is held against it.
            next.pinned = None;
            next.quarantine.clear();
        } else {
            quarantine(&mut next, failed, &why, situation);
        }
        return next;
    }
    let mut next = record.clone();
    // Who let it go on before did not know of this.
    next.heeded = asks::all(&situation.observed.intents);
    next.withdrawn = approvals::withdrawn(record, situation.observed);
    if let Some(at) = &mut next.rollout {
        at.stopped = Some(Stop {
            then,
            why,
            at: situation.now,
        });
    }
    next
}

/// A rollout that stopped goes on when a person promotes its stage, or, if it only holds, when its
/// gates hold after all.
fn still_stopped(
    unit: &Unit<'_>,
    course: &Course,
    stop: &Stop,
    asks: &Asks<'_>,
    look: &mut Look,
) -> Option<Leave> {
    let at = unit.record.rollout.as_ref()?;
    if asks.promotion(&at.name).is_some() {
        // Who promotes past what failed does not approve it.
        let Some(shut) = judged::unapproved(unit, course) else {
            return Some(next_stage(unit, course, look));
        };
        look.waits.push(shut.wait);
        look.wake_at = gates::earliest(look.wake_at, shut.until);
        return Some(Leave::Stays);
    }
    look.waits.push(Wait::for_person(
        format!("a person: {}", stop.why),
        "`tidegate promote` or `tidegate abort`, or Git moves on",
        &["abort", "promote"],
    ));
    match stop.then {
        OnFailure::Hold => None,
        OnFailure::Halt | OnFailure::Rollback => Some(Leave::Stays),
    }
}

/// The record at the next stage, once the window lets it go on; after the last one, what is on its
/// way is what runs.
fn next_stage(unit: &Unit<'_>, course: &Course, look: &mut Look) -> Leave {
    let stages = course
        .rollout
        .as_ref()
        .map_or(0, |rollout| rollout.stages.len());
    let Some(at) = &unit.record.rollout else {
        return Leave::Done;
    };
    let next = usize::try_from(at.stage)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    if next >= stages {
        return done(unit, course, at, look);
    }
    let clock = unit.situation.clock();
    let closed = ledgered::to_go_on(unit.record, unit.situation.observed).map(Shut::from);
    let window = || judged::council(unit, course).window();
    let traded = &unit.record.touches;
    let shut = closed.or_else(|| hours::to_go_on(unit.bundle, traded, clock, window()));
    if let Some(shut) = shut {
        look.waits.push(shut.wait);
        look.wake_at = gates::earliest(look.wake_at, shut.until);
        return Leave::Stays;
    }
    let mut record = unit.record.clone();
    record.rollout = Some(at.clone().at(next, unit.situation.now));
    Leave::Moved(Box::new(record))
}

/// How long what ran before stays beside what took over, at the last stage of a rollout.
fn kept_for(unit: &Unit<'_>, rollout: &Rollout, at: &RolloutStatus) -> Option<Duration> {
    let last = rollout.stages.len().saturating_sub(1);
    let is_last = usize::try_from(at.stage) == Ok(last);
    let is_beside = unit.record.stable.is_some() && rollout.style.is_beside();
    rollout
        .keep_for
        .filter(|_| is_last && is_beside && !at.is_direct)
}

/// What is on its way is what runs, once what ran before was kept for as long as was asked.
fn done(unit: &Unit<'_>, course: &Course, at: &RolloutStatus, look: &mut Look) -> Leave {
    let keep = course.rollout.as_ref();
    let keep = keep.and_then(|rollout| kept_for(unit, rollout, at));
    let (Some(keep), Some(since)) = (keep, at.settled_at) else {
        return Leave::Done;
    };
    let until = since
        .saturating_add(SignedDuration::from_secs(i64::from(keep.seconds())))
        .unwrap_or(since);
    if until <= unit.situation.now {
        return Leave::Done;
    }
    look.waits.push(Wait::new(
        By::Itself,
        format!("{until}: what ran before is kept until then, and could take over again"),
        "it is that late; `tidegate abort` goes back at once",
    ));
    look.wake_at = gates::earliest(look.wake_at, Some(until));
    Leave::Stays
}
