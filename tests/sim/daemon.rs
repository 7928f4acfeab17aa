//! What the daemon does with a unit's step: records it, carries it out, and may die anywhere.
//!
//! What it sees, decides and writes goes through the product's own `rollout` and `plan`; only the
//! shell around them, which is asynchronous in the product, is told again here.

mod act;
mod observe;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use tidegate::compile::{Owner, UnitId};
use tidegate::object::{Object, ObjectId};
use tidegate::plan::machine::Request;
use tidegate::plan::{Surroundings, lint};
use tidegate::release::{InventoryEntry, Phase, ReleaseStatus};
use tidegate::resolve::{Class, Consent};
use tidegate::rollout::consent::{self, Permission, Question, Suspension, Wanted};
use tidegate::rollout::gates::{Measurement, Query};
use tidegate::rollout::{
    Attempt, Clock, Desired, Doubt, Kept, News, Observed, Situation, Step, holdings, is_over, news,
    step, wanted,
};

use crate::sim::dice::Dice;
use crate::sim::fleet::{Compiled, Site};
use crate::sim::invariant::Invariant;
use crate::sim::script::Fault;
use crate::sim::world::World;

use view::Stream;

/// How long a unit is on its way before its record says why.
const TELL_AFTER: SignedDuration = SignedDuration::from_secs(5);

/// How long a unit is let be after others' changes forestalled it.
const PAUSE: SignedDuration = SignedDuration::from_secs(2);

/// How long an object in the way is believed to be there.
const FOREIGN_FOR: SignedDuration = SignedDuration::from_secs(30);

/// One in so many steps that change nothing is made again.
const ALIKE: u32 = 16;

/// That the daemon died in the middle of something.
#[derive(Debug)]
struct Killed;

/// What a unit was seen to rest on, and until when: stepping again on the same gives the same, which
/// every step is held against.
#[derive(Debug, Clone)]
struct Rest {
    git: Arc<Compiled>,
    record: Option<Arc<ReleaseStatus>>,
    observed: Arc<Observed>,
    permission: Permission,
    until: Option<Timestamp>,
}

/// What a process knows, and forgets when it dies.
#[derive(Debug, Clone, Default)]
struct Memory {
    /// What it saw of each unit, by owner label.
    views: BTreeMap<String, Arc<Observed>>,
    /// Uids of objects that it deleted and that a watch may still tell of.
    gone: BTreeSet<String>,
    foreign: BTreeMap<UnitId, (Timestamp, BTreeMap<ObjectId, Object>)>,
    failed: BTreeMap<UnitId, Attempt>,
    contested: BTreeMap<UnitId, u32>,
    untold: BTreeMap<UnitId, Timestamp>,
    /// The latest measurements, by unit and gate.
    measured: BTreeMap<UnitId, BTreeMap<String, Measurement>>,
    /// What is to be measured.
    asked: BTreeMap<(UnitId, String), Query>,
    wanted: BTreeMap<UnitId, Wanted>,
    /// Units to look at.
    awake: BTreeSet<UnitId>,
    /// When to look at units again.
    wake_at: BTreeMap<UnitId, Timestamp>,
    /// Units that may depend on others.
    restless: BTreeSet<UnitId>,
    rests: BTreeMap<UnitId, Rest>,
}

/// The daemon.
#[derive(Debug, Clone)]
pub(crate) struct Daemon {
    git: Arc<Compiled>,
    is_rewritten: bool,
    consents: Vec<Consent>,
    commit: String,
    /// Every bundle that there ever was, as they are stored before any record names them.
    pub(crate) kept: Arc<Kept>,
    /// Who takes, or took, each holding, as known when the commit came.
    holders: BTreeMap<String, BTreeSet<UnitId>>,
    /// The owner labels of all units that ever were.
    owners: BTreeMap<UnitId, String>,
    memory: Memory,
    streams: [Stream; 2],
    /// What is going to strike, and how many writes later.
    armed: Vec<(Fault, u8)>,
    /// What a daemon that no longer leads is still to send, and so many turns later.
    late: Vec<(usize, UnitId, Request)>,
    /// What struck since that was asked last.
    pub(crate) struck: Vec<Fault>,
    /// How many steps it took.
    steps: u32,
}

