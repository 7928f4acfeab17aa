//! Halts: which concern a unit, how far each is, who lifted it; and those that vanished are made again.
//!
//! A Halt is heeded by the units themselves, each in its step. What is here only tells, and lifts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use tokio::time::sleep;
use tracing::{info, warn};

use super::keeper::Keeper;
use super::snapshot::Snapshot;
use super::unit::Case;
use crate::admission::{Guard, HALTS};
use crate::cluster::resource::HALT;
use crate::cluster::{self, Cache, Class, Error, halts};
use crate::compile::{Owner, UnitId};
use crate::error::chain;
use crate::halt::{Halt, HaltStatus, Halts, Lifted, Place, Seen, Standing, State, Touches, Unhalt};
use crate::release::{Release, ReleaseStatus};
use crate::rollout::approvals::Approvals;
use crate::rollout::overrides::Overrides;

/// How long to let a failing API server be.
const PAUSE: Duration = Duration::from_secs(2);

/// How soon after one another the Halts are looked at: a fleet that stops moves all the time.
const BREATH: Duration = Duration::from_millis(200);

/// What units said of the Halts that stand for them, when they were last looked at.
#[derive(Debug, Default)]
pub(super) struct Heeded {
    units: BTreeMap<String, (Vec<Standing>, Vec<String>)>,
    /// What was found of each Unhalt, by its uid: why it does not count, if it does not.
    judged: BTreeMap<String, Result<(), String>>,
}

impl Heeded {
    /// A unit was looked at.
    pub(super) fn seen(&mut self, key: &str, record: &ReleaseStatus) {
        if record.halts.is_empty() {
            self.units.remove(key);
        } else {
            let said = (record.halts.clone(), record.stopping.clone());
            self.units.insert(key.to_owned(), said);
        }
    }

    /// Nothing is left of a unit.
    pub(super) fn forget(&mut self, key: &str) {
        self.units.remove(key);
    }

    /// The Halts that stand although nobody sees them.
    fn lost(&self) -> BTreeMap<String, Standing> {
        let standing = self.units.values().flat_map(|(standing, _)| standing);
        let lost = standing.filter(|halt| halt.is_lost);
        lost.map(|halt| (halt.uid.clone(), halt.clone())).collect()
    }

    /// The units that heed a Halt, and what of them still runs.
    fn of(&self, seen: &Seen) -> (BTreeSet<&str>, Vec<String>) {
        let heeding = self.units.iter();
        let heeding = heeding.filter(|(_, (standing, _))| {
            let mut standing = standing.iter();
            standing.any(|halt| halt.uid == seen.uid)
        });
        let mut running = Vec::new();
        let mut units = BTreeSet::new();
        for (key, (_, still)) in heeding {
            units.insert(key.as_str());
            running.extend(still.iter().cloned());
        }
        (units, running)
    }
}

impl Case {
    /// Which unit it is, and what it trades on.
    fn touches(&self) -> Touches {
        let recorded = self.release.status.as_ref();
        let recorded = recorded.map(|status| status.touches.clone());
        let recorded = recorded.unwrap_or_default();
        let bundle = self.bundle.as_ref();
        bundle.map_or_else(|| recorded.clone(), |bundle| recorded.and(&bundle.touches))
    }
}

impl Keeper {
    /// The Halts that concern a unit.
    pub(super) fn halts_of(&self, case: &Case) -> Halts {
        let halts = self.cache.halts().into_iter();
        let there: Vec<Seen> = halts.filter_map(Seen::of).collect();
        let blind = self.cache.blind(&[(HALT.group, HALT.kind)]);
        let all = Halts {
            blind: blind.or_else(|| self.halts_to_come(&there)),
            there,
        };
        let touches = case.touches();
        let place = Place {
            unit: &case.unit,
            namespace: &case.release.spec.namespace,
            touches: &touches,
        };
        let before = case.release.status.as_ref();
        let before = before.map(|status| status.halts.as_slice());
        all.concerning(&place, before.unwrap_or_default())
    }

