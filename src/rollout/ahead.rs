//! A rollout on a clock that jumps from one reason to look to the next.
//!
//! It is the rollout's own steps on its own record: the course, the stages, the gates, the windows
//! are those that the daemon goes by. Made up is only what the daemon would see: a cluster that is
//! in place at once, and, for what is measured, what a [`Witness`] says.

mod leg;
mod stand_in;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::advance::Verdict as Look;
use super::consent::Permission;
use super::course::{Course, Looks};
use super::gates::{Measurement, Outcome, Peer, Wanted};
use super::pace::Place;
use super::recorded::promoted;
use super::staged::{self, Leave};
use super::unit::Unit;
use super::verdict::Verdict;
use super::{Desired, Kept, Observed, Situation, approvals, judged, overrides, peers, target};
use crate::calendar::Tables;
use crate::compile::Bundle;
use crate::intent::{Ask, Asked, IntentSpec};
use crate::object::{Object, ObjectId};
use crate::plan::Verb;
use crate::release::{ReleaseStatus, RolloutStatus, WaitingOn};
use crate::resolve::Freeze;
use crate::resolve::rollout::{OnFailure, Stage};
use crate::spec::gate::{Gate, GateKind};
use crate::spec::names::StrategyName;

pub use leg::{Ending, Hold, Journey, Leg, Passage};

/// Where a journey begins.
#[derive(Debug, Clone, Copy)]
pub struct Outset<'a> {
    /// What Git says.
    pub git: &'a Bundle,
    /// The record.
    pub record: &'a ReleaseStatus,
    /// The bundles that the record names, besides the one that Git says.
    pub kept: &'a Kept,
    /// When venues trade.
    pub calendars: &'a Tables,
    /// Times in which no rollout begins or goes on.
    pub freezes: &'a [Freeze],
    /// When it is first looked at.
    pub from: Timestamp,
    /// Further than this nobody looks.
    pub until: Timestamp,
}

/// Whoever says what would be measured.
pub trait Witness {
    /// What comes of a measurement.
    fn says(&mut self, question: &Question<'_>) -> Outcome;
}

/// A measurement that a gate wants.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The gate.
    pub gate: &'a Gate,
    /// What it wants.
    pub wanted: &'a Wanted,
    /// When its stage was in place.
    pub since: Timestamp,
    /// When it is measured.
    pub at: Timestamp,
}

/// More looks than any rollout takes; who wants more than that is told that it waits.
const LOOKS: usize = 100_000;

/// The most moves of one look: more than any rollout has stages.
const MOVES: usize = 200;

/// Goes on until the rollout ends, or there is nothing more to wait for. People promote a stage as
/// soon as they are asked to, other strategies are through, and Jobs and servers say yes at once.
pub fn ahead(outset: &Outset<'_>, witness: &mut dyn Witness) -> Journey {
    let mut traveller = Traveller::new(*outset);
    for _ in 0..LOOKS {
        let look = traveller.look();
        if let Some(ending) = traveller.ending() {
            return traveller.arrived(ending);
        }
        if traveller.promote() || traveller.run_jobs(&look) {
            continue;
        }
        let waits = traveller.waits(&look);
        let Some(next) = traveller.next(&look) else {
            return traveller.arrived(Ending::Waits(waits));
        };
        if next > outset.until {
            return traveller.arrived(Ending::Beyond(waits));
        }
        traveller.go_to(next, &look, witness);
    }
    let look = traveller.look();
    let waits = traveller.waits(&look);
    traveller.arrived(Ending::Beyond(waits))
}

struct Traveller<'a> {
    outset: Outset<'a>,
    now: Timestamp,
    record: ReleaseStatus,
    /// What the cluster was like before the course that is looked at.
    cluster: BTreeMap<ObjectId, Object>,
    jobs: BTreeMap<ObjectId, Object>,
    intents: Vec<Asked>,
    measurements: BTreeMap<String, Measurement>,
    before: Vec<Object>,
    after: Vec<Object>,
    holds: Vec<Hold>,
    legs: Vec<Leg>,
}

