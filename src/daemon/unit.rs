//! Works on one unit: observe, step, record, act, and again until there is nothing to say.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{info, warn};

use super::keeper::Keeper;
use super::metrics;
use super::observe::FOREIGN_FOR;
use super::outcome::Acted;
use super::snapshot::{Packed, PruneLeave, Snapshot};
use crate::cluster::{Class, Error, Fault, releases};
use crate::compile::{Bundle, Owner, UnitId};
use crate::error::chain;
use crate::halt::Seen;
use crate::intent::Asked;
use crate::object::ObjectId;
use crate::release::{Phase, Release, ReleaseSpec, ReleaseStatus};
use crate::rollout::approvals::Approvals;
use crate::rollout::overrides::Overrides;
use crate::rollout::{self, Desired, Doubt, Kept, News, Observed, Situation, Step};

/// How long to let a failing API server be before the next try of a unit.
const PAUSE: Duration = Duration::from_secs(2);

/// How soon a unit that rests is looked at again at the earliest, unless something is heard of it.
const BREATH: Duration = Duration::from_millis(100);

/// How often a unit may be stepped in one go before others have their turn.
const STEPS_IN_A_ROW: usize = 16;

/// How long a unit is on its way before its record says why.
const TELL_AFTER: Duration = Duration::from_secs(5);

/// How much longer for each other unit that has something to tell.
const TELL_APART: Duration = Duration::from_millis(100);

/// Why a unit is left alone whose record is of a later form.
const LATER: &str =
    "a later Tidegate wrote its record; run one that is at least as new, which goes on from there";

/// The phases that are counted.
const PHASES: [(Phase, &str); 6] = [
    (Phase::Pending, "pending"),
    (Phase::Progressing, "progressing"),
    (Phase::Ready, "ready"),
    (Phase::Waiting, "waiting"),
    (Phase::Failed, "failed"),
    (Phase::Retiring, "retiring"),
];

/// What is to be done about a unit next.
enum Next {
    /// Look at it again at once: something was done.
    Again,
    /// Nothing until something changes, or until then.
    Rest(Option<Timestamp>),
}

/// A unit as Git and its record have it.
pub(super) struct Case {
    pub(super) key: String,
    pub(super) unit: UnitId,
    pub(super) release: Release,
    pub(super) packed: Option<Arc<Packed>>,
    pub(super) bundle: Option<Bundle>,
    pub(super) intents: Vec<Asked>,
    pub(super) approvals: Approvals,
    pub(super) overrides: Overrides,
    pub(super) kept: Kept,
    pub(super) snapshot: Arc<Snapshot>,
}

impl Keeper {
    /// Works on units as they come.
    pub(super) async fn work(self: Arc<Self>) {
        loop {
            let key = self.queue.take().await;
            self.settle(&key).await;
            self.queue.done(&key);
            self.moved.notify_waiters();
            self.metrics
                .queue
                .set(i64::try_from(self.queue.depth()).unwrap_or(i64::MAX));
        }
    }

    /// Steps a unit until it rests.
    async fn settle(&self, key: &str) {
        for _ in 0..STEPS_IN_A_ROW {
            // A step waits for nothing: without this, some in a row would keep the Lease waiting.
            tokio::task::yield_now().await;
            match self.look(key).await {
                Ok(Next::Again) => {}
                Ok(Next::Rest(wake_at)) => {
                    if let Some(at) = wake_at {
                        self.queue
                            .add_at(key, instant(at).max(Instant::now() + BREATH));
                    }
                    if let Some((seen, _)) = self.memory().foreign.get(key) {
                        self.queue.add_at(key, *seen + FOREIGN_FOR);
                    }
                    return;
                }
                // Somebody else wrote first; the cache will tell, and wakes the unit.
                Err(error) if error.class() == Class::Stale => {
                    self.queue.add_at(key, Instant::now() + PAUSE);
                    return;
                }
                Err(error) => {
                    let pause = self.pause_after(key, &error);
                    warn!(
                        unit = key,
                        error = chain(&error),
                        "a unit could not be looked at"
                    );
                    self.queue.add_at(key, Instant::now() + pause);
                    return;
                }
            }
        }
        self.queue.add(key);
    }

