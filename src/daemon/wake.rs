//! What makes a unit worth looking at: a new commit, a changed object, or another unit that moved on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use tokio::time::Instant;
use tracing::info;

use super::directory::Directory;
use super::keeper::Keeper;
use super::observe;
use super::snapshot::{PruneLeave, Snapshot};
use crate::cluster::Cache;
use crate::compile::UnitId;
use crate::git::mirror::Tags;

/// How long to wait for more events of a unit.
const PATIENCE: Duration = Duration::from_millis(50);

/// How much longer for each unit that is on its way.
const PATIENCE_APART: Duration = Duration::from_millis(4);

/// How long at most.
const LONGEST_PATIENCE: Duration = Duration::from_secs(2);

impl Keeper {
    /// Wakes the units whose objects changed, and those that share a holding with them.
    pub(super) async fn wake_on_objects(self: Arc<Self>) {
        // Half a view would show objects as missing that only have not been listed yet.
        self.cache.ready().await;
        loop {
            let owners = self.cache.changed().await;
            for owner in owners {
                if Cache::is_of_halts(&owner) {
                    self.wake_for_halts();
                    continue;
                }
                let (key, rivals) = {
                    let directory = &self.memory().directory;
                    (directory.owned_by(&owner), directory.rivals_of(&owner))
                };
                if Cache::is_admission(&owner) {
                    self.wake_all_waiting();
                }
                let key = key
                    .or_else(|| Cache::asked_of(&owner))
                    .or_else(|| self.recorded_as(&owner));
                for rival in rivals {
                    self.queue.add(&rival);
                }
                if let Some(key) = &key {
                    self.wake_needed(key);
                }
                if let Some(key) = key {
                    self.queue.hear(&key, Instant::now() + self.patience());
                }
            }
        }
    }

    /// How long to wait for more events of a unit: one write of ours makes several controllers
    /// write, and while a whole fleet comes up they take their time.
    fn patience(&self) -> Duration {
        let busy = u32::try_from(self.memory().untold.len()).unwrap_or(u32::MAX);
        LONGEST_PATIENCE.min(PATIENCE + PATIENCE_APART.saturating_mul(busy))
    }

    /// Wakes the units that a new commit changes.
    pub(super) async fn wake_on_commits(self: Arc<Self>) {
        let mut known = self.known.clone();
        let mut before: Option<Arc<Snapshot>> = None;
        let mut tags: Option<Arc<Tags>> = None;
        loop {
            let (snapshot, seen) = {
                let known = known.borrow_and_update();
                (known.snapshot.clone(), Arc::clone(&known.tags))
            };
            if !tags.as_ref().is_some_and(|tags| Arc::ptr_eq(tags, &seen)) {
                tags = Some(seen);
                self.wake_all_waiting();
            }
            if let Some(snapshot) = snapshot
                && before
                    .as_ref()
                    .is_none_or(|before| !Arc::ptr_eq(before, &snapshot))
            {
                before = self.heed(before.as_deref(), snapshot).await;
                self.moved.notify_waiters();
            }
            if known.changed().await.is_err() {
                return;
            }
        }
    }

    /// Queues what a commit changes, and returns it; nothing when it may not be applied here.
    async fn heed(
        &self,
        before: Option<&Snapshot>,
        snapshot: Arc<Snapshot>,
    ) -> Option<Arc<Snapshot>> {
        self.cache.ready().await;
        if !self.admit(&snapshot) {
            self.memory().heeded = None;
            return None;
        }
        self.find_orphans(&snapshot).await;
        self.shelve(&snapshot).await;
        let deletions = self.deletions(&snapshot).await;
        let directory = self.directory(&snapshot);
        let keys = self.affected(before, &snapshot);
        info!(
            commit = snapshot.commit,
            units = keys.len(),
            "looking at what a commit changes"
        );
        {
            let mut memory = self.memory();
            for key in &keys {
                memory.ledger.expect(key);
            }
            memory.wanted = deletions;
            memory.directory = directory;
            memory.heeded = Some(Arc::clone(&snapshot));
        }
        for key in &keys {
            self.queue.add(key);
        }
        Some(snapshot)
    }

