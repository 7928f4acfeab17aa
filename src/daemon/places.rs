//! Who else takes a place on an exclusive holding that a unit needs, or that an earlier version of it
//! did.

use std::collections::{BTreeMap, BTreeSet};

use kube::ResourceExt as _;

use super::observe::claims;
use crate::compile::Owner;
use crate::object::{Object, ObjectId};
use crate::release::Release;
use crate::rollout::{Kept, Leftover, Observed, holdings};
use crate::spec::names::StrategyName;

/// What is known of the other units of a fleet.
pub(super) trait Others {
    /// The others that take, or took, a holding.
    fn sharers(&self, of: &Owner, holding: &str) -> Vec<Owner>;
    /// What one of them has.
    fn objects(&self, of: &Owner) -> BTreeMap<ObjectId, Object>;
    /// Its record.
    fn release(&self, of: &Owner) -> Option<Release>;
    /// Whether Git has a strategy, with errors or without.
    fn knows(&self, strategy: &StrategyName) -> bool;
}

/// Who takes the places that a unit needs.
pub(super) fn needed(
    observed: &mut Observed,
    unit: &Owner,
    holdings: &[String],
    others: &impl Others,
) {
    for holding in holdings {
        for sharer in others.sharers(unit, holding) {
            sharers(observed, &sharer, holding, others);
        }
    }
}

/// Who takes the places that only earlier versions of a unit need: a freeze, a window, a failure or a
/// person may keep it on one of those, or take it back there.
pub(super) fn kept(
    observed: &mut Observed,
    unit: &Owner,
    wanted: &[String],
    kept: &Kept,
    others: &impl Others,
) {
    let leftovers = observed.leftovers.len();
    let earlier: BTreeSet<&String> = kept.values().flat_map(|it| &it.holdings).collect();
    for holding in earlier {
        if !wanted.contains(holding) {
            needed(observed, unit, std::slice::from_ref(holding), others);
        }
    }
    // What an earlier version needed is no reason to take a new one for another's.
    observed.leftovers.truncate(leftovers);
}

fn sharers(observed: &mut Observed, sharer: &Owner, holding: &str, others: &impl Others) {
    let objects = others.objects(sharer);
    let release = others.release(sharer);
    let may_start = release.as_ref().filter(|release| {
        let status = release.status.as_ref();
        status.is_some_and(|status| holdings::may_take(status, holding))
    });
    let mut takers = objects.values().filter(|it| holdings::takes(it, holding));
    let taker = takers.next().map(Object::id).or(may_start.map(id_of));
    if let Some(taker) = taker {
        observed.held_by_others.insert(holding.to_owned(), taker);
    }
    let Some(strategy) = release.and_then(|release| release.spec.strategy?.parse().ok()) else {
        return;
    };
    if !others.knows(&strategy) {
        let leftover = |claim| Leftover {
            strategy: StrategyName::clone(&strategy),
            holding: holding.to_owned(),
            claim,
        };
        observed.leftovers.extend(claims(&objects).map(leftover));
    }
}