    /// How long to let a unit be. What no next try changes is told, too.
    fn pause_after(&self, key: &str, error: &Error) -> Duration {
        if !matches!(error.fault(), Fault::DefinitionOlder { .. }) {
            return PAUSE;
        }
        let why = error.to_string();
        self.memory().ledger.refuse(key, Phase::Failed, &why);
        FOREIGN_FOR
    }

    async fn look(&self, key: &str) -> Result<Next, Error> {
        let Some(case) = self.case(key).await? else {
            self.forget(key);
            return Ok(Next::Rest(None));
        };
        let record = case.release.status.clone().unwrap_or_default();
        if record.version > ReleaseStatus::VERSION {
            self.memory().ledger.refuse(key, record.phase, LATER);
            warn!(unit = key, version = record.version, "left alone: {LATER}");
            return Ok(Next::Rest(None));
        }
        self.meet_again(&case).await?;
        let observed = self.observed(&case);
        let mut step = self.step(&case, &record, &observed);
        if case.is_over(&step) {
            return self.close(&case).await;
        }
        let recorded = self.is_to_be_told(key, rollout::news(&record, &step));
        if recorded {
            self.record(&case, &step).await?;
            self.tell_of(&case.release.spec, &record, &step.record, &case.snapshot);
            if step.record.holdings != record.holdings {
                self.wake_rivals(key);
            }
        }
        // Not before it is recorded: whoever hears that a commit is in place finds the record so.
        self.remember(&case, &step);
        self.want(key, &step.record, std::mem::take(&mut step.wants));
        if step.actions.is_empty() {
            self.count_step(if recorded { "recorded" } else { "at-rest" });
            // Stepping again gives the same, unless the fleet's answer depends on what is recorded,
            // or is another one by now.
            let asks = step.record.condemned != record.condemned
                || self.has_ledger_moved(observed.ledger.as_ref());
            return Ok(if asks {
                Next::Again
            } else {
                Next::Rest(step.wake_at)
            });
        }
        let acted = Acted::of(&step.actions);
        let outcome = self.act(key, step.actions).await?;
        let is_forestalled = !outcome.stale.is_empty();
        self.take_in(&case, acted, outcome).await?;
        if is_forestalled {
            // The cache is behind: what it will tell wakes the unit, and at the latest this does.
            return Ok(Next::Rest(Timestamp::now().checked_add(PAUSE).ok()));
        }
        Ok(Next::Again)
    }

    /// What Git and the record say of a unit; `None` when there is nothing to say.
    pub(super) async fn case(&self, key: &str) -> Result<Option<Case>, Error> {
        let Some(snapshot) = self.snapshot() else {
            return self.case_without_git(key).await;
        };
        let packed = snapshot.units.get(key).cloned();
        let release = match (self.cache.release(key), &packed) {
            (Some(release), _) => release,
            (None, Some(packed)) => self.open(key, packed, &snapshot).await?,
            (None, None) => return Ok(None),
        };
        // A strategy that moved to another desk is another unit, and the one before retires first.
        let packed = packed.filter(|packed| packed.owner.as_str() == release.spec.owner);
        let Some(unit) = release.spec.unit() else {
            return Ok(None);
        };
        let bundle = packed.as_ref().map(|packed| packed.unpack());
        let intents = self.cache.intents(&release.spec.namespace, key);
        let approvals = self.approvals(key, &release, packed.as_ref(), &snapshot);
        let approvals = approvals.await;
        let overrides = self.overrides(key, &release, &snapshot).await;
        let mut kept = match &release.status {
            Some(status) => self.kept(status, packed.as_ref(), &intents).await?,
            None => Kept::new(),
        };
        self.keep_last(&mut kept, &snapshot, key, &release).await?;
        Ok(Some(Case {
            key: key.to_owned(),
            unit,
            release,
            packed,
            bundle,
            intents,
            approvals,
            overrides,
            kept,
            snapshot,
        }))
    }

    async fn open(
        &self,
        key: &str,
        packed: &Packed,
        snapshot: &Snapshot,
    ) -> Result<Release, Error> {
        let (fleet, cluster) = snapshot
            .place
            .as_ref()
            .map_or_else(Default::default, |(fleet, cluster)| {
                (fleet.to_string(), cluster.to_string())
            });
        let strategy = match &packed.unit {
            UnitId::Desk(_) => None,
            UnitId::Strategy(name) => Some(name.to_string()),
        };
        let spec = ReleaseSpec {
            fleet,
            cluster,
            desk: packed.desk.to_string(),
            strategy,
            namespace: packed.namespace.clone(),
            owner: packed.owner.as_str().to_owned(),
        };
        releases::create(&self.writer, &self.namespace, key, spec).await
    }

