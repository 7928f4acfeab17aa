//! Writes: the record first, then what the machine asks for. Any of them may be the last.

use std::collections::BTreeMap;

use tidegate::compile::UnitId;
use tidegate::object::{ObjectId, mark};
use tidegate::plan::machine::{Bounds, Call, Machine, Outcome, Request, Response, Write};
use tidegate::plan::{Action, Failure, FailureKind};
use tidegate::release::ReleaseStatus;
use tidegate::rollout::Attempt;

use super::{Daemon, Killed, PAUSE};
use crate::sim::dice::Dice;
use crate::sim::script::Fault;
use crate::sim::world::World;

/// After so many writes in a row that others' changes forestalled, that is a failure.
const CONTESTED: u32 = 5;

/// What strikes at a write.
#[derive(Debug, Clone, Copy)]
pub(super) enum Strike {
    DieBefore,
    DieAfter,
    Other(Fault),
}

impl Daemon {
    /// What strikes now, at a write.
    pub(super) fn strike(&mut self) -> Option<Strike> {
        let mut found = None;
        for (at, (fault, later)) in self.armed.iter_mut().enumerate() {
            match later.checked_sub(1) {
                Some(less) => *later = less,
                None if found.is_none() => found = Some((at, *fault)),
                None => {}
            }
        }
        let (at, fault) = found?;
        self.armed.remove(at);
        Some(match fault {
            // Which of the two is as good as thrown: the number of armed faults varies.
            Fault::Crash if self.struck.len().is_multiple_of(2) => Strike::DieAfter,
            Fault::Crash => Strike::DieBefore,
            other => Strike::Other(other),
        })
    }

    pub(super) fn die(&mut self, strike: Option<Strike>, is_done: bool) -> Result<(), Killed> {
        match (strike, is_done) {
            (Some(Strike::DieBefore), false) | (Some(Strike::DieAfter), true) => {
                self.struck.push(Fault::Crash);
                Err(Killed)
            }
            _ => Ok(()),
        }
    }

    /// Writes the record; false if somebody else wrote it first, or the API server failed.
    pub(super) fn write_record(
        &mut self,
        unit: &UnitId,
        record: &ReleaseStatus,
        world: &mut World,
    ) -> Result<bool, Killed> {
        let strike = self.strike();
        self.die(strike, false)?;
        if let Some(Strike::Other(Fault::LateRequest)) = strike {
            self.armed.push((Fault::LateRequest, 0));
        } else if let Some(Strike::Other(fault)) = strike {
            self.struck.push(fault);
            if fault == Fault::LostAnswer {
                world.record(unit, record.clone());
            }
            world.tell(|| format!("{fault:?} at the record of {unit}"));
            return Ok(false);
        }
        world.record(unit, record.clone());
        self.memory
            .awake
            .extend(self.memory.restless.iter().cloned());
        self.die(strike, true)?;
        Ok(true)
    }

    /// Carries actions out, while the cluster goes on.
    pub(super) fn act(
        &mut self,
        unit: &UnitId,
        actions: Vec<Action>,
        world: &mut World,
        dice: &mut Dice,
    ) -> Result<(), Killed> {
        let mut machine = Machine::new(actions, Bounds::default(), 7, world.now);
        let outcome = loop {
            if let Some(outcome) = machine.outcome() {
                break outcome;
            }
            let requests = machine.next(world.now);
            if requests.is_empty()
                && let Some(at) = machine.wake_at()
            {
                world.now = at.max(world.now);
            }
            for (id, request) in requests {
                let response = self.send(unit, &request, world, dice)?;
                machine.receive(id, response, world.now);
                if dice.one_in(3) {
                    world.act(dice);
                }
            }
        };
        self.take_in(unit, outcome, world);
        Ok(())
    }

    fn send(
        &mut self,
        unit: &UnitId,
        request: &Request,
        world: &mut World,
        dice: &mut Dice,
    ) -> Result<Response, Killed> {
        let strike = self.strike();
        self.die(strike, false)?;
        let mut strike = strike;
        if let Some(Strike::Other(Fault::LateRequest)) = strike {
            if is_start_or_stop(request) {
                world.tell(|| format!("the daemon is held up before {}", request.id));
                self.struck.push(Fault::LateRequest);
                let turns = dice.below(60);
                self.late.push((turns, unit.clone(), request.clone()));
                return Err(Killed);
            }
            // It strikes at what starts or stops a pod.
            self.armed.push((Fault::LateRequest, 0));
            strike = None;
        }
        if let Some(Strike::Other(fault)) = strike {
            return Ok(self.disturbed(unit, request, world, fault));
        }
        let response = world.request(unit, request);
        self.die(strike, true)?;
        self.wrote(request, &response);
        Ok(response)
    }