impl Daemon {
    pub(crate) fn new(git: Arc<Compiled>) -> Self {
        Self {
            git,
            is_rewritten: false,
            consents: Vec::new(),
            commit: "c0".to_owned(),
            kept: Arc::default(),
            holders: BTreeMap::new(),
            owners: BTreeMap::new(),
            memory: Memory::default(),
            streams: [Stream::default(), Stream::default()],
            armed: Vec::new(),
            late: Vec::new(),
            struck: Vec::new(),
            steps: 0,
        }
    }

    /// Git has something else. The records say what there was before.
    pub(crate) fn push(&mut self, world: &World, commit: String, consents: Vec<Consent>) {
        self.git = world.git.clone();
        self.is_rewritten = world.is_rewritten;
        self.commit = commit;
        self.consents = consents;
        self.heed(world);
    }

    /// The consents that Git has.
    pub(crate) fn consents(&self) -> &[Consent] {
        &self.consents
    }

    /// Weighs the deletions of the whole fleet before anything is worked towards.
    fn heed(&mut self, world: &World) {
        let units = self.units(world);
        self.memory.wanted.clear();
        self.memory.rests.clear();
        for unit in &units {
            self.owner(unit);
            if self.may_delete(unit, world) {
                let record = world.records.get(unit).cloned().unwrap_or_default();
                let observed = self.observed(unit, world);
                let clock = self.clock(world.now);
                let wanted = wanted(&record, self.desired(unit), &self.kept, &observed, clock);
                self.weigh(unit, wanted);
            }
        }
        self.know_holders(world);
        self.memory.awake.extend(units);
    }

    /// What Git wants, what there are records of, and what there is.
    fn know_holders(&mut self, world: &World) {
        let mut holders: BTreeMap<String, BTreeSet<UnitId>> = BTreeMap::new();
        let mut hold = |unit: &UnitId, holdings: &[String]| {
            for holding in holdings {
                let of = holders.entry(holding.clone()).or_default();
                of.insert(unit.clone());
            }
        };
        for (unit, bundle) in &self.git.bundles {
            hold(unit, &bundle.holdings);
        }
        for (unit, record) in &world.records {
            hold(unit, &record.holdings);
            hold(unit, &record.held);
        }
        for (unit, owner) in &self.owners {
            let view = self.memory.views.get(owner).into_iter();
            for object in view.flat_map(|view| view.objects.values()) {
                if matches!(object.kind(), "Pod" | "StatefulSet") {
                    hold(unit, &holdings::said(object).unwrap_or_default());
                }
            }
        }
        self.holders = holders;
    }

    fn weigh(&mut self, unit: &UnitId, wanted: Wanted) {
        if wanted == Wanted::default() {
            self.memory.wanted.remove(unit);
        } else {
            self.memory.wanted.insert(unit.clone(), wanted);
        }
    }

    /// Something is going to fail, so many writes later.
    pub(crate) fn arm(&mut self, fault: Fault, later: u8) {
        self.armed.push((fault, later));
    }

    /// What was going to fail does not.
    pub(crate) fn disarm(&mut self) {
        self.armed.clear();
        self.late.clear();
    }

    /// Another process begins where the last one died: it lists everything, and knows nothing else.
    pub(crate) fn restart(&mut self, world: &mut World) {
        world.tell(|| "the daemon dies, and another one starts".to_owned());
        self.memory = Memory::default();
        self.streams = [Stream::default(), Stream::default()];
        self.list_all(world);
        self.heed(world);
    }

    /// Every unit that Git or a record knows.
    pub(crate) fn units(&self, world: &World) -> BTreeSet<UnitId> {
        let known = self.git.bundles.keys().chain(world.records.keys());
        known.cloned().collect()
    }

    fn owner(&mut self, unit: &UnitId) -> String {
        let label = self
            .owners
            .entry(unit.clone())
            .or_insert_with(|| owner(unit, &self.git.site));
        label.clone()
    }