    /// A unit that is looked at although nothing is known of Git: one that is halted. What cannot be
    /// told of others is left for when it can.
    pub(super) async fn case_without_git(&self, key: &str) -> Result<Option<Case>, Error> {
        if self.memory().refused.is_some() {
            return Ok(None);
        }
        let Some(release) = self.cache.release(key) else {
            return Ok(None);
        };
        let Some(unit) = release.spec.unit() else {
            return Ok(None);
        };
        let kept = match &release.status {
            Some(status) => self.kept(status, None, &[]).await?,
            None => BTreeMap::new(),
        };
        let case = Case {
            key: key.to_owned(),
            unit,
            release,
            packed: None,
            bundle: None,
            intents: Vec::new(),
            approvals: Approvals::default(),
            overrides: Overrides::default(),
            kept,
            snapshot: Arc::new(Snapshot::nothing()),
        };
        let halts = self.halts_of(&case);
        let remembers = case.release.status.as_ref();
        let remembers = remembers.is_some_and(|status| !status.halts.is_empty());
        let stands = halts.there.iter().any(|seen| !seen.is_lifted);
        Ok((stands || remembers).then_some(case))
    }

    /// Wakes every unit: a Halt came, or was lifted.
    pub(super) fn wake_for_halts(&self) {
        for release in self.cache.releases() {
            self.queue.add(&release.name_any());
        }
        if let Some(snapshot) = self.snapshot() {
            for key in snapshot.units.keys() {
                self.queue.add(key);
            }
        }
        self.halting.notify_waiters();
    }

    /// The unit whose objects carry a label, where nothing is known of Git.
    pub(super) fn recorded_as(&self, owner: &Owner) -> Option<String> {
        if self.snapshot().is_some() || Cache::is_of_halts(owner) {
            return None;
        }
        let mut releases = self.cache.releases().into_iter();
        let found = releases.find(|release| release.spec.owner == owner.as_str());
        found.map(|release| release.name_any())
    }

    /// Sees to the Halts, as often as something may have changed about them.
    pub(super) async fn tend_halts(self: Arc<Self>) {
        self.cache.ready().await;
        self.wake_who_remembers();
        loop {
            let (halting, moved) = (self.halting.notified(), self.moved.notified());
            match self.tend().await {
                Ok(()) => {}
                Err(error) if error.class() == Class::Stale => {}
                Err(error) => {
                    warn!(error = chain(&error), "the Halts could not be seen to");
                    sleep(PAUSE).await;
                    continue;
                }
            }
            let is_restoring = !self.memory().halts.lost().is_empty();
            tokio::select! {
                () = halting => {}
                () = moved => {}
                () = sleep(PAUSE), if is_restoring => {}
            }
            sleep(BREATH).await;
        }
    }

    /// Wakes the units whose records remember a Halt: nothing else may tell of it any more.
    fn wake_who_remembers(&self) {
        for release in self.cache.releases() {
            let status = release.status.as_ref();
            if status.is_some_and(|status| !status.halts.is_empty()) {
                self.queue.add(&release.name_any());
            }
        }
    }

    async fn tend(&self) -> Result<(), Error> {
        let all = self.cache.halts();
        self.restore_lost(&all).await?;
        if all.iter().all(Halt::is_lifted) {
            return Ok(());
        }
        let releases = self.cache.releases();
        for halt in all.iter().filter(|halt| !halt.is_lifted()) {
            let status = self.told_of(halt, &releases).await?;
            if halt.status.as_ref() != Some(&status) {
                if let Some(lifted) = &status.lifted {
                    info!(
                        halt = halt.name_any(),
                        by = lifted.by,
                        reason = lifted.reason,
                        "a Halt is lifted"
                    );
                }
                let is_lifted = status.lifted.is_some();
                halts::put_status(&self.writer, halt, status).await?;
                if is_lifted {
                    // Own writes wake nobody by themselves.
                    self.wake_for_halts();
                }
            }
        }
        Ok(())
    }

    /// Makes those again that vanished, once their definition is there.
    async fn restore_lost(&self, all: &[Halt]) -> Result<(), Error> {
        if self.cache.blind(&[(HALT.group, HALT.kind)]).is_some() {
            return Ok(());
        }
        let seen: Vec<Seen> = all.iter().cloned().filter_map(Seen::of).collect();
        let mut lost = self.halts_of_ledger(&seen);
        lost.extend(self.memory().halts.lost());
        for (uid, halt) in lost {
            if !seen.iter().any(|seen| seen.is(&uid)) {
                warn!(
                    halt = halt.name,
                    "a Halt vanished without having been lifted; it is made again"
                );
                halts::restore(&self.writer, &halt).await?;
                self.wake_for_halts();
            }
        }
        Ok(())
    }