    /// A daemon that no longer leads sends what it was about to.
    pub(super) fn send_late(&mut self, world: &mut World) {
        for (turns, _, _) in &mut self.late {
            *turns = turns.saturating_sub(1);
        }
        let is_due = |(turns, _, _): &(usize, UnitId, Request)| *turns == 0;
        if let Some(at) = self.late.iter().position(is_due) {
            let (_, unit, request) = self.late.remove(at);
            world.tell(|| format!("a late request about {}", request.id));
            world.late_request(&unit, &request);
        }
    }

    fn disturbed(
        &mut self,
        unit: &UnitId,
        request: &Request,
        world: &mut World,
        fault: Fault,
    ) -> Response {
        world.tell(|| format!("{fault:?} at {}", request.id));
        match fault {
            Fault::LostAnswer => {
                let response = world.request(unit, request);
                if matches!(response, Response::Accepted(_)) {
                    self.struck.push(fault);
                }
                return Response::TimedOut;
            }
            Fault::Conflict => {
                if world.touch(&request.id) {
                    self.struck.push(fault);
                }
                return world.request(unit, request);
            }
            _ => self.struck.push(fault),
        }
        match fault {
            Fault::Throttled => Response::Throttled { retry_after: None },
            Fault::ServerError => Response::ServerError("etcd has no leader".to_owned()),
            _ => Response::Disconnected("connection reset".to_owned()),
        }
    }

    /// Own writes are in the cache before anything else is decided.
    fn wrote(&mut self, request: &Request, response: &Response) {
        match (&request.call, response) {
            // A pod that is deleted takes its time to end.
            (
                Call::Apply {
                    write: Write::Persist,
                    ..
                }
                | Call::Delete { .. },
                Response::Accepted(Some(object)),
            ) => self.told(object),
            (Call::Delete { seen }, Response::Accepted(None)) => {
                self.deleted(&request.id, &seen.uid);
            }
            _ => {}
        }
    }

    fn take_in(&mut self, unit: &UnitId, outcome: Outcome, world: &World) {
        let Outcome {
            mut stale,
            foreign,
            mut failures,
        } = outcome;
        for id in foreign {
            if !self.meet(unit, &id, world) {
                stale.push(id);
            }
        }
        let is_forestalled = !stale.is_empty();
        failures.extend(self.contested(unit, stale));
        if failures.is_empty() {
            self.memory.failed.remove(unit);
        } else {
            let before = self.memory.failed.get(unit);
            let attempt = Attempt {
                bundle: self.git.bundles.get(unit).map(|bundle| bundle.bundle),
                count: before.map_or(0, |attempt| attempt.count) + 1,
                failures,
                at: world.now,
            };
            self.memory.failed.insert(unit.clone(), attempt);
        }
        if is_forestalled {
            self.sleep_until(unit, world.now.saturating_add(PAUSE).unwrap_or(world.now));
        } else {
            self.memory.awake.insert(unit.clone());
        }
    }

    /// Reads what a create met. Whether there is something.
    fn meet(&mut self, unit: &UnitId, id: &ObjectId, world: &World) -> bool {
        let found = world.get(id).map(|it| it.object.as_ref().clone());
        let is_there = found.is_some();
        let known = self.memory.foreign.entry(unit.clone());
        let (at, known) = known.or_insert_with(|| (world.now, BTreeMap::new()));
        *at = world.now;
        match found {
            Some(object) => known.insert(id.clone(), object),
            None => known.remove(id),
        };
        is_there
    }

    fn contested(&mut self, unit: &UnitId, stale: Vec<ObjectId>) -> Vec<Failure> {
        if stale.is_empty() {
            self.memory.contested.remove(unit);
            return Vec::new();
        }
        let count = self.memory.contested.entry(unit.clone()).or_default();
        *count += 1;
        if *count < CONTESTED {
            return Vec::new();
        }
        let failure = |id| Failure {
            id,
            verb: "write",
            kind: FailureKind::Contested,
        };
        stale.into_iter().map(failure).collect()
    }
}

/// Whether a request scales a workload that may be a singleton's.
fn is_start_or_stop(request: &Request) -> bool {
    let is_turn =
        matches!(&request.call, Call::Apply { manager, .. } if *manager == mark::RUNTIME_MANAGER);
    is_turn && request.id.kind == "StatefulSet"
}
