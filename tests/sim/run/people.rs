//! People, who let rollouts go on.

use std::collections::BTreeSet;

use tidegate::compile::{Bundle, UnitId};
use tidegate::halt::{Named, Scope};
use tidegate::intent::Ask;
use tidegate::object::mark;
use tidegate::release::{Phase, ReleaseStatus};

use super::Run;
use crate::sim::daemon::Daemon;
use crate::sim::fleet::{Role, Tree};
use crate::sim::invariant::Invariant;
use crate::sim::world::{World, strategy};

/// More than any script needs for everything to be in place.
const ROUNDS: usize = 16;

/// What may be asked of a release, and of which behaviour.
pub(super) fn behaviour(record: &ReleaseStatus, ask: Ask) -> Option<String> {
    let rollout = record.rollout.as_ref();
    let candidate = record.candidate.as_ref().filter(|_| rollout.is_some());
    let revision = match ask {
        Ask::Promote | Ask::Pause | Ask::Resume | Ask::Abort => candidate,
        Ask::Rollback => record.history.iter().rev().nth(1).map(|it| &it.revision),
        Ask::Restart | Ask::Attest => record.stable.as_ref(),
        Ask::Lift => record.quarantine.last().map(|it| &it.revision),
    };
    revision.map(|it| it.behaviour.clone())
}

/// Promotes every rollout that is under way; false if there is none.
pub(super) fn promote_all(world: &mut World, daemon: &mut Daemon) -> bool {
    ask_all(world, daemon, &[Ask::Resume, Ask::Promote])
}

fn ask_all(world: &mut World, daemon: &mut Daemon, asks: &[Ask]) -> bool {
    let mut any = false;
    let units: Vec<UnitId> = world.records.keys().cloned().collect();
    for unit in units {
        for ask in asks {
            let record = world.records.get(&unit).cloned().unwrap_or_default();
            if let Some(behaviour) = behaviour(&record, *ask) {
                world.ask(&unit, *ask, &behaviour);
                daemon.wake(&unit);
                any = true;
            }
        }
    }
    any
}

/// Those who approve, under these user names: two who may, one who wrote most of it, and one who may
/// not.
const APPROVERS: [&str; 4] = ["cy", "eve", "ann-ops", "dee"];

/// Enough people approve whatever waits for them; false if nothing does.
pub(super) fn approve_all(world: &mut World, daemon: &mut Daemon) -> bool {
    let mut any = false;
    let git = world.git.clone();
    for (unit, bundle) in git.bundles.iter().filter(|(_, it)| World::asks(it)) {
        let record = world.records.get(unit).cloned().unwrap_or_default();
        let behaviour = bundle.behaviour.to_string();
        let runs = record.stable.as_ref();
        if runs.is_some_and(|it| it.behaviour == behaviour) {
            continue;
        }
        let mut wanted = vec![bundle];
        wanted.extend(candidate(world, &record));
        let wanted: Vec<Bundle> = wanted.into_iter().cloned().collect();
        for bundle in &wanted {
            for by in APPROVERS.iter().take(2) {
                if !world.has_approved(unit, bundle, by) {
                    world.approve(unit, bundle, by);
                    daemon.wake(unit);
                    any = true;
                }
            }
        }
    }
    any
}

/// The bundle of what is on its way.
fn candidate<'a>(world: &'a World, record: &ReleaseStatus) -> Option<&'a Bundle> {
    let candidate = record
        .candidate
        .as_ref()
        .filter(|_| record.rollout.is_some())?;
    world.kept.get(&candidate.bundle)
}

/// Everybody who halted lifts that again; false if no Halt is there.
fn unhalt_all(world: &mut World, daemon: &mut Daemon) -> bool {
    let mut any = false;
    while world.unhalt() {
        any = true;
    }
    if any {
        daemon.wake_all(world);
    }
    any
}