fn id_of(release: &Release) -> ObjectId {
    ObjectId {
        group: "tidegate.dev".to_owned(),
        kind: "Release".to_owned(),
        namespace: release.metadata.namespace.clone(),
        name: release.name_any(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::compile::{self, fixture};
    use crate::object::mark;
    use crate::release::{ReleaseSpec, ReleaseStatus};

    /// Another unit, which takes `one`, or may: its pod, its claim and its record.
    struct Hedger {
        pod: Option<Object>,
        release: Option<Release>,
        is_in_git: bool,
    }

    impl Others for Hedger {
        fn sharers(&self, _: &Owner, holding: &str) -> Vec<Owner> {
            let sharer = (holding == "one").then(|| Owner::named("of-hedger"));
            sharer.into_iter().collect()
        }

        fn objects(&self, _: &Owner) -> BTreeMap<ObjectId, Object> {
            let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "metadata": {"name": "hedger-data", "namespace": "rates"}});
            let claim = Object::new(claim);
            let all = self.pod.clone().into_iter().chain(claim);
            all.map(|it| (it.id(), it)).collect()
        }

        fn release(&self, _: &Owner) -> Option<Release> {
            self.release.clone()
        }

        fn knows(&self, _: &StrategyName) -> bool {
            self.is_in_git
        }
    }

    fn pod() -> Object {
        Object::new(
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "hedger-0",
            "namespace": "rates", "annotations": {mark::HOLDINGS: r#"["one"]"#}}}),
        )
        .unwrap()
    }

    fn release(may_take: &[&str]) -> Release {
        let spec = ReleaseSpec {
            fleet: "harbour".to_owned(),
            cluster: "east".to_owned(),
            desk: "rates".to_owned(),
            strategy: Some("hedger".to_owned()),
            namespace: "rates".to_owned(),
            owner: "of-hedger".to_owned(),
        };
        let mut release = Release::new("hedger", spec);
        release.status = Some(ReleaseStatus {
            holdings: may_take.iter().map(ToString::to_string).collect(),
            ..ReleaseStatus::default()
        });
        release
    }

    /// An earlier version of a unit, which needed `one`.
    fn earlier() -> Kept {
        let mut bundle = compile::fleet(&fixture::fleet([fixture::service()]))
            .pop()
            .unwrap();
        bundle.holdings = vec!["one".to_owned()];
        Kept::from([("sha256:earlier".to_owned(), bundle)])
    }

    /// Looks at what an earlier version of a unit needs that wants these places now.
    fn look(wanted: &[&str], others: &Hedger) -> Observed {
        let mut observed = Observed::default();
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let unit = Owner::named("of-quoter");
        kept(&mut observed, &unit, &wanted, &earlier(), others);
        observed
    }

    fn holder(observed: &Observed) -> Option<String> {
        observed.held_by_others.get("one").map(ToString::to_string)
    }

    #[test]
    fn who_took_what_an_earlier_version_needs_is_seen() {
        let mut others = Hedger {
            pod: Some(pod()),
            release: Some(release(&[])),
            is_in_git: true,
        };
        let seen = holder(&look(&["two"], &others));
        assert_eq!(seen.as_deref(), Some("Pod rates/hedger-0"));
        others.release = None;
        let seen = holder(&look(&["two"], &others));
        assert_eq!(seen.as_deref(), Some("Pod rates/hedger-0"), "unrecorded");
    }

    #[test]
    fn whoever_may_start_where_an_earlier_version_did_is_seen_before_it_does() {
        let mut others = Hedger {
            pod: None,
            release: Some(release(&["one"])),
            is_in_git: true,
        };
        let seen = holder(&look(&["two"], &others));
        assert_eq!(seen.as_deref(), Some("Release hedger"));
        others.release = Some(release(&["three"]));
        assert_eq!(holder(&look(&["two"], &others)), None);
    }

    #[test]
    fn what_an_earlier_version_needed_takes_no_new_one_for_anothers() {
        let others = Hedger {
            pod: Some(pod()),
            release: Some(release(&["one"])),
            is_in_git: false,
        };
        assert!(look(&["two"], &others).leftovers.is_empty());

        let mut observed = Observed::default();
        let unit = Owner::named("of-quoter");
        needed(&mut observed, &unit, &["one".to_owned()], &others);
        let claims: Vec<String> = observed
            .leftovers
            .iter()
            .map(|it| it.claim.id().to_string())
            .collect();
        assert_eq!(claims, ["PersistentVolumeClaim rates/hedger-data"]);
    }

    #[test]
    fn what_this_version_needs_as_well_is_looked_at_with_the_rest_of_it() {
        let others = Hedger {
            pod: Some(pod()),
            release: None,
            is_in_git: true,
        };
        assert_eq!(holder(&look(&["one"], &others)), None);
    }
}