    /// What there is to tell about a Halt.
    async fn told_of(&self, halt: &Halt, releases: &[Release]) -> Result<HaltStatus, Error> {
        let concerned = concerned(halt, releases);
        let units = concerned.iter().map(ToString::to_string).collect();
        let Some(seen) = Seen::of(halt.clone()) else {
            let running = self.on_paper(halt, &concerned).await?;
            return Ok(HaltStatus {
                state: Some(State::Drilled),
                units,
                running,
                ..HaltStatus::default()
            });
        };
        let (lifted, refused) = match self.lifted(halt).await? {
            Some(Ok(lifted)) => (Some(lifted), None),
            Some(Err(why)) => (None, Some(why)),
            None => (None, None),
        };
        let memory = self.memory();
        let (heeding, mut running) = memory.halts.of(&seen);
        let unheeded = concerned
            .iter()
            .filter(|key| !heeding.contains(key.as_str()));
        running.extend(unheeded.map(|key| format!("{key}, which has not been looked at yet")));
        running.sort();
        Ok(HaltStatus {
            state: Some(match (&lifted, running.is_empty()) {
                (Some(_), _) => State::Lifted,
                (None, true) => State::Stopped,
                (None, false) => State::Stopping,
            }),
            units,
            running,
            refused,
            lifted,
        })
    }

    /// What a drill would stop, by the same steps that a Halt takes.
    async fn on_paper(&self, drill: &Halt, concerned: &[String]) -> Result<Vec<String>, Error> {
        let mut real = drill.clone();
        real.spec.drill = false;
        let Some(seen) = Seen::of(real) else {
            return Ok(Vec::new());
        };
        let mut running = Vec::new();
        for key in concerned {
            if let Some(case) = self.case(key).await? {
                let step = self.halted_step(&case, seen.clone());
                running.extend(step.record.stopping);
            }
        }
        running.sort();
        Ok(running)
    }

    /// Who lifts a Halt, or why who would does not.
    async fn lifted(&self, halt: &Halt) -> Result<Option<Result<Lifted, String>>, Error> {
        let mut refused = None;
        for unhalt in self.cache.unhalts().iter().filter(|it| it.is_of(halt)) {
            let Some(lifted) = unhalt.lifts() else {
                continue;
            };
            match self.judged(unhalt, &lifted).await? {
                Ok(()) => return Ok(Some(Ok(lifted))),
                Err(why) => refused = Some(Err(format!("the Unhalt of {}: {why}", lifted.by))),
            }
        }
        Ok(refused)
    }

    /// Whether an Unhalt is what it says. It is asked once: what was made while nobody asked who
    /// makes it stays worth nothing.
    async fn judged(&self, unhalt: &Unhalt, lifted: &Lifted) -> Result<Result<(), String>, Error> {
        if let Some(known) = self.memory().halts.judged.get(&lifted.uid) {
            return Ok(known.clone());
        }
        let guard = cluster::guard(self.writer.client(), HALTS).await?;
        let judged = match guard {
            Guard::InForce { since } if since <= lifted.at => Ok(()),
            Guard::InForce { since } => Err(format!(
                "it was made before its admission policy was in force, which is so since {since}; make another"
            )),
            Guard::Open(why) => Err(format!("{why}; then make another")),
        };
        if let Err(why) = &judged {
            warn!(unhalt = unhalt.name_any(), %why, "an Unhalt does not count");
        }
        let mut memory = self.memory();
        memory
            .halts
            .judged
            .insert(lifted.uid.clone(), judged.clone());
        Ok(judged)
    }
}

/// The units that a Halt is about, by the names of their Releases.
fn concerned(halt: &Halt, releases: &[Release]) -> Vec<String> {
    let scope = halt.spec.scope.scope();
    let none = Touches::default();
    let is_in = |release: &&Release| {
        let touches = release.status.as_ref().map_or(&none, |it| &it.touches);
        let unit: Option<UnitId> = release.spec.unit();
        unit.is_some_and(|unit| {
            scope.concerns(&Place {
                unit: &unit,
                namespace: &release.spec.namespace,
                touches,
            })
        })
    };
    let mut keys: Vec<String> = releases
        .iter()
        .filter(is_in)
        .map(ResourceExt::name_any)
        .collect();
    keys.sort();
    keys
}