/// What one look at the unit comes to.
enum Seen {
    Moved(Box<ReleaseStatus>),
    Rests(Box<Look>),
}

impl<'a> Traveller<'a> {
    fn new(outset: Outset<'a>) -> Self {
        let mut traveller = Self {
            now: outset.from,
            record: outset.record.clone(),
            outset,
            cluster: BTreeMap::new(),
            jobs: BTreeMap::new(),
            intents: Vec::new(),
            measurements: BTreeMap::new(),
            before: Vec::new(),
            after: Vec::new(),
            holds: Vec::new(),
            legs: Vec::new(),
        };
        traveller.set_out();
        traveller
    }

    /// The cluster as what runs says.
    fn set_out(&mut self) {
        let (kept, git) = (self.outset.kept, self.outset.git);
        let stable = self.record.stable.as_ref();
        let is_git = |digest: &String| *digest == git.bundle.to_string();
        let stable = stable.and_then(|stable| {
            let kept = kept.get(&stable.bundle);
            kept.or(is_git(&stable.bundle).then_some(git))
        });
        let Some(stable) = stable else {
            return;
        };
        let observed = Observed::default();
        let clock = self.situation(&observed).clock();
        if let Ok(course) = Course::of(&self.record, stable, kept, &observed, clock) {
            let (before, cluster) = (shown(&course), stand_in::cluster(&course));
            (self.before, self.cluster) = (before, cluster);
        }
    }

    fn situation<'s>(&'s self, observed: &'s Observed) -> Situation<'s> {
        Situation {
            desired: Desired::Bundle(self.outset.git),
            commit: None,
            observed,
            kept: self.outset.kept,
            calendars: self.outset.calendars,
            freezes: self.outset.freezes,
            consents: &[],
            permission: &Permission::Granted,
            now: self.now,
        }
    }

    /// Moves on as far as there is no time needed for it.
    fn look(&mut self) -> Look {
        let observed = self.observed(self.cluster.clone());
        let situation = self.situation(&observed);
        self.record = staged::prepared(&self.record, &situation, self.outset.git);
        for _ in 0..MOVES {
            match self.see() {
                Seen::Moved(record) => self.record = *record,
                Seen::Rests(look) => return *look,
            }
        }
        Look::default()
    }

    /// The daemon's look, but that the cluster is as it is to be at once.
    fn see(&mut self) -> Seen {
        let observed = self.observed(self.cluster.clone());
        let situation = self.situation(&observed);
        let (git, kept) = (self.outset.git, self.outset.kept);
        let course = Course::of(&self.record, git, kept, &observed, situation.clock());
        let course = match course {
            Ok(course) => course,
            Err(shut) => {
                return Seen::Rests(Box::new(Look {
                    waits: vec![shut.wait],
                    wake_at: shut.until,
                    ..Look::default()
                }));
            }
        };
        if let Some(begun) = staged::begun(&self.record, &situation, &course) {
            return Seen::Moved(Box::new(begun));
        }
        let cluster = stand_in::cluster(&course);
        let observed = self.observed(cluster.clone());
        let seen = self.leave(&course, &observed);
        self.note(&course);
        self.cluster = cluster;
        seen
    }

    fn leave(&self, course: &Course, observed: &Observed) -> Seen {
        let situation = self.situation(observed);
        let unit = Unit::new(course.bundle(), &self.record, &situation);
        let mut look = Look::default();
        if let Some(shut) = &course.shut {
            look.waits.push(shut.wait.clone());
            look.wake_at = shut.until;
        }
        match staged::leave(&unit, course, &mut look, &Place::Taken) {
            Leave::Moved(record) => Seen::Moved(record),
            Leave::Stays => Seen::Rests(Box::new(look)),
            Leave::Done => {
                let promoted = promoted(&self.record, course.bundle(), &situation);
                if promoted == self.record {
                    return Seen::Rests(Box::new(look));
                }
                Seen::Moved(Box::new(promoted))
            }
        }
    }