    fn observed(&self, case: &Case) -> Observed {
        Observed {
            ledger: self.ledgered(case),
            ..self.observed_of(case)
        }
    }

    fn observed_of(&self, case: &Case) -> Observed {
        if let Some(packed) = &case.packed {
            let mut observed = self.observe(&case.key, packed, &case.snapshot);
            self.observe_kept(&mut observed, packed, &case.kept, &case.snapshot);
            observed.intents.clone_from(&case.intents);
            observed.halts = self.halts_of(case);
            observed.approvals.clone_from(&case.approvals);
            observed.overrides.clone_from(&case.overrides);
            observed.measurements = self.memory().measurements.of(&case.key);
            return observed;
        }
        let spec = &case.release.spec;
        let mut observed = self.observe_own(&case.key, &Owner::named(&spec.owner));
        observed.halts = self.halts_of(case);
        if let UnitId::Desk(_) = case.unit {
            observed.residents = self.residents(&spec.namespace);
        }
        observed
    }

    fn step(&self, case: &Case, record: &ReleaseStatus, observed: &Observed) -> Step {
        let desired = case.desired();
        let wanted = rollout::wanted(record, desired, &case.kept, observed, case.snapshot.clock());
        let permission = self.permission(&case.unit, wanted, &case.snapshot);
        let situation = Situation {
            desired,
            commit: case.snapshot.commit.as_deref(),
            observed,
            kept: &case.kept,
            calendars: &case.snapshot.calendars,
            freezes: &case.snapshot.freezes,
            consents: &case.snapshot.consents,
            permission: &permission,
            now: Timestamp::now(),
        };
        rollout::step(record, &situation)
    }

    /// What the step of a unit would be if a Halt stood that does not.
    pub(super) fn halted_step(&self, case: &Case, halt: Seen) -> Step {
        let record = case.release.status.clone().unwrap_or_default();
        let mut observed = self.observed(case);
        observed.halts.there.push(halt);
        self.step(case, &record, &observed)
    }

    fn remember(&self, case: &Case, step: &Step) {
        self.note_untold(&case.key, &step.record);
        self.count_overrides(&case.key, &step.record, Timestamp::now());
        let mut memory = self.memory();
        // What has errors is left as it runs: that is as settled as it gets.
        let rests = matches!(case.desired(), Desired::Unknown(_));
        memory.ledger.seen(&case.key, step, rests);
        if step.actions.is_empty() && step.record.failure.is_none() {
            memory.contested.remove(&case.key);
        }
        if step.record.waiting_on.is_empty() {
            memory.waiting.remove(&case.key);
        } else {
            memory.waiting.insert(case.key.clone());
        }
        memory.halts.seen(&case.key, &step.record);
        let before = memory.phases.insert(case.key.clone(), step.record.phase);
        drop(memory);
        let is_elsewhere = case
            .release
            .status
            .as_ref()
            .is_none_or(|status| place(status) != place(&step.record));
        if is_elsewhere || before != Some(step.record.phase) {
            info!(unit = case.key, phase = ?step.record.phase, waiting_on = step.record.waiting_on.first().map(|w| w.what.as_str()), "moved to a phase");
            self.wake_dependents(&case.key);
            self.count_phases();
        }
    }

    /// Whether a record is to be written now. Words wait: most are out of date within seconds, and
    /// the more units have some, the longer, so that telling never crowds out doing.
    fn is_to_be_told(&self, key: &str, news: News) -> bool {
        let mut memory = self.memory();
        let now = Instant::now();
        if news == News::Words {
            let wait = TELL_AFTER + TELL_APART * u32::try_from(memory.untold.len()).unwrap_or(0);
            let due = *memory.untold.entry(key.to_owned()).or_insert(now + wait);
            if now < due {
                self.queue.add_at(key, due);
                return false;
            }
        }
        memory.untold.remove(key);
        news != News::Nothing
    }

