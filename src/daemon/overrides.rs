//! What people override of a unit, and whether that can be believed.

use jiff::Timestamp;

use super::keeper::Keeper;
use super::snapshot::Snapshot;
use crate::admission::OVERRIDES;
use crate::cluster::resource::OVERRIDE;
use crate::release::{Release, ReleaseStatus};
use crate::rollout::overrides::Overrides;

impl Keeper {
    /// What people override of a unit.
    pub(super) async fn overrides(
        &self,
        key: &str,
        release: &Release,
        snapshot: &Snapshot,
    ) -> Overrides {
        let given = self.cache.overrides(&release.spec.namespace, key);
        if given.is_empty() {
            return Overrides::default();
        }
        let uids = given.iter().map(|it| (it.uid.as_str(), it.at));
        let uids: Vec<_> = uids.collect();
        Overrides {
            guard: self.guard(OVERRIDES, &OVERRIDE, &uids).await,
            people: snapshot.people.clone(),
            given,
        }
    }

    /// Counts those that stand, over all units.
    pub(super) fn count_overrides(&self, key: &str, record: &ReleaseStatus, now: Timestamp) {
        let stand = record.overrides.iter();
        let stand = stand.filter(|it| it.stands() && it.until > now).count();
        let mut memory = self.memory();
        match stand {
            0 => memory.overrides.remove(key),
            stand => memory.overrides.insert(key.to_owned(), stand),
        };
        let all: usize = memory.overrides.values().sum();
        drop(memory);
        self.metrics
            .overrides
            .set(i64::try_from(all).unwrap_or(i64::MAX));
    }
}
