//! What a step needs to have seen, gathered from the cache.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::keeper::Keeper;
use super::places::{self, Others};
use super::snapshot::{Packed, Snapshot};
use crate::cluster::resource::HTTP_ROUTE;
use crate::compile::{Owner, UnitId};
use crate::object::{Object, ObjectId};
use crate::release::{Phase, Release};
use crate::resolve::Class;
use crate::rollout::gates::Peer;
use crate::rollout::{self, Dependent, Kept, Observed, holdings};
use crate::spec::names::StrategyName;

/// What takes a place on a holding: the kinds of which a unit must have seen everything before it
/// starts.
pub(super) const PLACES: [(&str, &str); 2] = [("", "Pod"), ("apps", "StatefulSet")];

/// How long an object in the way is believed to be there before it is read again: nothing watches
/// it.
pub(super) const FOREIGN_FOR: Duration = Duration::from_secs(30);

impl Keeper {
    /// What there is of a unit that Git wants.
    pub(super) fn observe(&self, key: &str, packed: &Packed, snapshot: &Snapshot) -> Observed {
        let mut observed = self.observe_own(key, &packed.owner);
        match &packed.unit {
            // Its residents matter once it is to go. To find them takes every record there is, and
            // its quota changes with every pod.
            UnitId::Desk(_) => {}
            UnitId::Strategy(_) => {
                observed.namespace = self.namespace_lack(&packed.namespace);
                observed.after = packed
                    .after
                    .iter()
                    .map(|name| (name.clone(), self.is_healthy(name, snapshot)))
                    .collect();
                observed.peers = packed
                    .peers
                    .iter()
                    .map(|name| (name.clone(), self.peer(name, snapshot)))
                    .collect();
                observed.routeless = self.cache.lacks(&HTTP_ROUTE);
                self.observe_holdings(&mut observed, packed, snapshot);
                self.observe_old(&mut observed, packed, snapshot);
                self.observe_gateways(&mut observed, key, packed, snapshot);
                // To find them takes every unit there is, and only a gateway waits for them.
                if packed.class == Some(Class::Gateway) {
                    observed.dependents = self.dependents(&packed.unit, snapshot);
                }
            }
        }
        observed
    }

    /// What there is of a unit, whatever Git says of it.
    pub(super) fn observe_own(&self, key: &str, owner: &Owner) -> Observed {
        let memory = self.memory();
        Observed {
            objects: self.cache.unit(owner),
            foreign: (memory.foreign.get(key))
                .map(|(_, found)| found.clone())
                .unwrap_or_default(),
            failed: memory.attempts.get(key).cloned(),
            ..Observed::default()
        }
    }

    /// The strategies that still have objects in a namespace.
    pub(super) fn residents(&self, namespace: &str) -> BTreeSet<StrategyName> {
        let releases = self.cache.releases().into_iter();
        releases
            .filter(|release| release.spec.namespace == namespace)
            .filter(|release| {
                release
                    .status
                    .as_ref()
                    .is_some_and(|status| !status.inventory.is_empty())
            })
            .filter_map(|release| release.spec.strategy?.parse().ok())
            .collect()
    }

    fn namespace_lack(&self, namespace: &str) -> Option<String> {
        let id = ObjectId {
            group: String::new(),
            kind: "Namespace".to_owned(),
            namespace: None,
            name: namespace.to_owned(),
        };
        match self.cache.get(&id) {
            None => Some("which its desk has not made yet".to_owned()),
            Some(found) if found.is_terminating() => Some("which is being deleted".to_owned()),
            Some(_) => None,
        }
    }

    /// How far a strategy's rollout is.
    fn peer(&self, strategy: &StrategyName, snapshot: &Snapshot) -> Peer {
        let key = UnitId::Strategy(strategy.clone()).release_name();
        let status = self.cache.release(&key).and_then(|release| release.status);
        let wanted = snapshot.units.get(&key).map(|packed| packed.digest);
        rollout::peer(status.as_ref(), wanted)
    }

    /// Whether a strategy is as Git says now, and healthy; or why not.
    fn is_healthy(&self, strategy: &StrategyName, snapshot: &Snapshot) -> Result<(), String> {
        let key = UnitId::Strategy(strategy.clone()).release_name();
        let status = self.cache.release(&key).and_then(|release| release.status);
        let status = status.ok_or_else(|| "it is not deployed yet".to_owned())?;
        let wanted = snapshot.units.get(&key).map(|packed| packed.digest);
        let stable = status.stable.as_ref().map(|stable| stable.bundle.as_str());
        let is_old = wanted.is_some_and(|wanted| stable != Some(wanted.to_string().as_str()));
        match (status.phase, status.waiting_on.first(), status.failure) {
            (Phase::Ready, _, _) if is_old => Err("its change is not in place yet".to_owned()),
            (Phase::Ready, _, _) => Ok(()),
            (_, _, Some(failure)) => Err(failure),
            (_, Some(waiting), None) => Err(format!("it waits for {}", waiting.what)),
            (phase, None, None) => Err(format!("it is {phase:?}").to_lowercase()),
        }
    }