impl Run<'_> {
    /// Somebody approves what comes, or what Git says.
    pub(super) fn approve(&mut self, name: &str, number: u8) -> bool {
        let Ok(name) = name.parse() else { return false };
        let unit = UnitId::Strategy(name);
        let record = self.world.records.get(&unit).cloned().unwrap_or_default();
        let comes = candidate(&self.world, &record);
        let git = self.world.git.bundles.get(&unit);
        let Some(bundle) = comes.or(git).filter(|it| World::asks(it)).cloned() else {
            return false;
        };
        let by = APPROVERS.get(usize::from(number) % APPROVERS.len());
        self.world
            .approve(&unit, &bundle, by.copied().unwrap_or("dee"));
        self.daemon.wake(&unit);
        true
    }

    /// Somebody halts a strategy, its account, its desk, or everything.
    pub(super) fn halt(&mut self, role: Role, number: u8) -> bool {
        let name = self.name(role).to_owned();
        let namespace = self.world.git.site.desk.clone();
        let scope = match number % 4 {
            0 => Scope::Strategy(Named { namespace, name }),
            1 => Scope::Account(role.account().to_owned()),
            2 => Scope::Desk(namespace),
            _ => Scope::Everything,
        };
        let is_made = self.world.halt(scope);
        self.daemon.wake_all(&self.world);
        is_made
    }

    /// Somebody lifts a Halt.
    pub(super) fn unhalt(&mut self) -> bool {
        let is_lifted = self.world.unhalt();
        self.daemon.wake_all(&self.world);
        is_lifted
    }

    /// The strategies of which the last push changes a file.
    pub(super) fn changed(&self) -> BTreeSet<String> {
        let slots = self.tree.slots.iter().zip(&self.before.slots);
        let changed = slots.filter(|(now, then)| now != then);
        let names = changed.flat_map(|((role, _), _)| [role.name(false), role.name(true)]);
        names.map(str::to_owned).collect()
    }

    /// Nothing of what a Halt stops is left.
    pub(super) fn check_halted(&mut self) {
        let pods: Vec<_> = self.world.pods().map(|(_, it)| it.object.clone()).collect();
        for pod in pods {
            let Ok(name) = strategy(&pod).parse() else {
                continue;
            };
            let unit = UnitId::Strategy(name);
            if !self.world.is_halted(&unit) {
                continue;
            }
            let record = self.world.records.get(&unit).cloned().unwrap_or_default();
            let runs = record.stable.as_ref();
            let runs = runs.map(|it| it.behaviour.trim_start_matches("sha256:"));
            let is_stopped = match pod.label("app.kubernetes.io/component") {
                Some("algo") => true,
                Some("service") => runs.is_some() && pod.annotation(mark::BEHAVIOUR) != runs,
                _ => false,
            };
            if is_stopped {
                let what = format!("{} runs on, and {unit} is halted", pod.id());
                self.world.violate(Invariant::HaltHolds, what);
            }
        }
    }

    /// Somebody asks something of a release.
    pub(super) fn ask(&mut self, name: &str, ask: Ask) -> bool {
        let Ok(name) = name.parse() else { return false };
        let unit = UnitId::Strategy(name);
        let record = self.world.records.get(&unit).cloned();
        let Some(behaviour) = record.and_then(|record| behaviour(&record, ask)) else {
            return false;
        };
        self.world.ask(&unit, ask, &behaviour);
        self.daemon.wake(&unit);
        true
    }

    /// Everybody lets everything go on until it is through.
    pub(super) fn let_all_go_on(&mut self) {
        self.world.cheer();
        if self.tree.frozen {
            let tree = Tree {
                frozen: false,
                ..self.tree.clone()
            };
            self.push(tree, false);
        }
        for _ in 0..ROUNDS {
            self.settle();
            let asks = [Ask::Lift, Ask::Resume, Ask::Promote];
            if self.world.violation.is_some() {
                return;
            }
            let lifts = unhalt_all(&mut self.world, &mut self.daemon);
            let asks = self.ask_all(&asks);
            let approves = approve_all(&mut self.world, &mut self.daemon);
            if !lifts && !asks && !approves {
                return;
            }
        }
    }

    fn ask_all(&mut self, asks: &[Ask]) -> bool {
        ask_all(&mut self.world, &mut self.daemon, asks)
    }

    /// A rollout that does not go on was stopped, or waits for somebody.
    pub(super) fn check_rollouts(&mut self) {
        let stuck = self.world.records.iter().find(|(_, record)| {
            let at = record.rollout.as_ref();
            let goes = at.is_some_and(|at| at.stopped.is_none());
            goes && !matches!(record.phase, Phase::Waiting | Phase::Failed)
        });
        if let Some((unit, record)) = stuck.map(|(unit, it)| (unit.clone(), it.clone())) {
            let what = format!("{unit} neither ends nor waits for anybody: {record:#?}");
            self.world.violate(Invariant::RolloutEnds, what);
        }
    }
}
