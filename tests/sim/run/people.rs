//! People, who let rollouts go on.

use tidegate::compile::UnitId;
use tidegate::intent::Ask;
use tidegate::release::ReleaseStatus;

use super::Run;
use crate::sim::daemon::Daemon;
use crate::sim::fleet::Tree;
use crate::sim::invariant::Invariant;
use crate::sim::world::World;
use tidegate::release::Phase;

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

impl Run<'_> {
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
            if self.world.violation.is_some() || !self.ask_all(&asks) {
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