    fn observed(&self, mut objects: BTreeMap<ObjectId, Object>) -> Observed {
        objects.extend(self.jobs.clone());
        let kept = self.outset.kept;
        let bundles = kept.values().chain([self.outset.git]);
        let through = |name: &StrategyName| (StrategyName::clone(name), Peer::Through);
        Observed {
            objects,
            intents: self.intents.clone(),
            measurements: self.measurements.clone(),
            approvals: approvals::assumed(&self.record, self.outset.git, kept, self.now),
            peers: bundles.flat_map(peers).map(through).collect(),
            ..Observed::default()
        }
    }

    /// Writes down the stage that the record is at.
    fn note(&mut self, course: &Course) {
        if course.shut.is_some() {
            return;
        }
        if self.is_promoted() {
            self.after = shown(course);
            return;
        }
        let at = self.record.rollout.as_ref();
        let stage = at.and(course.stage.as_ref());
        let is_direct = at.is_some_and(|at| at.is_direct);
        let gates = at.map(|at| passages(at, course)).unwrap_or_default();
        let name = |stage: Option<&Stage>| stage.map(|it| it.name.clone());
        let last = self.legs.last_mut();
        if let Some(leg) = last.filter(|leg| name(leg.stage.as_ref()) == name(stage)) {
            leg.gates = gates;
            return;
        }
        let leg = Leg {
            stage: stage.cloned(),
            is_direct,
            objects: shown(course),
            entered: self.now,
            left: None,
            gates,
            holds: Vec::new(),
        };
        self.left();
        self.legs.push(leg);
    }

    fn left(&mut self) {
        let now = self.now;
        if let Some(leg) = self.legs.last_mut() {
            leg.left.get_or_insert(now);
            close(&mut leg.holds, now);
        } else {
            close(&mut self.holds, now);
        }
    }

    fn is_promoted(&self) -> bool {
        let git = self.outset.git.bundle.to_string();
        let stable = self.record.stable.as_ref();
        self.record.rollout.is_none() && stable.is_some_and(|it| it.bundle == git)
    }

    fn ending(&self) -> Option<Ending> {
        if self.is_promoted() {
            return Some(Ending::Promoted(self.now));
        }
        let behaviour = self.outset.git.behaviour.to_string();
        let is_new = target::quarantine(self.outset.record, &behaviour).is_none();
        if let Some(failed) = target::quarantine(&self.record, &behaviour).filter(|_| is_new) {
            return Some(Ending::Stopped {
                at: failed.at,
                why: failed.why.clone(),
                then: OnFailure::Rollback,
            });
        }
        let stop = self.record.rollout.as_ref()?.stopped.as_ref()?;
        Some(Ending::Stopped {
            at: stop.at,
            why: stop.why.clone(),
            then: stop.then,
        })
    }

    fn arrived(mut self, ending: Ending) -> Journey {
        if matches!(ending, Ending::Promoted(_)) {
            self.left();
        }
        let Outset {
            git, record, kept, ..
        } = self.outset;
        Journey {
            approvals: approvals::before_it_begins(record, git, kept),
            overridden: overrides::standing(record),
            from: self.outset.from,
            before: self.before,
            after: self.after,
            holds: self.holds,
            legs: self.legs,
            ending,
        }
    }

    /// What is waited for that is nobody's gate: a window of the rollout, a freeze.
    fn waits(&mut self, look: &Look) -> Vec<WaitingOn> {
        let at = self.record.rollout.as_ref();
        let has_passed = at.is_none_or(|at| at.gates.iter().all(|it| is_passed(it.state.verdict)));
        let waits = look.waits.iter().cloned();
        let waits: Vec<_> = waits.map(|wait| wait.recorded(&[], self.now)).collect();
        if !has_passed {
            return waits;
        }
        let holds = match self.legs.last_mut().filter(|leg| leg.left.is_none()) {
            Some(leg) => &mut leg.holds,
            None => &mut self.holds,
        };
        for wait in &waits {
            if holds.iter().all(|hold| hold.what != wait.what) {
                holds.push(Hold {
                    what: wait.what.clone(),
                    unblocks_when: wait.unblocks_when.clone(),
                    since: self.now,
                    until: None,
                });
            }
        }
        waits
    }
}

