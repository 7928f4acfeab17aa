//! Acts for one unit, and takes in how that ended.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::keeper::Keeper;
use super::metrics;
use super::observe::FOREIGN_FOR;
use super::unit::Case;
use crate::cluster::{self, Error};
use crate::object::ObjectId;
use crate::plan::machine::{Bounds, Machine, Outcome};
use crate::plan::{Action, Failure, FailureKind};
use crate::rollout::Attempt;

/// After so many writes in a row that others' changes forestalled, that is a failure.
const CONTESTED: u32 = 5;

/// More of the same accepted actions in a row are a failure.
const REPEATED: u32 = 5;

/// Those that are further apart are not in a row.
const AT_ONCE: Duration = Duration::from_secs(10);

/// What was done to which objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Acted(Vec<(&'static str, ObjectId)>);

/// The same actions, again and again.
#[derive(Debug)]
pub(super) struct Repeated {
    acted: Acted,
    times: u32,
    at: Instant,
}

impl Acted {
    /// What these actions do.
    pub(super) fn of(actions: &[Action]) -> Self {
        let acted = actions.iter();
        Self(acted.map(|it| (it.verb.word(), it.id())).collect())
    }
}

impl Keeper {
    /// Carries actions out, as the machine says.
    pub(super) async fn act(&self, key: &str, actions: Vec<Action>) -> Result<Outcome, Error> {
        for action in &actions {
            info!(unit = key, verb = action.verb.word(), object = %action.id(), reason = action.reason, "acting");
            self.metrics
                .actions
                .get_or_create(&metrics::Verb {
                    verb: action.verb.word(),
                })
                .inc();
        }
        let seed = key
            .bytes()
            .fold(0, |seed: u64, byte| seed.rotate_left(5) ^ u64::from(byte));
        let machine = Machine::new(actions, Bounds::default(), seed, Timestamp::now());
        let tell = |what| self.memory().ledger.at(key, what);
        self.carrier.run(machine, tell).await
    }

    /// Takes in how the actions ended.
    pub(super) async fn take_in(
        &self,
        case: &Case,
        acted: Acted,
        outcome: Outcome,
    ) -> Result<(), Error> {
        let Outcome {
            mut stale,
            foreign,
            mut failures,
        } = outcome;
        let word = match (failures.is_empty(), stale.is_empty() && foreign.is_empty()) {
            (false, _) => "failed",
            (true, false) => "stale",
            (true, true) => "acted",
        };
        self.count_step(word);
        debug!(unit = case.key, ?stale, ?foreign, "acted");
        for id in foreign {
            if !self.meet(case, &id).await? {
                stale.push(id);
            }
        }
        if failures.is_empty() && stale.is_empty() {
            failures = self.repeated(&case.key, acted);
        }
        failures.extend(self.contested(&case.key, stale));
        self.count_attempt(case, failures);
        Ok(())
    }

    /// Reads what stands in a unit's way again, once that was long enough ago: trying to make it
    /// instead would give another record with every try.
    pub(super) async fn meet_again(&self, case: &Case) -> Result<(), Error> {
        let known = match self.memory().foreign.get(&case.key) {
            Some((at, known)) if at.elapsed() >= FOREIGN_FOR => known.clone(),
            Some(_) | None => return Ok(()),
        };
        for id in known.into_keys() {
            if case.lists(&id) {
                self.meet(case, &id).await?;
            } else if let Some((_, known)) = self.memory().foreign.get_mut(&case.key) {
                known.remove(&id);
            }
        }
        self.memory()
            .foreign
            .retain(|key, (_, known)| *key != case.key || !known.is_empty());
        Ok(())
    }

    /// Reads what a create met. Whether there is something.
    async fn meet(&self, case: &Case, id: &ObjectId) -> Result<bool, Error> {
        let found = cluster::read(self.writer.client(), &case.api_version_of(id), id).await?;
        let is_there = found.is_some();
        let mut memory = self.memory();
        let now = Instant::now();
        let (at, known) = memory
            .foreign
            .entry(case.key.clone())
            .or_insert_with(|| (now, BTreeMap::new()));
        *at = now;
        match found {
            Some(object) => known.insert(id.clone(), object),
            None => known.remove(id),
        };
        Ok(is_there)
    }

    /// What others changed first so often that it counts as a failure, and is spaced like one.
    fn contested(&self, key: &str, stale: Vec<ObjectId>) -> Vec<Failure> {
        let mut memory = self.memory();
        if stale.is_empty() {
            memory.contested.remove(key);
            return Vec::new();
        }
        let count = memory.contested.entry(key.to_owned()).or_default();
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

    /// What was accepted so often in a short time that somebody must be changing it back each time:
    /// that is a failure, and is spaced like one.
    fn repeated(&self, key: &str, acted: Acted) -> Vec<Failure> {
        let mut memory = self.memory();
        let times = match memory.repeated.get(key) {
            Some(before) if before.acted == acted && before.at.elapsed() < AT_ONCE => {
                before.times + 1
            }
            Some(_) | None => 1,
        };
        let failures = acted.0.iter().filter(|_| times > REPEATED);
        let failures = failures.map(|(verb, id)| Failure {
            id: id.clone(),
            verb,
            kind: FailureKind::Undone(times),
        });
        let failures = failures.collect();
        let at = Instant::now();
        let repeated = Repeated { acted, times, at };
        memory.repeated.insert(key.to_owned(), repeated);
        failures
    }

    /// Remembers what failed, so that the next attempt waits.
    fn count_attempt(&self, case: &Case, failures: Vec<Failure>) {
        let mut memory = self.memory();
        if failures.is_empty() {
            memory.attempts.remove(&case.key);
            return;
        }
        let before = memory.attempts.get(&case.key);
        let count = before.map_or(0, |attempt| attempt.count) + 1;
        for failure in &failures {
            warn!(unit = case.key, attempt = count, "{failure}");
        }
        let bundle = case.bundle.as_ref().map(|bundle| bundle.bundle);
        let attempt = Attempt {
            bundle,
            failures,
            count,
            at: Timestamp::now(),
        };
        memory.attempts.insert(case.key.clone(), attempt);
    }
}
