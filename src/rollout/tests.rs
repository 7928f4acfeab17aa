//! Whole rollouts, undisturbed and disturbed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::world::{Daemon, Dice, Stopped, Trouble, World};
use crate::compile::UnitId;
use crate::compile::fixture;
use crate::object::{Object, ObjectId, mark};
use crate::release::{Phase, ReleaseStatus};
use crate::resolve::Strategy;

/// More rounds than any test needs to come to rest.
const ROUNDS: usize = 3_000;

/// A cluster with a daemon.
#[derive(Clone)]
struct Stage {
    world: World,
    daemon: Daemon,
    dice: Dice,
}

impl Stage {
    fn new(seed: u64, trouble: Trouble) -> Self {
        Self {
            world: World::new(),
            daemon: Daemon::new(trouble),
            dice: Dice::new(seed),
        }
    }

    fn push(&mut self, strategies: impl IntoIterator<Item = Strategy>, commit: &str) {
        self.daemon.push(fixture::fleet(strategies), commit);
    }

    /// Lets the cluster and the daemon act, in an order that the dice decide, until neither has
    /// anything to do.
    fn settle(&mut self) {
        let mut quiet = 0;
        for _ in 0..ROUNDS {
            self.world.tick();
            let acted = if self.dice.below(2) == 0 {
                self.world.act(&mut self.dice)
            } else {
                self.reconcile_one()
            };
            quiet = if acted { 0 } else { quiet + 1 };
            if quiet > 40 && !self.is_busy() {
                self.daemon.forget_history(&mut self.world);
                return;
            }
        }
        panic!(
            "no rest after {ROUNDS} rounds:\n{}",
            self.world.log.join("\n")
        );
    }

    fn reconcile_one(&mut self) -> bool {
        let units: Vec<UnitId> = self.daemon.units().into_iter().collect();
        let Some(unit) = units.get(self.dice.below(units.len())) else {
            return false;
        };
        match self.daemon.reconcile(unit, &mut self.world, &mut self.dice) {
            Ok(acted) => acted,
            Err(Stopped::Killed) => {
                self.daemon.restart(&self.world);
                true
            }
        }
    }

    /// One round with every unit; whether there was anything to do.
    fn reconcile_all(&mut self) -> bool {
        self.world.tick();
        let mut acted = false;
        for unit in self.daemon.units() {
            let done = self
                .daemon
                .reconcile(&unit, &mut self.world, &mut self.dice);
            acted |= done.expect("nobody kills it here");
        }
        acted
    }

    /// What the step of a strategy would be now.
    fn plan(&self, strategy: &str) -> super::Step {
        let unit = UnitId::Strategy(strategy.parse().unwrap());
        self.daemon.plan(&unit, &self.world, &self.world.objects)
    }

    /// The objects of a strategy that no controller made.
    fn of_strategy(&self, strategy: &str) -> Vec<String> {
        let all = self.world.objects.values();
        let of = all.filter(|it| it.label(mark::STRATEGY) == Some(strategy));
        of.filter(|it| it.at("/metadata/ownerReferences").is_none())
            .map(|it| it.id().to_string())
            .collect()
    }

    fn is_busy(&mut self) -> bool {
        let mut world = self.world.clone();
        if world.act(&mut self.dice.clone()) {
            return true;
        }
        self.daemon.units().into_iter().any(|unit| {
            let step = self.daemon.plan(&unit, &self.world, &self.world.objects);
            let record = self.daemon.records.get(&unit);
            !step.actions.is_empty() || record != Some(&step.record)
        })
    }

    fn record(&self, unit: &str) -> &ReleaseStatus {
        let unit = match unit.strip_prefix("desk ") {
            Some(desk) => UnitId::Desk(desk.parse().unwrap()),
            None => UnitId::Strategy(unit.parse().unwrap()),
        };
        &self.daemon.records[&unit]
    }

    fn find(&self, kind: &str, name: &str) -> Option<&Object> {
        let mut all = self.world.objects.values();
        let found = all.find(|it| it.kind() == kind && it.name() == name);
        found.map(std::rc::Rc::as_ref)
    }

    fn id(&self, kind: &str, name: &str) -> ObjectId {
        self.find(kind, name).unwrap().id()
    }

