//! What may be deleted, judged over the whole fleet: a cap that each unit counted alone would be
//! none.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kube::ResourceExt as _;

use super::keeper::Keeper;
use super::snapshot::{PruneLeave, Snapshot};
use crate::compile::{Owner, UnitId};
use crate::release::Release;
use crate::rollout::consent::{self, Permission, Question, Suspension, Wanted};
use crate::rollout::{self, Desired, Kept};

impl Keeper {
    /// What every unit would delete, weighed before any of them deletes anything.
    pub(super) async fn deletions(&self, snapshot: &Snapshot) -> BTreeMap<UnitId, Wanted> {
        let mut all = BTreeMap::new();
        for release in self.cache.releases() {
            let wanted = self.wanted_by(&release, snapshot).await;
            if let Some(unit) = release.spec.unit().filter(|_| wanted != Wanted::default()) {
                all.insert(unit, wanted);
            }
        }
        all
    }

    async fn wanted_by(&self, release: &Release, snapshot: &Snapshot) -> Wanted {
        let key = release.name_any();
        let record = release.status.clone().unwrap_or_default();
        match snapshot.units.get(&key) {
            Some(packed) if packed.owner.as_str() == release.spec.owner => {
                if packed.wants_all(&record.inventory) {
                    return Wanted::default();
                }
                let Ok(kept) = self.kept(&record, Some(packed), &[]).await else {
                    // What is on its way cannot be told now; the unit's own look tries again.
                    return Wanted::default();
                };
                let observed = self.observe(&key, packed, snapshot);
                rollout::wanted(
                    &record,
                    Desired::Bundle(&packed.unpack()),
                    &kept,
                    &observed,
                    snapshot.clock(),
                )
            }
            None if snapshot.broken.contains_key(&key) => Wanted::default(),
            Some(_) | None => {
                let observed = self.observe_own(&key, &Owner::named(&release.spec.owner));
                rollout::wanted(
                    &record,
                    Desired::Gone,
                    &Kept::new(),
                    &observed,
                    snapshot.clock(),
                )
            }
        }
    }

    /// Whether a unit's deletions may go on, now that this is what it wants. Units whose answer
    /// may have changed by it are woken.
    pub(super) fn permission(
        &self,
        unit: &UnitId,
        wanted: Wanted,
        snapshot: &Snapshot,
    ) -> Permission {
        match snapshot.leave {
            PruneLeave::Granted => {}
            PruneLeave::Unreadable => return Permission::Suspended(Suspension::Unreadable),
            PruneLeave::Rewritten => return Permission::Suspended(Suspension::Rewritten),
        }
        let mut memory = self.memory();
        let heeded = memory.heeded.as_deref();
        if !heeded.is_some_and(|heeded| std::ptr::eq(heeded, snapshot)) {
            // Another commit was weighed meanwhile; what this one wanted would falsify the scales.
            return Permission::Suspended(Suspension::Outdated);
        }
        let before = judge(&memory.wanted, snapshot);
        let none = Wanted::default();
        if *memory.wanted.get(unit).unwrap_or(&none) == wanted {
            return before;
        }
        if wanted == none {
            memory.wanted.remove(unit);
        } else {
            memory.wanted.insert(unit.clone(), wanted);
        }
        let after = judge(&memory.wanted, snapshot);
        if before != after {
            memory
                .wanted
                .keys()
                .for_each(|other| self.queue.add(&other.release_name()));
        }
        after
    }
}

fn judge(wanted: &BTreeMap<UnitId, Wanted>, snapshot: &Snapshot) -> Permission {
    let strategies = snapshot
        .units
        .values()
        .filter(|packed| matches!(packed.unit, UnitId::Strategy(_)));
    consent::judge(&Question {
        wanted,
        remaining: strategies.count() + snapshot.broken.len(),
        cap: snapshot.deletion_cap,
        consents: &snapshot.consents,
        now: Timestamp::now(),
    })
}