    fn directory(&self, snapshot: &Snapshot) -> Directory {
        let places = observe::PLACES.iter();
        let live = places.flat_map(|(group, kind)| self.cache.of_kind(group, kind));
        Directory::of(snapshot, &self.cache.releases(), live)
    }

    /// Wakes the units that wait for this one, after it moved to another phase.
    pub(super) fn wake_dependents(&self, key: &str) {
        let Some(snapshot) = self.snapshot() else {
            return;
        };
        for (other, packed) in &snapshot.units {
            let before = packed.after.iter().chain(&packed.peers);
            let mut before = before.chain(&packed.requires);
            if before.any(|name| UnitId::Strategy(name.clone()).release_name() == key) {
                self.queue.add(other);
            }
        }
        self.wake_rivals(key);
        self.wake_residents(key);
        if let Some(packed) = snapshot.units.get(key) {
            self.wake_waiting(&UnitId::Desk(packed.desk.clone()).release_name());
        }
    }

    /// Wakes what a unit needs as long as it runs, if that waits: perhaps for its pods to be gone.
    fn wake_needed(&self, key: &str) {
        let Some(snapshot) = self.snapshot() else {
            return;
        };
        let packed = snapshot.units.get(key);
        for name in packed.iter().flat_map(|packed| &packed.requires) {
            self.wake_waiting(&UnitId::Strategy(name.clone()).release_name());
        }
    }

    /// Wakes all units that wait: perhaps for something that was not believed, or now is not.
    fn wake_all_waiting(&self) {
        let waiting: Vec<String> = self.memory().waiting.iter().cloned().collect();
        for key in &waiting {
            self.queue.add(key);
        }
    }

    /// Wakes a unit if it waits for something.
    pub(super) fn wake_waiting(&self, key: &str) {
        if self.memory().waiting.contains(key) {
            self.queue.add(key);
        }
    }

    /// Wakes the strategies of a desk that wait, perhaps for it. Only when it moves to another phase:
    /// its quota changes with every pod.
    fn wake_residents(&self, key: &str) {
        let Some(snapshot) = self.snapshot() else {
            return;
        };
        let Some(UnitId::Desk(desk)) = snapshot.units.get(key).map(|packed| &packed.unit) else {
            return;
        };
        for (other, packed) in &snapshot.units {
            if packed.desk == *desk && matches!(packed.unit, UnitId::Strategy(_)) {
                self.wake_waiting(other);
            }
        }
    }

    /// Wakes the units that share a holding with this one.
    pub(super) fn wake_rivals(&self, key: &str) {
        let rivals = self.memory().directory.rivals(key);
        for rival in rivals {
            self.queue.add(&rival);
        }
    }

    /// The units that differ from the commit before, and those that are no longer, or not any more
    /// rightly, in Git.
    fn affected(&self, before: Option<&Snapshot>, snapshot: &Snapshot) -> BTreeSet<String> {
        let same = |key: &str| {
            before.is_some_and(|before| {
                let digest =
                    |snapshot: &Snapshot| snapshot.units.get(key).map(|packed| packed.digest);
                digest(before) == digest(snapshot)
                    && before.broken.contains_key(key) == snapshot.broken.contains_key(key)
            })
        };
        // What runs by sessions, or waits for a window, is told apart by nothing of its own.
        let hours_changed = before.is_none_or(|before| {
            before.calendars != snapshot.calendars || before.freezes != snapshot.freezes
        });
        let permissions_changed = before.is_none_or(|before| {
            before.consents != snapshot.consents
                || before.people != snapshot.people
                || before.ledger != snapshot.ledger
                || before.deletion_cap != snapshot.deletion_cap
                || (before.leave == PruneLeave::Granted) != (snapshot.leave == PruneLeave::Granted)
        });
        let released = self
            .cache
            .releases()
            .iter()
            .map(ResourceExt::name_any)
            .collect::<BTreeSet<_>>();
        let memory = self.memory();
        let keys = snapshot
            .units
            .keys()
            .chain(snapshot.broken.keys())
            .cloned()
            .chain(released);
        keys.filter(|key| {
            !same(key)
                || hours_changed
                || (permissions_changed && memory.waiting.contains(key))
                || !snapshot.units.contains_key(key)
        })
        .collect()
    }
}
