//! Who is who: units by owner label and by holding. Made once a commit, so that an event costs a
//! look-up and not a walk over the fleet.

use std::collections::{BTreeMap, BTreeSet};

use super::snapshot::Snapshot;
use super::wake;
use crate::compile::Owner;
use crate::release::Release;

/// The units of a fleet, those that are retiring included, by the names of their Releases.
#[derive(Debug, Default)]
pub(super) struct Directory {
    owners: BTreeMap<Owner, String>,
    holders: BTreeMap<String, BTreeSet<String>>,
}

impl Directory {
    /// What a snapshot wants, and what there are records of.
    pub(super) fn of(snapshot: &Snapshot, releases: &[Release]) -> Self {
        let mut directory = Self::default();
        for (key, packed) in &snapshot.units {
            directory.add(key, packed.owner.clone(), &packed.holdings);
        }
        for release in releases {
            let owner = Owner::named(&release.spec.owner);
            let status = release.status.clone().unwrap_or_default();
            let key = wake::name(release);
            directory.add(&key, owner.clone(), &status.holdings);
            directory.add(&key, owner, &status.held);
        }
        directory
    }

    /// The unit that an owner label is of.
    pub(super) fn owned_by(&self, owner: &Owner) -> Option<String> {
        self.owners.get(owner).cloned()
    }

    /// The other units that take, or took, a holding.
    pub(super) fn sharers(&self, key: &str, holding: &str) -> BTreeSet<String> {
        let mut sharers = self.holders.get(holding).cloned().unwrap_or_default();
        sharers.remove(key);
        sharers
    }

    /// The other units that take, or took, any holding of a unit.
    pub(super) fn rivals(&self, key: &str) -> BTreeSet<String> {
        let shared = self
            .holders
            .values()
            .filter(|keys| keys.len() > 1 && keys.contains(key));
        shared
            .flatten()
            .filter(|other| *other != key)
            .cloned()
            .collect()
    }

    fn add(&mut self, key: &str, owner: Owner, holdings: &[String]) {
        self.owners.insert(owner, key.to_owned());
        for holding in holdings {
            self.holders
                .entry(holding.clone())
                .or_default()
                .insert(key.to_owned());
        }
    }
}
