//! The only thing that advances a unit: `step(record, observation, now)`.
//!
//! Stepping again on the same observation gives the same record and the same actions, so a crash
//! anywhere is safe: whoever comes next observes and steps.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod actions;
mod advance;
pub mod ahead;
pub mod approvals;
mod asks;
mod conditions;
pub mod consent;
mod course;
mod desk;
mod fate;
pub mod gates;
mod halted;
pub mod health;
pub mod holdings;
mod hours;
pub mod inventory;
mod job;
mod judged;
mod ledgered;
mod lost;
mod newer;
mod news;
mod notices;
pub mod overrides;
mod pace;
mod peer;
mod precondition;
mod prune;
pub mod ratio;
mod recorded;
mod recreate;
pub mod references;
mod remembered;
pub mod rename;
mod resumed;
mod retire;
mod service;
mod session;
mod singleton;
pub mod stage;
mod staged;
pub mod statistics;
mod target;
mod tree;
mod unit;
mod unknown;
pub mod verdict;
mod waiting;
pub mod words;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::calendar::Tables;
use crate::compile::Bundle;
use crate::digest::Digest;
use crate::halt::Halts;
use crate::intent::Asked;
use crate::object::{Object, ObjectId};
use crate::plan::{Action, Failure};
use crate::release::ReleaseStatus;
use crate::resolve::{Consent, Freeze};
use crate::spec::names::StrategyName;

use consent::{Permission, Wanted};
use course::Course;

pub use course::at_rest;
pub use fate::{Fate, fate};
pub use hours::Clock;
pub use ledgered::{Ledgered, Place};
pub use news::{News, news};
pub use peer::{peer, peers};
pub use remembered::Remembered;
pub use retire::is_over;
pub use target::Kept;
pub use tree::tree;
pub use unit::Own;

/// What Git says about a unit.
#[derive(Debug, Clone, Copy)]
pub enum Desired<'a> {
    /// It should be this.
    Bundle(&'a Bundle),
    /// That is not known: leave it as it is, prune nothing.
    Unknown(Doubt),
    /// It is no longer there, and everything was readable.
    Gone,
}

/// Why it is not known what Git says about a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Its own files have errors.
    Errors,
    /// It is not in what could be read of the fleet, and not all of it could be.
    Unreadable,
    /// It went away as the branch was rewritten, which may have lost files.
    Rewritten,
}

/// What was seen of a unit. Complete: what is not here did not exist when the caches were filled.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The objects that carry its owner label: those it made, and their pods, replica sets, Jobs and
    /// controller revisions.
    pub objects: BTreeMap<ObjectId, Object>,
    /// Objects that have a name it needs and that were read one by one because a create met them.
    /// Those that turn out to be its own count as `objects`.
    pub foreign: BTreeMap<ObjectId, Object>,
    /// Who takes a place of a holding it needs, or may start to: holding → an object that
    /// [`holdings::takes`] it, or the Release of a unit that [`holdings::may_take`] it.
    pub held_by_others: BTreeMap<String, ObjectId>,
    /// Whether the strategies it comes after are healthy, or why not.
    pub after: BTreeMap<StrategyName, Result<(), String>>,
    /// Why its desk's namespace is not there and active, if it is not. Always `None` for a desk.
    pub namespace: Option<String>,
    /// The claims of the strategy it was renamed from, by that strategy's owner label.
    pub old_claims: Vec<Object>,
    /// What the strategy it was renamed from still runs: its pods, and its workload while that is
    /// scaled up.
    pub old_pods: Vec<ObjectId>,
    /// What the strategies run that need this one as long as they do.
    pub dependents: Vec<Dependent>,
    /// Whether the gateways that it needs as long as it runs are as Git says and healthy, or why not.
    pub gateways: BTreeMap<StrategyName, Result<(), String>>,
    /// Whether one of them waits for its pods to be gone.
    pub is_waited_for: bool,
    /// Claims that outlived a retired strategy, which took a holding that this one needs.
    pub leftovers: Vec<Leftover>,
    /// For a desk that is no longer wanted: the strategies that still have objects in its namespace,
    /// kept claims included: those would go with it.
    pub residents: BTreeSet<StrategyName>,
    /// Why pods or workloads may be there that were not seen, if so.
    pub blind: Option<String>,
    /// Why it can have no route, if so: the cluster does not know routes.
    pub routeless: Option<String>,
    /// How the last attempt at this unit's actions ended, if it failed.
    pub failed: Option<Attempt>,
    /// What people ask of it, in the order in which they did.
    pub intents: Vec<Asked>,
    /// What people approved of it.
    pub approvals: approvals::Approvals,
    /// What people override of it.
    pub overrides: overrides::Overrides,
    /// The latest measurements for its gates, by the key that asked for them.
    pub measurements: BTreeMap<String, gates::Measurement>,
    /// How far the rollouts are that its gates wait for.
    pub peers: BTreeMap<StrategyName, gates::Peer>,
    /// How the fleet's ledger stands; `None` when it keeps none.
    pub ledger: Option<Ledgered>,
    /// The Halts that concern it.
    pub halts: Halts,
    /// What was worked out from that already: whoever looks at much the same again may keep it.
    pub remembered: Remembered,
}

