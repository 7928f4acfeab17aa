//! What the daemon does with a unit's step: records it, carries it out, and may die anywhere.

mod observe;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{Dice, Objects, World};
use crate::compile::{self, Bundle, UnitId};
use crate::halt::Seen;
use crate::intent::Asked;
use crate::object::{Object, ObjectId};
use crate::plan::machine::{Bounds, Machine, Response};
use crate::plan::{Surroundings, lint};
use crate::release::ReleaseStatus;
use crate::resolve::{Class, Fleet};
use crate::rollout::approvals::Approvals;
use crate::rollout::consent::{self, Permission, Question, Suspension};
use crate::rollout::gates::{Measurement, Outcome, Wanted};
use crate::rollout::overrides::Overrides;
use crate::rollout::{
    Attempt, Clock, Desired, Doubt, Kept, Ledgered, News, Situation, Step, is_over, news, step,
    wanted,
};

/// How long a unit is on its way before its record says why.
const TELL_AFTER: SignedDuration = SignedDuration::from_secs(3);

/// Why the daemon stopped in the middle of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Stopped {
    Killed,
}

/// What goes wrong, and when.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Trouble {
    /// The daemon dies once it has made so many writes. Dying before one is dying after the last.
    pub(in super::super) killed_at: Option<usize>,
    /// One in so many reads is of an older state of the cluster.
    pub(in super::super) stale: Option<usize>,
    /// One in so many requests is never answered, though it may have been carried out.
    pub(in super::super) silent: Option<usize>,
}

/// The daemon: what it keeps in memory, and the records, which outlive it.
#[derive(Debug, Clone)]
pub(in super::super) struct Daemon {
    pub(in super::super) fleet: Fleet,
    bundles: BTreeMap<UnitId, Bundle>,
    /// Units whose files have errors.
    pub(in super::super) broken: BTreeSet<UnitId>,
    pub(in super::super) records: BTreeMap<UnitId, ReleaseStatus>,
    owners: BTreeMap<UnitId, String>,
    names: BTreeMap<UnitId, Bundle>,
    /// How the ledger stands.
    pub(in super::super) ledger: Option<Ledgered>,
    /// What people ask.
    pub(in super::super) intents: BTreeMap<UnitId, Vec<Asked>>,
    /// What is stopped.
    pub(in super::super) halts: Vec<Seen>,
    /// Why that cannot be seen.
    pub(in super::super) blind: Option<String>,
    /// What people approved, and who wrote what.
    pub(in super::super) approvals: BTreeMap<UnitId, Approvals>,
    /// What every metric is, of a thousand samples; without it nothing is measured.
    pub(in super::super) meter: Option<f64>,
    /// What was measured for each unit, by the key under which a step looks for it.
    measured: BTreeMap<UnitId, BTreeMap<String, Measurement>>,
    /// What people override.
    pub(in super::super) overrides: BTreeMap<UnitId, Overrides>,
    /// Every bundle there ever was, as they are stored before any record names them.
    kept: Kept,
    foreign: BTreeMap<UnitId, BTreeMap<ObjectId, Object>>,
    failed: BTreeMap<UnitId, Attempt>,
    pub(in super::super) trouble: Trouble,
    pub(in super::super) writes: usize,
    pub(in super::super) commit: String,
    cache: [usize; 2],
    resting: BTreeMap<UnitId, Rest>,
    untold: BTreeMap<UnitId, Timestamp>,
}

/// What a unit was seen to rest on, and until when.
#[derive(Debug, Clone, PartialEq)]
struct Rest {
    cache: [usize; 2],
    writes: usize,
    until: Option<Timestamp>,
}

impl Daemon {
    pub(in super::super) fn new(trouble: Trouble) -> Self {
        Self {
            fleet: crate::compile::fixture::fleet([]),
            bundles: BTreeMap::new(),
            broken: BTreeSet::new(),
            records: BTreeMap::new(),
            owners: BTreeMap::new(),
            names: BTreeMap::new(),
            ledger: None,
            intents: BTreeMap::new(),
            halts: Vec::new(),
            blind: None,
            approvals: BTreeMap::new(),
            meter: None,
            measured: BTreeMap::new(),
            overrides: BTreeMap::new(),
            kept: Kept::new(),
            foreign: BTreeMap::new(),
            failed: BTreeMap::new(),
            trouble,
            writes: 0,
            commit: String::new(),
            cache: [0; 2],
            resting: BTreeMap::new(),
            untold: BTreeMap::new(),
        }
    }

    /// Forgets what the cluster was, once nothing happens any more.
    pub(in super::super) fn forget_history(&mut self, world: &mut World) {
        world.history = vec![world.objects.clone()];
        self.cache = [0; 2];
    }