    fn desired(&self, unit: &UnitId) -> Desired<'_> {
        match self.git.bundles.get(unit) {
            Some(bundle) => Desired::Bundle(bundle),
            None if self.git.broken.contains(unit) => Desired::Unknown(Doubt::Errors),
            None if self.git.unreadable => Desired::Unknown(Doubt::Unreadable),
            None if self.is_rewritten => Desired::Unknown(Doubt::Rewritten),
            None => Desired::Gone,
        }
    }

    /// Nothing is unwanted where the inventory holds nothing that the bundle does not.
    fn may_delete(&self, unit: &UnitId, world: &World) -> bool {
        // What is left of a unit whose record is gone is weighed like the rest.
        let Some(bundle) = self.git.bundles.get(unit) else {
            return true;
        };
        let Some(record) = world.records.get(unit) else {
            return false;
        };
        let is_wanted = |entry: &InventoryEntry| {
            let mut wanted = bundle.objects.iter();
            wanted.any(|it| entry.is(it.identity()))
        };
        !record.inventory.iter().all(is_wanted)
    }

    fn clock(&self, now: Timestamp) -> Clock<'_> {
        Clock {
            calendars: &self.git.calendars,
            freezes: &self.git.freezes,
            now,
        }
    }

    fn permission(&self, now: Timestamp) -> Permission {
        if self.git.unreadable {
            return Permission::Suspended(Suspension::Unreadable);
        }
        if self.is_rewritten {
            return Permission::Suspended(Suspension::Rewritten);
        }
        if self.memory.wanted.is_empty() {
            return Permission::Granted;
        }
        consent::judge(&Question {
            wanted: &self.memory.wanted,
            remaining: self.git.remaining,
            cap: self.git.cap,
            consents: &self.consents,
            now,
        })
    }

    /// What a unit's step is, and that stepping again changes nothing.
    fn plan(
        &mut self,
        unit: &UnitId,
        record: &ReleaseStatus,
        observed: &Observed,
        world: &mut World,
    ) -> Step {
        if self.may_delete(unit, world) || self.memory.wanted.contains_key(unit) {
            let clock = self.clock(world.now);
            let wanted = wanted(record, self.desired(unit), &self.kept, observed, clock);
            self.weigh(unit, wanted);
        }
        self.steps = self.steps.wrapping_add(1);
        let permission = self.permission(world.now);
        let situation = Situation {
            desired: self.desired(unit),
            commit: Some(&self.commit),
            observed,
            kept: &self.kept,
            calendars: &self.git.calendars,
            freezes: &self.git.freezes,
            consents: &self.consents,
            permission: &permission,
            now: world.now,
        };
        let first = step(record, &situation);
        let again = self
            .again(record, &first)
            .then(|| step(&first.record, &situation));
        let faults = self.faults(unit, &first, &situation);
        if let Some(again) = again.filter(|again| *again != first) {
            let what = format!("{unit}: {first:#?}\nand then {again:#?}");
            world.violate(Invariant::StepAgain, what);
        }
        if first.actions.is_empty() && first.wake_at.is_some_and(|at| at <= world.now) {
            let what = format!("{unit} is to be stepped again at once: {first:#?}");
            world.violate(Invariant::Rest, what);
        }
        if !faults.is_empty() {
            world.violate(
                Invariant::PlanLint,
                format!("{unit}: {}", faults.join("; ")),
            );
        }
        first
    }

    /// Whether a step is to be made again. Where it left the record as it was, everything that a step
    /// depends on is the same, so that once in a while is enough to see that it depends on nothing
    /// else.
    fn again(&self, record: &ReleaseStatus, first: &Step) -> bool {
        first.record != *record || self.steps.is_multiple_of(ALIKE)
    }

    /// What the plan linter finds.
    fn faults(&self, unit: &UnitId, step: &Step, situation: &Situation<'_>) -> Vec<String> {
        if step.actions.is_empty() {
            return Vec::new();
        }
        let observed = situation.observed;
        let bundle = self.git.bundles.get(unit);
        let singleton = bundle.filter(|it| it.class.is_some_and(Class::is_singleton));
        let held = observed.held_by_others.iter();
        let mut held = held.filter(|(it, _)| step.record.holdings.contains(it));
        let mut around = Surroundings {
            live: &observed.objects,
            singleton: singleton.and_then(|it| it.workload.as_ref()),
            held_by: held.next().map(|(_, other)| other),
            consents: situation.consents,
            now: situation.now,
        };
        let mut live;
        if !observed.foreign.is_empty() || !observed.old_claims.is_empty() {
            live = observed.objects.clone();
            for (id, object) in &observed.foreign {
                live.entry(id.clone()).or_insert_with(|| object.clone());
            }
            live.extend(observed.old_claims.iter().map(|it| (it.id(), it.clone())));
            around.live = &live;
        }
        let faults = lint(&step.actions, &around);
        faults.iter().map(ToString::to_string).collect()
    }

    /// Does one thing; false if there is nothing to do.
    pub(crate) fn turn(&mut self, world: &mut World, dice: &mut Dice) -> bool {
        self.send_late(world);
        self.watch(world, dice);
        if world.restore_halt() {
            self.wake_all(world);
            return true;
        }
        if dice.one_in(2)
            && let Some(unit) = world.append()
        {
            self.memory.awake.insert(unit);
            return true;
        }
        self.wake_due(world.now);
        if dice.one_in(2) && self.measure(world) {
            return true;
        }
        if self.memory.awake.is_empty() && self.measure(world) {
            return true;
        }
        if self.memory.awake.is_empty()
            && let Some(unit) = world.append()
        {
            self.memory.awake.insert(unit);
            return true;
        }
        let mut awake = self.memory.awake.iter();
        let Some(unit) = awake.nth(dice.below(self.memory.awake.len())).cloned() else {
            return false;
        };
        self.memory.awake.remove(&unit);
        if self.look(&unit, world, dice).is_err() {
            self.restart(world);
        }
        true
    }

    /// Takes note of what gates want; what is not due yet, they ask for again when it is.
    fn want(&mut self, unit: &UnitId, step: &Step, now: Timestamp) {
        if step.record.rollout.is_none() {
            self.memory.measured.remove(unit);
            self.memory.asked.retain(|(of, _), _| of != unit);
        }
        for (gate, wanted) in &step.wants {
            if wanted.due <= now {
                let asked = (unit.clone(), gate.clone());
                self.memory.asked.insert(asked, wanted.query.clone());
            }
        }
    }

    /// Takes a measurement that is due; false if there is none.
    fn measure(&mut self, world: &mut World) -> bool {
        let Some(((unit, gate), query)) = self.memory.asked.pop_first() else {
            return false;
        };
        if let Some(measurement) = world.measure(&query) {
            let taken = self.memory.measured.entry(unit.clone()).or_default();
            taken.insert(gate, measurement);
            self.memory.awake.insert(unit);
        }
        true
    }

    fn wake_due(&mut self, now: Timestamp) {
        let due = self.memory.wake_at.iter().filter(|(_, at)| **at <= now);
        let due: Vec<UnitId> = due.map(|(unit, _)| unit.clone()).collect();
        for unit in due {
            self.memory.wake_at.remove(&unit);
            self.memory.awake.insert(unit);
        }
    }

    /// Whether something is still to be sent late.
    pub(crate) fn is_late(&self) -> bool {
        !self.late.is_empty()
    }

    /// When the last of the units that wait is to be looked at again.
    pub(crate) fn last_wake(&self) -> Option<Timestamp> {
        self.memory.wake_at.values().max().copied()
    }

    /// Looks at a unit again.
    pub(crate) fn wake(&mut self, unit: &UnitId) {
        self.memory.awake.insert(unit.clone());
    }

    /// Looks at every unit again.
    pub(crate) fn wake_all(&mut self, world: &World) {
        let units = self.units(world);
        self.memory.awake.extend(units);
    }

    fn sleep_until(&mut self, unit: &UnitId, at: Timestamp) {
        let known = self.memory.wake_at.entry(unit.clone()).or_insert(at);
        *known = at.min(*known);
    }

    /// Works on one unit: observes, steps, records, acts.
    fn look(&mut self, unit: &UnitId, world: &mut World, dice: &mut Dice) -> Result<(), Killed> {
        let known = world.records.get(unit).cloned();
        let observed = self.observed(unit, world);
        if self.is_resting(unit, known.as_ref(), &observed, world.now) {
            let until = self.memory.rests.get(unit).and_then(|rest| rest.until);
            if let Some(until) = until {
                self.sleep_until(unit, until);
            }
            return Ok(());
        }
        let record = known.clone().unwrap_or_default();
        let step = self.plan(unit, &record, &observed, world);
        if step.actions.is_empty() && step.record == *record {
            self.rest(unit, known, observed, step.wake_at, world.now);
        } else {
            self.memory.rests.remove(unit);
            drop(observed);
        }
        let is_gone = matches!(self.desired(unit), Desired::Gone);
        let is_told = step.record.untold.is_empty();
        if is_gone && is_told && is_over(&step) {
            return self.close(unit, world);
        }
        let is_told = self.is_to_be_told(unit, news(&record, &step), world.now);
        if is_told && !self.write_record(unit, &step.record, world)? {
            self.sleep_until(unit, world.now.saturating_add(PAUSE).unwrap_or(world.now));
            return Ok(());
        }
        self.note(unit, &step);
        self.want(unit, &step, world.now);
        if step.actions.is_empty() {
            if let Some(at) = step.wake_at {
                self.sleep_until(unit, at);
            }
            if step.record.condemned != record.condemned {
                self.memory.awake.insert(unit.clone());
            }
            return Ok(());
        }
        self.act(unit, step.actions, world, dice)
    }

    fn is_resting(
        &self,
        unit: &UnitId,
        record: Option<&Arc<ReleaseStatus>>,
        observed: &Arc<Observed>,
        now: Timestamp,
    ) -> bool {
        let is_same_record = |rest: &Rest| match (record, &rest.record) {
            (Some(now), Some(then)) => Arc::ptr_eq(now, then),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        self.memory.rests.get(unit).is_some_and(|rest| {
            Arc::ptr_eq(&rest.git, &self.git)
                && Arc::ptr_eq(&rest.observed, observed)
                && is_same_record(rest)
                && rest.until.is_none_or(|until| now < until)
                && rest.permission == self.permission(now)
        })
    }

    fn rest(
        &mut self,
        unit: &UnitId,
        record: Option<Arc<ReleaseStatus>>,
        observed: Arc<Observed>,
        until: Option<Timestamp>,
        now: Timestamp,
    ) {
        let permission = self.permission(now);
        let git = self.git.clone();
        let rest = Rest {
            git,
            record,
            observed,
            permission,
            until,
        };
        self.memory.rests.insert(unit.clone(), rest);
    }

    fn close(&mut self, unit: &UnitId, world: &mut World) -> Result<(), Killed> {
        let strike = self.strike();
        self.die(strike, false)?;
        world.tell(|| format!("the record of {unit} is removed"));
        world.close_record(unit);
        self.forget(unit);
        self.die(strike, true)
    }

    fn forget(&mut self, unit: &UnitId) {
        let memory = &mut self.memory;
        memory.foreign.remove(unit);
        memory.failed.remove(unit);
        memory.contested.remove(unit);
        memory.untold.remove(unit);
        memory.wanted.remove(unit);
        memory.wake_at.remove(unit);
        memory.restless.remove(unit);
        memory.measured.remove(unit);
        memory.awake.extend(memory.restless.iter().cloned());
    }

    /// Whether a record is to be written now: words wait.
    fn is_to_be_told(&mut self, unit: &UnitId, news: News, now: Timestamp) -> bool {
        if news == News::Words {
            let due = now.saturating_add(TELL_AFTER).unwrap_or(now);
            let due = *self.memory.untold.entry(unit.clone()).or_insert(due);
            if now < due {
                self.sleep_until(unit, due);
                return false;
            }
        }
        self.memory.untold.remove(unit);
        news != News::Nothing
    }

    fn note(&mut self, unit: &UnitId, step: &Step) {
        let rests = step.record.phase == Phase::Ready && step.record.waiting_on.is_empty();
        if rests {
            self.memory.restless.remove(unit);
        } else {
            self.memory.restless.insert(unit.clone());
        }
    }
}

fn owner(unit: &UnitId, site: &Site) -> String {
    let fleet = site.fleet.parse().expect("it is a name");
    let cluster = "east".parse().expect("it is a name");
    let own = site.desk.parse().expect("it is a name");
    let (desk, strategy) = match unit {
        UnitId::Desk(desk) => (desk, None),
        UnitId::Strategy(strategy) => (&own, Some(strategy)),
    };
    Owner::of(&fleet, &cluster, desk, strategy)
        .as_str()
        .to_owned()
}