/// A claim of a strategy that is no longer in Git.
#[derive(Debug, Clone, PartialEq)]
pub struct Leftover {
    /// The strategy.
    pub strategy: StrategyName,
    /// The holding it took.
    pub holding: String,
    /// The claim.
    pub claim: Object,
}

/// What a strategy runs that needs another as long as it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    /// The strategy.
    pub strategy: StrategyName,
    /// A pod of it, or what would make one.
    pub runs: ObjectId,
}

/// A failed attempt at a unit's actions. It stands until another attempt ends, or the bundle is
/// another: having nothing to do does not end it. Known to one process only: a new one simply tries
/// again.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The bundle it was about; `None` when it retired the unit.
    pub bundle: Option<Digest>,
    /// What failed.
    pub failures: Vec<Failure>,
    /// How many attempts in a row failed, this one included.
    pub count: u32,
    /// When it ended.
    pub at: Timestamp,
}

/// Everything a step depends on.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What Git says.
    pub desired: Desired<'a>,
    /// The commit Git said it in.
    pub commit: Option<&'a str>,
    /// What was seen.
    pub observed: &'a Observed,
    /// The bundles that its record names, besides the one that Git says.
    pub kept: &'a Kept,
    /// When venues trade.
    pub calendars: &'a Tables,
    /// Times in which no rollout begins or goes on.
    pub freezes: &'a [Freeze],
    /// What may be deleted, object by object.
    pub consents: &'a [Consent],
    /// Whether what the fleet no longer wants may be deleted, judged over the whole fleet.
    pub permission: &'a Permission,
    /// The time.
    pub now: Timestamp,
}

impl<'a> Situation<'a> {
    fn clock(&self) -> Clock<'a> {
        Clock {
            calendars: self.calendars,
            freezes: self.freezes,
            now: self.now,
        }
    }
}

/// What comes of a step. The record is written, and compared while it is, before any action.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The record to be.
    pub record: ReleaseStatus,
    /// What to do, in waves.
    pub actions: Vec<Action>,
    /// When to step again even if nothing is seen to change.
    pub wake_at: Option<Timestamp>,
    /// What gates need to have measured, by the key under which the next step looks for it.
    pub wants: BTreeMap<String, gates::Wanted>,
}

/// Advances a unit: the record to be, and what to do once it is written.
pub fn step(record: &ReleaseStatus, situation: &Situation<'_>) -> Step {
    if record.version > ReleaseStatus::VERSION {
        return newer::step(record);
    }
    let heard = overrides::heard(record, situation);
    let halts = &situation.observed.halts;
    let standing = halts.standing(&record.halts, situation.now);
    let mut step = match &halts.blind {
        _ if !standing.is_empty() => halted::step(record, situation, standing),
        Some(why) => halted::blind(record, situation, why),
        None => free(&halted::lifted(record, situation), situation),
    };
    step.record.touches = halted::touches(record, situation, &step.record);
    overrides::told(record, &mut step.record, &heard, situation);
    step.wake_at = overrides::wake_at(&step, situation.now);
    ledgered::forget_told(&mut step.record, situation);
    step.record.version = ReleaseStatus::VERSION;
    step.record.conditions = conditions::of(&step.record, &record.conditions, situation.now);
    step.record.notices = notices::next(record, &step.record, situation.now);
    step
}

/// Advances a unit for which no Halt stands.
fn free(record: &ReleaseStatus, situation: &Situation<'_>) -> Step {
    match situation.desired {
        Desired::Bundle(bundle) => advance::step(record, situation, bundle),
        Desired::Unknown(doubt) => unknown::step(record, situation, doubt),
        Desired::Gone => {
            let step = retire::step(record, situation);
            let mut told = ledgered::told(record, step.record, situation, None);
            if let Some(wait) = ledgered::to_close(&told, situation.observed) {
                let wait = wait.recorded(&record.waiting_on, situation.now);
                told.waiting_on.push(wait);
            }
            Step {
                record: told,
                ..step
            }
        }
    }
}

/// Whether a Job ran to its end, as the record says: then it is never made again.
pub fn has_run(record: &ReleaseStatus, desired: &Object) -> bool {
    job::ended(desired, &record.runs).is_some()
}

/// What a unit would delete, for [`consent::judge`] to judge over the whole fleet.
pub fn wanted(
    record: &ReleaseStatus,
    desired: Desired<'_>,
    kept: &Kept,
    observed: &Observed,
    clock: Clock<'_>,
) -> Wanted {
    match desired {
        Desired::Bundle(bundle) => Course::of(record, bundle, kept, observed, clock)
            .map(|course| prune::wanted(record, Some(course.bundle()), observed))
            .unwrap_or_default(),
        Desired::Unknown(_) => Wanted::default(),
        Desired::Gone => prune::wanted(record, None, observed),
    }
}