    /// Git has another fleet.
    pub(in super::super) fn push(&mut self, fleet: Fleet, commit: &str) {
        self.bundles = compile::fleet(&fleet)
            .into_iter()
            .map(|bundle| (bundle.unit.clone(), bundle))
            .collect();
        for (unit, bundle) in &self.bundles {
            self.owners
                .insert(unit.clone(), bundle.owner.as_str().to_owned());
            self.names.insert(unit.clone(), bundle.clone());
            self.kept.insert(bundle.bundle.to_string(), bundle.clone());
        }
        self.fleet = fleet;
        commit.clone_into(&mut self.commit);
        self.failed.clear();
        self.resting.clear();
    }

    /// Something was asked: every unit is looked at again.
    pub(in super::super) fn wake(&mut self) {
        self.resting.clear();
    }

    /// What is only in memory is lost.
    pub(in super::super) fn restart(&mut self, world: &World) {
        self.cache = [world.history.len() - 1; 2];
        self.foreign.clear();
        self.failed.clear();
        self.resting.clear();
        self.untold.clear();
        self.trouble.killed_at = None;
    }

    /// Every unit that Git or a record knows.
    pub(in super::super) fn units(&self) -> BTreeSet<UnitId> {
        self.bundles
            .keys()
            .chain(self.records.keys())
            .cloned()
            .collect()
    }

    pub(in super::super) fn bundle(&self, unit: &UnitId) -> Option<&Bundle> {
        self.bundles.get(unit)
    }