    /// Who else takes a place that only an earlier version of this unit needs.
    pub(super) fn observe_kept(
        &self,
        observed: &mut Observed,
        packed: &Packed,
        kept: &Kept,
        snapshot: &Snapshot,
    ) {
        let others = Rest {
            keeper: self,
            snapshot,
        };
        places::kept(observed, &packed.owner, &packed.holdings, kept, &others);
    }

    /// Who else takes, or took, a place that this unit needs.
    fn observe_holdings(&self, observed: &mut Observed, packed: &Packed, snapshot: &Snapshot) {
        let others = Rest {
            keeper: self,
            snapshot,
        };
        places::needed(observed, &packed.owner, &packed.holdings, &others);
        observed.blind = self.cache.blind(&PLACES);
    }

    /// What runs of the strategies that need this one.
    fn dependents(&self, unit: &UnitId, snapshot: &Snapshot) -> Vec<Dependent> {
        let UnitId::Strategy(name) = unit else {
            return Vec::new();
        };
        let mut dependents = Vec::new();
        for other in snapshot.units.values() {
            if let UnitId::Strategy(strategy) = &other.unit
                && other.requires.contains(name)
            {
                let objects = self.cache.unit(&other.owner);
                dependents.extend(takers(&objects).map(|runs| Dependent {
                    strategy: strategy.clone(),
                    runs,
                }));
            }
        }
        dependents
    }

    /// How the gateways are that a unit needs, and whether they wait for it to be gone.
    fn observe_gateways(
        &self,
        observed: &mut Observed,
        key: &str,
        packed: &Packed,
        snapshot: &Snapshot,
    ) {
        for name in &packed.requires {
            let gateway = UnitId::Strategy(name.clone()).release_name();
            let class = snapshot.units.get(&gateway).and_then(|it| it.class);
            if class != Some(Class::Gateway) {
                continue;
            }
            let state = self.is_healthy(name, snapshot);
            observed.gateways.insert(name.clone(), state);
            let status = self.cache.release(&gateway).and_then(|it| it.status);
            let waits = status.iter().flat_map(|status| &status.waiting_on);
            observed.is_waited_for |= waits.into_iter().any(|it| it.unit.as_deref() == Some(key));
        }
    }

    /// What the strategy that it was renamed from still has.
    fn observe_old(&self, observed: &mut Observed, packed: &Packed, snapshot: &Snapshot) {
        let (Some(old), Some((fleet, cluster))) = (&packed.renamed_from, &snapshot.place) else {
            return;
        };
        let owner = Owner::of(fleet, cluster, &packed.desk, Some(old));
        let objects = self.cache.unit(&owner);
        observed.old_claims = claims(&objects).collect();
        observed.old_pods = takers(&objects).collect();
    }
}

/// The other units, as this process knows them.
struct Rest<'a> {
    keeper: &'a Keeper,
    snapshot: &'a Snapshot,
}

impl Others for Rest<'_> {
    fn sharers(&self, of: &Owner, holding: &str) -> Vec<Owner> {
        self.keeper.memory().directory.sharers(of, holding)
    }

    fn objects(&self, of: &Owner) -> BTreeMap<ObjectId, Object> {
        self.keeper.cache.unit(of)
    }

    fn release(&self, of: &Owner) -> Option<Release> {
        let key = self.keeper.memory().directory.owned_by(of)?;
        let release = self.keeper.cache.release(&key)?;
        (release.spec.owner == of.as_str()).then_some(release)
    }

    fn knows(&self, strategy: &StrategyName) -> bool {
        self.snapshot.knows(strategy)
    }
}

pub(super) fn claims(objects: &BTreeMap<ObjectId, Object>) -> impl Iterator<Item = Object> {
    objects
        .values()
        .filter(|object| object.kind() == "PersistentVolumeClaim")
        .cloned()
}

/// Pods, terminating ones too, and whatever would make one.
fn takers(objects: &BTreeMap<ObjectId, Object>) -> impl Iterator<Item = ObjectId> {
    let pods = objects.values().filter(|object| object.kind() == "Pod");
    let is_maker = |object: &&Object| object.kind() == "StatefulSet" && holdings::is_up(object);
    let makers = objects.values().filter(is_maker);
    pods.chain(makers).map(Object::id)
}