    /// What a person would compare: the objects as they are meant, and what the records say.
    fn outcome(&self) -> BTreeMap<String, Value> {
        let mut outcome = BTreeMap::new();
        for object in self.world.objects.values() {
            if object.at("/metadata/ownerReferences").is_some() {
                continue;
            }
            let at = |pointer: &str| object.at(pointer).cloned();
            let parts = [
                "/spec",
                "/data",
                "/metadata/labels",
                "/metadata/annotations",
            ];
            let parts: Vec<_> = parts.into_iter().map(at).collect();
            outcome.insert(object.id().to_string(), json!(parts));
        }
        for (unit, record) in &self.daemon.records {
            let inventory: Vec<_> = record
                .inventory
                .iter()
                .map(|it| it.id().to_string())
                .collect();
            let stable = record.stable.as_ref().map(|it| it.bundle.clone());
            let waits: Vec<_> = record.waiting_on.iter().map(|it| it.what.clone()).collect();
            let parts = json!([inventory, stable, record.phase, record.claims, waits]);
            outcome.insert(unit.to_string(), parts);
        }
        outcome
    }
}

fn algo(text: &str) -> Strategy {
    let mut strategy = fixture::algo();
    strategy.config[0].text = text.to_owned();
    strategy
}

fn service(text: &str) -> Strategy {
    let mut strategy = fixture::service();
    strategy.config = vec![fixture::config("/app/signals.yaml")];
    strategy.config[0].text = text.to_owned();
    strategy
}

fn fleet(text: &str) -> Vec<Strategy> {
    let mut gateway = algo(text);
    gateway.name = "lock-gate".parse().unwrap();
    gateway.class = crate::resolve::Class::Gateway;
    gateway.account = None;
    let mut store = service(text);
    store.name = "store".parse().unwrap();
    store.state = vec![fixture::state("books")];
    let mut last = service(text);
    last.name = "last".parse().unwrap();
    last.after = vec!["quoter".parse().unwrap()];
    vec![
        algo(text),
        gateway,
        service(text),
        store,
        last,
        fixture::job(),
        {
            let mut nightly = fixture::cron_job();
            nightly.name = "nightly".parse().unwrap();
            nightly
        },
    ]
}

#[test]
fn a_fleet_comes_up_and_rests() {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push(fleet("spread: 5\n"), "c1");
    stage.settle();
    for (unit, record) in &stage.daemon.records {
        assert_eq!(record.phase, Phase::Ready, "{unit}: {record:#?}");
        assert!(record.waiting_on.is_empty(), "{unit}: {record:#?}");
        assert_eq!(record.commit.as_deref(), Some("c1"));
    }
    assert_eq!(stage.daemon.records.len(), 8);
}

/// Pushes one fleet after the other, and kills the daemon at every write that the last one takes;
/// the end is always the same.
fn check_every_death(pushes: &[Vec<Strategy>]) {
    let (last, before) = pushes.split_last().unwrap();
    let mut stage = Stage::new(1, Trouble::default());
    for (index, strategies) in before.iter().enumerate() {
        stage.push(strategies.clone(), &format!("c{index}"));
        stage.settle();
    }
    let first = stage.daemon.writes;
    stage.push(last.clone(), "last");
    let mut undisturbed = stage.clone();
    undisturbed.settle();
    let writes = undisturbed.daemon.writes;
    assert!(first < writes, "the last push does nothing");
    for death in first..=writes {
        let mut killed = stage.clone();
        killed.daemon.trouble.killed_at = Some(death);
        killed.settle();
        assert_eq!(killed.outcome(), undisturbed.outcome(), "killed at {death}");
    }
}

#[test]
fn a_death_at_any_write_of_a_creation_changes_nothing() {
    check_every_death(&[vec![algo("spread: 5\n")]]);
    check_every_death(&[vec![], vec![service("a"), fixture::job()]]);
}

#[test]
fn a_death_at_any_write_of_a_change_changes_nothing() {
    check_every_death(&[vec![algo("spread: 5\n")], vec![algo("spread: 6\n")]]);
    check_every_death(&[vec![service("a")], vec![service("b")]]);
}

#[test]
fn a_death_at_any_write_of_a_rename_changes_nothing() {
    check_every_death(&[vec![algo("spread: 5\n")], vec![renamed("hedger", "quoter")]]);
}

#[test]
fn a_death_at_any_write_of_a_prune_changes_nothing() {
    check_every_death(&[vec![algo("spread: 5\n"), service("a")], vec![service("a")]]);
}

fn renamed(name: &str, from: &str) -> Strategy {
    let mut renamed = algo("spread: 5\n");
    renamed.name = name.parse().unwrap();
    renamed.renamed_from = Some(from.parse().unwrap());
    renamed
}

mod ahead;
mod approvals;
mod claims;
mod deletion;
mod failures;
mod freezes;
mod gateways;
mod halts;
mod incidents;
mod jobs;
mod ledgers;
mod lost;
mod quarter;
mod records;
mod sessions;
mod singletons;
mod stages;