    fn desired(&self, unit: &UnitId) -> Desired<'_> {
        match self.bundles.get(unit) {
            _ if self.broken.contains(unit) => Desired::Unknown(Doubt::Errors),
            Some(bundle) => Desired::Bundle(bundle),
            None => Desired::Gone,
        }
    }

    /// What a unit's step would be, judged by this state of the cluster.
    pub(in super::super) fn plan(&self, unit: &UnitId, world: &World, seen: &Objects) -> Step {
        let observed = self.observed(unit, seen);
        let permission = self.permission(world, seen);
        let record = self.records.get(unit).cloned().unwrap_or_default();
        let situation = Situation {
            desired: self.desired(unit),
            commit: Some(&self.commit),
            observed: &observed,
            kept: &self.kept,
            calendars: &self.fleet.calendars,
            freezes: &self.fleet.freezes,
            consents: &self.fleet.consents,
            permission: &permission,
            now: world.now,
        };
        let first = step(&record, &situation);
        let again = step(&first.record, &situation);
        assert_eq!(again, first, "stepping again changes something: {unit}");
        self.lint(unit, &first, &situation);
        first
    }

    fn lint(&self, unit: &UnitId, step: &Step, situation: &Situation<'_>) {
        let mut live = situation.observed.objects.clone();
        live.extend(situation.observed.foreign.clone());
        let claims = situation.observed.old_claims.iter();
        live.extend(claims.map(|claim| (claim.id(), claim.clone())));
        let bundle = self.names.get(unit);
        let singleton = bundle.filter(|it| it.class.is_some_and(Class::is_singleton));
        let around = Surroundings {
            live: &live,
            singleton: singleton.and_then(|it| it.workload.as_ref()),
            held_by: situation.observed.held_by_others.values().next(),
            consents: situation.consents,
            now: situation.now,
        };
        let faults = lint(&step.actions, &around);
        assert!(faults.is_empty(), "{unit}: {faults:?}\n{:#?}", step.actions);
    }

    fn permission(&self, world: &World, seen: &Objects) -> Permission {
        if !self.broken.is_empty() {
            return Permission::Suspended(Suspension::Unreadable);
        }
        let units = self
            .units()
            .into_iter()
            .filter(|unit| self.may_delete(unit));
        let wanted = units.map(|unit| {
            let record = self.records.get(&unit).cloned().unwrap_or_default();
            let observed = self.observed(&unit, seen);
            let wanted = {
                let clock = Clock {
                    calendars: &self.fleet.calendars,
                    freezes: &self.fleet.freezes,
                    now: world.now,
                };
                wanted(&record, self.desired(&unit), &self.kept, &observed, clock)
            };
            (unit, wanted)
        });
        consent::judge(&Question {
            wanted: &wanted.collect(),
            remaining: self.fleet.strategies.len() + self.fleet.broken.len(),
            cap: self.fleet.deletion_cap,
            consents: &self.fleet.consents,
            now: world.now,
        })
    }

    /// Nothing is unwanted where the inventory holds nothing that the bundle does not.
    fn may_delete(&self, unit: &UnitId) -> bool {
        let (Some(bundle), Some(record)) = (self.bundles.get(unit), self.records.get(unit)) else {
            return self.records.contains_key(unit);
        };
        let wanted: BTreeSet<ObjectId> = bundle.objects.iter().map(Object::id).collect();
        !record
            .inventory
            .iter()
            .all(|entry| wanted.contains(&entry.id()))
    }

    /// One round with one unit: true if there was anything to do.
    pub(in super::super) fn reconcile(
        &mut self,
        unit: &UnitId,
        world: &mut World,
        dice: &mut Dice,
    ) -> Result<bool, Stopped> {
        self.watch(world, dice);
        let rest = self.resting.get(unit).filter(|rest| {
            (rest.cache, rest.writes) == (self.cache, self.writes)
                && rest.until.is_none_or(|until| world.now < until)
        });
        if rest.is_some() {
            return Ok(false);
        }
        let seen = self.cached(world);
        let step = self.plan(unit, world, &seen);
        let before = self.records.get(unit).cloned().unwrap_or_default();
        let is_new = self.is_to_be_told(unit, news(&before, &step), world.now);
        let gone = matches!(self.desired(unit), Desired::Gone) && is_over(&step);
        let Step {
            record,
            actions,
            wake_at,
            wants,
        } = step;
        let is_measured = self.measure(unit, &wants, world.now);
        if is_new {
            self.write(|daemon| {
                daemon.records.insert(unit.clone(), record.clone());
            })?;
        }
        if actions.is_empty() {
            if gone {
                self.write(|daemon| {
                    daemon.records.remove(unit);
                })?;
            }
            let rest = Rest {
                cache: self.cache,
                writes: self.writes,
                until: wake_at
                    .into_iter()
                    .chain(self.untold.get(unit).copied())
                    .min(),
            };
            if !is_new && !is_measured {
                self.resting.insert(unit.clone(), rest);
            }
            return Ok(is_new || gone || is_measured);
        }
        self.carry_out(unit, actions, world, dice)?;
        Ok(true)
    }

    /// Answers what is due; whether anything was.
    fn measure(&mut self, unit: &UnitId, wants: &BTreeMap<String, Wanted>, now: Timestamp) -> bool {
        let Some(value) = self.meter else {
            return false;
        };
        let due: Vec<_> = wants.iter().filter(|(_, it)| it.due <= now).collect();
        let measured = self.measured.entry(unit.clone()).or_default();
        for (key, _) in &due {
            let samples = Some(1_000.0);
            let measurement = Measurement {
                at: now,
                outcome: Outcome::Value { value, samples },
            };
            measured.insert((*key).clone(), measurement);
        }
        !due.is_empty()
    }

    /// Whether a record is to be written now: words wait.
    fn is_to_be_told(&mut self, unit: &UnitId, news: News, now: Timestamp) -> bool {
        if news == News::Words {
            let due = *self.untold.entry(unit.clone()).or_insert(now + TELL_AFTER);
            if now < due {
                return false;
            }
        }
        self.untold.remove(unit);
        news != News::Nothing
    }

    fn carry_out(
        &mut self,
        unit: &UnitId,
        actions: Vec<crate::plan::Action>,
        world: &mut World,
        dice: &mut Dice,
    ) -> Result<(), Stopped> {
        let mut machine = Machine::new(actions, Bounds::default(), 7, world.now);
        let outcome = loop {
            if let Some(outcome) = machine.outcome() {
                break outcome;
            }
            for (id, request) in machine.next(world.now) {
                let mut response = Response::TimedOut;
                self.write(|_| response = world.request(&request))?;
                if self
                    .trouble
                    .silent
                    .is_some_and(|one_in| dice.below(one_in) == 0)
                {
                    response = Response::TimedOut;
                }
                machine.receive(id, response, world.now);
            }
            world.tick();
        };
        for id in outcome.foreign {
            if let Some(live) = world.get(&id) {
                let foreign = self.foreign.entry(unit.clone()).or_default();
                foreign.insert(id, live.clone());
            }
        }
        if outcome.failures.is_empty() {
            self.failed.remove(unit);
        } else {
            let count = self.failed.get(unit).map_or(0, |it| it.count) + 1;
            let attempt = Attempt {
                bundle: self.bundles.get(unit).map(|bundle| bundle.bundle),
                failures: outcome.failures,
                count,
                at: world.now,
            };
            self.failed.insert(unit.clone(), attempt);
        }
        Ok(())
    }

    /// A write, after which the daemon may die.
    fn write(&mut self, write: impl FnOnce(&mut Self)) -> Result<(), Stopped> {
        if self.trouble.killed_at == Some(self.writes) {
            return Err(Stopped::Killed);
        }
        write(self);
        self.writes += 1;
        if self.trouble.killed_at == Some(self.writes) {
            return Err(Stopped::Killed);
        }
        Ok(())
    }

    /// The caches catch up, though not always to the latest state: pods may lag behind the rest, or
    /// the rest behind them, but neither ever goes back.
    fn watch(&mut self, world: &World, dice: &mut Dice) {
        let latest = world.history.len() - 1;
        for at in &mut self.cache {
            let is_stale = self
                .trouble
                .stale
                .is_some_and(|one_in| dice.below(one_in) == 0);
            let lag = if is_stale { dice.below(12) } else { 0 };
            *at = (*at).max(latest.saturating_sub(lag));
        }
    }

    /// The cluster as the caches have it.
    fn cached(&self, world: &World) -> Objects {
        let [pods, rest] = self.cache.map(|at| &world.history[at]);
        let pods = pods.iter().filter(|(id, _)| id.kind == "Pod");
        let rest = rest.iter().filter(|(id, _)| id.kind != "Pod");
        pods.chain(rest)
            .map(|(id, it)| (id.clone(), it.clone()))
            .collect()
    }
}
