//! Who is who: units by owner label and by holding. Made once a commit, so that an event costs a
//! look-up and not a walk over the fleet.

use std::collections::{BTreeMap, BTreeSet};

use kube::ResourceExt as _;

use super::snapshot::Snapshot;
use crate::compile::Owner;
use crate::object::{Object, mark};
use crate::release::Release;
use crate::rollout::holdings;

/// The units of a fleet, those that are retiring included, and whoever else has a pod on a holding.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// The names of their Releases. One whose record went with an earlier install has none.
    keys: BTreeMap<Owner, String>,
    owners: BTreeMap<String, BTreeSet<Owner>>,
    holdings: BTreeMap<Owner, BTreeSet<String>>,
    holders: BTreeMap<String, BTreeSet<Owner>>,
}

impl Directory {
    /// What a snapshot wants, what there are records of, and what there is: a record may be lost, or
    /// not be written yet, and the pod be there all the same.
    pub(super) fn of(
        snapshot: &Snapshot,
        releases: &[Release],
        live: impl IntoIterator<Item = Object>,
    ) -> Self {
        let mut directory = Self::default();
        for (key, packed) in &snapshot.units {
            directory.name(key, &packed.owner);
            directory.hold(&packed.owner, &packed.holdings);
        }
        for release in releases {
            let owner = Owner::named(&release.spec.owner);
            directory.name(&release.name_any(), &owner);
            if let Some(status) = &release.status {
                directory.hold(&owner, &status.holdings);
                directory.hold(&owner, &status.held);
            }
        }
        for object in live {
            if let Some(owner) = object.label(mark::OWNER) {
                let said = holdings::said(&object).unwrap_or_default();
                directory.hold(&Owner::named(owner), &said);
            }
        }
        directory
    }

    /// The unit that an owner label is of.
    pub(super) fn owned_by(&self, owner: &Owner) -> Option<String> {
        self.keys.get(owner).cloned()
    }

    /// The others that take, or took, a holding.
    pub(super) fn sharers(&self, owner: &Owner, holding: &str) -> Vec<Owner> {
        let sharers = self.holders.get(holding).into_iter().flatten();
        sharers.filter(|other| *other != owner).cloned().collect()
    }

    /// The other units that take, or took, any holding of a unit.
    pub(super) fn rivals(&self, key: &str) -> BTreeSet<String> {
        let owners = self.owners.get(key).into_iter().flatten();
        let mut rivals: BTreeSet<String> = owners.flat_map(|it| self.rivals_of(it)).collect();
        rivals.remove(key);
        rivals
    }

    /// The units that share any holding with an owner.
    pub(super) fn rivals_of(&self, owner: &Owner) -> BTreeSet<String> {
        let holdings = self.holdings.get(owner).into_iter().flatten();
        let sharers = holdings.flat_map(|holding| self.sharers(owner, holding));
        sharers
            .filter_map(|sharer| self.keys.get(&sharer).cloned())
            .collect()
    }

    fn name(&mut self, key: &str, owner: &Owner) {
        self.keys.insert(owner.clone(), key.to_owned());
        let owners = self.owners.entry(key.to_owned()).or_default();
        owners.insert(owner.clone());
    }

    fn hold(&mut self, owner: &Owner, holdings: &[String]) {
        for holding in holdings {
            let held = self.holdings.entry(owner.clone()).or_default();
            held.insert(holding.clone());
            let holders = self.holders.entry(holding.clone()).or_default();
            holders.insert(owner.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::{ReleaseSpec, ReleaseStatus};
    use serde_json::json;

    fn release(name: &str, held: &str) -> Release {
        let spec = ReleaseSpec {
            fleet: "harbour".to_owned(),
            cluster: "east".to_owned(),
            desk: "rates".to_owned(),
            strategy: Some(name.to_owned()),
            namespace: "rates".to_owned(),
            owner: format!("of-{name}"),
        };
        let mut release = Release::new(name, spec);
        release.status = Some(ReleaseStatus {
            held: vec![held.to_owned()],
            ..ReleaseStatus::default()
        });
        release
    }

    #[test]
    fn a_pod_that_no_record_knows_holds_what_it_says() {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {
            "name": "lost-0", "namespace": "rates",
            "labels": {mark::OWNER: "of-lost"},
            "annotations": {mark::HOLDINGS: r#"["one"]"#}}});
        let snapshot = Snapshot::nothing();
        let releases = [release("quoter", "one"), release("hedger", "two")];
        let directory = Directory::of(&snapshot, &releases, Object::new(pod));
        let quoter = Owner::named("of-quoter");
        assert_eq!(directory.sharers(&quoter, "one"), [Owner::named("of-lost")]);
        assert!(directory.rivals("quoter").is_empty(), "it has no record");
        let rivals = directory.rivals_of(&Owner::named("of-lost"));
        assert_eq!(rivals, BTreeSet::from(["quoter".to_owned()]));
    }
}