impl Traveller<'_> {
    /// Lets the stage go where it waits for a person, once.
    fn promote(&mut self) -> bool {
        let Some(at) = &self.record.rollout else {
            return false;
        };
        let gates = self.legs.last().map_or(&[][..], |leg| &leg.gates);
        let is_asked = gates
            .iter()
            .any(|it| it.gate.kind == GateKind::Pause && !is_passed(it.verdict));
        let stage = at.name.clone();
        let has_said = |asked: &Asked| asked.spec.stage.as_ref() == Some(&stage);
        if !is_asked || at.settled_at.is_none() || self.intents.iter().any(has_said) {
            return false;
        }
        self.intents.push(Asked {
            uid: format!("ahead-{}", self.intents.len()),
            at: self.now,
            spec: IntentSpec {
                release: self.outset.git.unit.release_name(),
                action: Ask::Promote,
                behaviour: self.outset.git.behaviour.to_string(),
                stage: Some(stage),
                reason: None,
                by: "a person".to_owned(),
            },
        });
        true
    }

    /// Lets the Jobs of gates succeed.
    fn run_jobs(&mut self, look: &Look) -> bool {
        let before = self.jobs.len();
        for action in &look.actions {
            if let Verb::Create(job) = &action.verb {
                self.jobs.insert(job.id(), stand_in::succeeded(job));
            }
        }
        self.jobs.len() > before
    }

    /// When there is something to look at next.
    fn next(&self, look: &Look) -> Option<Timestamp> {
        let wanted = look.wants.values().map(|wanted| self.due(wanted));
        let next = wanted.chain(look.wake_at).min()?;
        Some(next.max(second_after(self.now)))
    }

    /// When a measurement is taken: one that is as old as its stage would not count.
    fn due(&self, wanted: &Wanted) -> Timestamp {
        let settled = self.record.rollout.as_ref().and_then(|at| at.settled_at);
        match settled {
            Some(settled) if wanted.due <= settled => second_after(settled),
            _ => wanted.due,
        }
    }

    /// Jumps to an instant, and measures what is due then.
    fn go_to(&mut self, next: Timestamp, look: &Look, witness: &mut dyn Witness) {
        self.now = next;
        let Some(since) = self.record.rollout.as_ref().and_then(|at| at.settled_at) else {
            return;
        };
        let gates = self.legs.last().map_or(&[][..], |leg| &leg.gates);
        for (key, wanted) in &look.wants {
            let gate = judged::gate_of(key).and_then(|index| gates.get(index));
            let Some(gate) = gate.filter(|_| self.due(wanted) <= next) else {
                continue;
            };
            let outcome = witness.says(&Question {
                gate: &gate.gate,
                wanted,
                since,
                at: next,
            });
            self.measurements
                .insert(key.clone(), Measurement { at: next, outcome });
        }
    }
}

/// The gates of the stage that a record is at, as they were judged last.
fn passages(at: &RolloutStatus, course: &Course) -> Vec<Passage> {
    let gates = course.stage.iter().flat_map(|stage| &stage.gates);
    let passage = |(index, gate): (usize, &Gate)| {
        let state = at.gates.get(index).map(|it| it.state.clone());
        let state = state.unwrap_or_default();
        Passage {
            gate: gate.clone(),
            verdict: state.verdict,
            since: state.since,
            said: state.last,
        }
    };
    gates.enumerate().map(passage).collect()
}

/// The objects of a course, as they are once it is in place.
fn shown(course: &Course) -> Vec<Object> {
    match &course.look {
        Looks::Plain(bundle) => bundle.objects.clone(),
        Looks::Staged(set) => set.shown(),
    }
}

fn second_after(at: Timestamp) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(1)).unwrap_or(at)
}

fn is_passed(verdict: Verdict) -> bool {
    verdict == Verdict::Pass
}

fn close(holds: &mut [Hold], now: Timestamp) {
    for hold in holds {
        hold.until.get_or_insert(now);
    }
}