    /// Writes the record, compared while it is.
    async fn record(&self, case: &Case, step: &Step) -> Result<(), Error> {
        releases::put_status(&self.writer, &case.release, step.record.clone()).await?;
        Ok(())
    }

    /// Removes the record of a unit of which nothing is left.
    async fn close(&self, case: &Case) -> Result<Next, Error> {
        releases::delete(&self.writer, &case.release).await?;
        info!(unit = case.key, "retired");
        self.forget(&case.key);
        self.wake_dependents(&case.key);
        self.wake_waiting(&format!("desk.{}", case.release.spec.desk));
        // What comes under the same name begins anew.
        self.queue.add(&case.key);
        Ok(Next::Rest(None))
    }

    /// Forgets a unit of which nothing is left.
    fn forget(&self, key: &str) {
        let mut memory = self.memory();
        memory.ledger.gone(key);
        memory.untold.remove(key);
        memory.attempts.remove(key);
        memory.contested.remove(key);
        memory.repeated.remove(key);
        memory.foreign.remove(key);
        memory.phases.remove(key);
        memory.waiting.remove(key);
        memory.halts.forget(key);
        memory.measurements.forget(key);
        memory.unledgered.remove(key);
        memory.authors.remove(key);
        memory.overrides.remove(key);
        drop(memory);
        self.count_phases();
    }

    fn count_phases(&self) {
        let mut counts: BTreeMap<&'static str, i64> =
            PHASES.iter().map(|(_, word)| (*word, 0)).collect();
        for phase in self.memory().phases.values() {
            if let Some((_, word)) = PHASES.iter().find(|(known, _)| known == phase) {
                *counts.entry(word).or_default() += 1;
            }
        }
        for (phase, count) in counts {
            self.metrics
                .units
                .get_or_create(&metrics::Phase { phase })
                .set(count);
        }
    }

    pub(super) fn count_step(&self, outcome: &'static str) {
        self.metrics
            .steps
            .get_or_create(&metrics::Outcome { outcome })
            .inc();
    }
}

impl Case {
    fn desired(&self) -> Desired<'_> {
        match &self.bundle {
            Some(bundle) => Desired::Bundle(bundle),
            None if self.snapshot.broken.contains_key(&self.key) => Desired::Unknown(Doubt::Errors),
            // What cannot be read, or was lost in a rewrite, proves nothing.
            None => match self.snapshot.leave {
                PruneLeave::Unreadable => Desired::Unknown(Doubt::Unreadable),
                PruneLeave::Rewritten => Desired::Unknown(Doubt::Rewritten),
                PruneLeave::Granted => Desired::Gone,
            },
        }
    }

    /// Whether the unit lists an object among those it makes.
    pub(super) fn lists(&self, id: &ObjectId) -> bool {
        let record = self.release.status.iter();
        let mut entries = record.flat_map(|record| &record.inventory);
        entries.any(|entry| entry.id() == *id)
    }

    /// The version in which the unit asks for an object. What is not in its bundle stands on
    /// another track, in the same version as its like, or is a gate's Job.
    pub(super) fn api_version_of(&self, id: &ObjectId) -> String {
        let is_like = |other: &ObjectId| other.group == id.group && other.kind == id.kind;
        let mut objects = self.bundle.iter().flat_map(|bundle| &bundle.objects);
        let found = objects.find(|object| is_like(&object.id()));
        match (found, id.group.as_str()) {
            (Some(object), _) => object.api_version().to_owned(),
            (None, "") => "v1".to_owned(),
            (None, "autoscaling") => "autoscaling/v2".to_owned(),
            (None, group) => format!("{group}/v1"),
        }
    }

    /// Whether nothing of the unit is left, and it is not wanted.
    fn is_over(&self, step: &Step) -> bool {
        matches!(self.desired(), Desired::Gone)
            && rollout::is_over(step)
            && (step.record.untold.is_empty() || self.snapshot.ledger.is_none())
    }
}

/// Where a unit is, as far as others may wait for it.
fn place(status: &ReleaseStatus) -> impl PartialEq {
    let rollout = status.rollout.as_ref();
    let rollout = rollout.map(|at| (at.started, at.stage, at.settled_at, at.stopped.clone()));
    (status.stable.clone(), rollout, status.quarantine.len())
}

fn instant(at: Timestamp) -> Instant {
    Instant::now() + until(at)
}

fn until(at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default()
}
