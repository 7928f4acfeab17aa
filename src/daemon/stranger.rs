//! Records of another fleet: whoever follows the wrong repository, or talks to the wrong cluster,
//! must not retire what runs there.

use tracing::warn;

use super::keeper::Keeper;
use super::snapshot::Snapshot;
use crate::release::Release;
use crate::spec::names::{ClusterName, FleetName};

impl Keeper {
    /// Whether what a snapshot says may be done here. If not, nothing at all is, and everybody who
    /// asks is told why.
    pub(super) fn admit(&self, snapshot: &Snapshot) -> bool {
        let place = snapshot.place.as_ref();
        let why = place.and_then(|place| stranger(place, &self.cache.releases(), &self.namespace));
        let mut memory = self.memory();
        if let Some(why) = why.as_ref().filter(|_| memory.refused != why) {
            warn!(commit = snapshot.commit, "refused to {why}");
        }
        memory.refused = why;
        memory.refused.is_none()
    }
}

/// Why a fleet may not be applied beside these records.
pub fn stranger(
    (fleet, cluster): &(FleetName, ClusterName),
    releases: &[Release],
    namespace: &str,
) -> Option<String> {
    let mut strangers = releases
        .iter()
        .map(|release| &release.spec)
        .filter(|spec| spec.fleet != fleet.as_str() || spec.cluster != cluster.as_str());
    let first = strangers.next()?;
    Some(format!(
        "apply the fleet `{fleet}` as cluster `{cluster}`: `{namespace}` has records of the fleet \
         `{}` as cluster `{}`, whose units must not be retired by another; follow the repository of that fleet, talk to the cluster that is meant, or put \
         the name back",
        first.fleet, first.cluster
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::ReleaseSpec;

    fn release(fleet: &str, cluster: &str) -> Release {
        let spec = ReleaseSpec {
            fleet: fleet.to_owned(),
            cluster: cluster.to_owned(),
            desk: "rates".to_owned(),
            strategy: None,
            namespace: "rates".to_owned(),
            owner: "abc".to_owned(),
        };
        Release::new("desk.rates", spec)
    }

    fn check(fleet: &str, cluster: &str, expect: Option<&str>) {
        let place = (
            "harbour".parse().expect("a name"),
            "east".parse().expect("a name"),
        );
        let records = [release("harbour", "east"), release(fleet, cluster)];
        let why = stranger(&place, &records, "tidegate-system");
        match expect {
            Some(part) => assert!(why.is_some_and(|why| why.contains(part))),
            None => assert_eq!(why, None),
        }
    }

    #[test]
    fn a_record_of_another_fleet_or_cluster_refuses_everything() {
        check("harbour", "east", None);
        check(
            "marina",
            "east",
            Some("records of the fleet `marina` as cluster `east`"),
        );
        check(
            "harbour",
            "west",
            Some("records of the fleet `harbour` as cluster `west`"),
        );
    }
}
