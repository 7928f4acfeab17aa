//! What a step needs to have seen, gathered from the cache and the records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tidegate::compile::{Bundle, UnitId};
use tidegate::intent::Asked;
use tidegate::object::{Object, ObjectId};
use tidegate::release::Phase;
use tidegate::rollout::gates::{Measurement, Peer};
use tidegate::rollout::{Leftover, Observed, holdings, peer, peers};
use tidegate::spec::names::StrategyName;

use super::{Daemon, FOREIGN_FOR};
use crate::sim::world::World;

/// What is seen around a unit, beside its own objects.
#[derive(Default)]
struct Around {
    held_by_others: BTreeMap<String, ObjectId>,
    after: BTreeMap<StrategyName, Result<(), String>>,
    namespace: Option<String>,
    old_claims: Vec<Object>,
    old_pods: Vec<ObjectId>,
    leftovers: Vec<Leftover>,
    intents: Vec<Asked>,
    measurements: BTreeMap<String, Measurement>,
    peers: BTreeMap<StrategyName, Peer>,
}

impl Daemon {
    /// What is seen of a unit. It is kept from one look to the next, and changed only where it
    /// differs.
    pub(super) fn observed(&mut self, unit: &UnitId, world: &World) -> Arc<Observed> {
        let owner = self.owner(unit);
        let mut around = Around::default();
        if let (UnitId::Strategy(_), Some(bundle)) = (unit, self.git.bundles.get(unit)) {
            around = self.around(bundle, world);
            around.intents = world.intents.get(unit).cloned().unwrap_or_default();
            around.measurements = self.memory.measured.get(unit).cloned().unwrap_or_default();
        }
        let halts = world.halts(unit, &self.git.site.desk);
        let ledger = world.ledgered(unit);
        let bundle = self.git.bundles.get(unit).filter(|it| World::asks(it));
        let approvals = bundle.map(|it| world.approvals(unit, it, &self.commit));
        let approvals = approvals.unwrap_or_default();
        let foreign = self.foreign(unit, world);
        let failed = self.memory.failed.get(unit).cloned();
        let view = self.memory.views.entry(owner).or_default();
        let is_same = view.held_by_others == around.held_by_others
            && view.after == around.after
            && view.namespace == around.namespace
            && view.old_claims == around.old_claims
            && view.old_pods == around.old_pods
            && view.leftovers == around.leftovers
            && view.intents == around.intents
            && view.measurements == around.measurements
            && view.peers == around.peers
            && view.halts == halts
            && view.ledger == ledger
            && view.approvals == approvals
            && view.foreign == foreign
            && view.failed == failed;
        if !is_same {
            let Around {
                held_by_others,
                after,
                namespace,
                old_claims,
                old_pods,
                leftovers,
                intents,
                measurements,
                peers,
            } = around;
            let view = Arc::make_mut(view);
            view.held_by_others = held_by_others;
            view.after = after;
            view.namespace = namespace;
            view.old_claims = old_claims;
            view.old_pods = old_pods;
            view.leftovers = leftovers;
            view.intents = intents;
            view.measurements = measurements;
            view.peers = peers;
            view.halts = halts;
            view.ledger = ledger;
            view.approvals = approvals;
            view.foreign = foreign;
            view.failed = failed;
        }
        view.clone()
    }

    /// What stands in the way. Nothing watches it, so it is read again after a while.
    fn foreign(&mut self, unit: &UnitId, world: &World) -> BTreeMap<ObjectId, Object> {
        let Some((at, known)) = self.memory.foreign.get_mut(unit) else {
            return BTreeMap::new();
        };
        if world.now >= at.saturating_add(FOREIGN_FOR).unwrap_or(*at) {
            *at = world.now;
            let record = world.records.get(unit);
            known.retain(|id, object| {
                let mut listed = record.into_iter().flat_map(|it| &it.inventory);
                let found = world.get(id).filter(|_| listed.any(|it| it.id() == *id));
                if let Some(found) = found {
                    *object = found.object.as_ref().clone();
                }
                found.is_some()
            });
        }
        if known.is_empty() {
            self.memory.foreign.remove(unit);
            return BTreeMap::new();
        }
        let (at, found) = (*at, known.clone());
        self.sleep_until(unit, at.saturating_add(FOREIGN_FOR).unwrap_or(at));
        found
    }

    fn around(&self, bundle: &Bundle, world: &World) -> Around {
        let mut around = Around {
            namespace: self.namespace_lack(bundle),
            ..Around::default()
        };
        for holding in &bundle.holdings {
            self.sharers(bundle, holding, world, &mut around);
        }
        let leftovers = around.leftovers.len();
        for holding in self.kept_holdings(bundle, world) {
            self.sharers(bundle, &holding, world, &mut around);
        }
        around.leftovers.truncate(leftovers);
        for strategy in &bundle.after {
            let state = self.is_healthy(strategy, world);
            around.after.insert(strategy.clone(), state);
        }
        for strategy in peers(bundle) {
            let peer = self.peer(strategy, world);
            around.peers.insert(strategy.clone(), peer);
        }
        if let Some(old) = &bundle.renamed_from {
            let objects = self.view_of(&UnitId::Strategy(old.clone()));
            around.old_claims = claims(objects).collect();
            around.old_pods = takers(objects).collect();
        }
        around
    }

    /// What earlier versions need that this one does not.
    fn kept_holdings(&self, bundle: &Bundle, world: &World) -> BTreeSet<String> {
        let record = world.records.get(&bundle.unit).map(Arc::as_ref);
        let named = record.into_iter().flat_map(|it| {
            let past = it.history.iter().map(|it| &it.revision);
            let now = it.stable.iter().chain(&it.candidate);
            now.chain(&it.pinned).chain(past)
        });
        let kept = named.filter_map(|it| self.kept.get(&it.bundle));
        let holdings = kept.flat_map(|it| &it.holdings);
        let others = holdings.filter(|it| !bundle.holdings.contains(it));
        others.cloned().collect()
    }

    fn view_of(&self, unit: &UnitId) -> Option<&BTreeMap<ObjectId, Object>> {
        let owner = self.owners.get(unit)?;
        self.memory.views.get(owner).map(|view| &view.objects)
    }

    fn namespace_lack(&self, bundle: &Bundle) -> Option<String> {
        let desk = self.view_of(&UnitId::Desk(bundle.desk.clone()));
        let mut spaces = desk
            .into_iter()
            .flatten()
            .filter(|(id, _)| id.kind == "Namespace");
        match spaces.find(|(id, _)| id.name == bundle.namespace) {
            None => Some("which its desk has not made yet".to_owned()),
            Some((_, found)) if found.is_terminating() => Some("which is being deleted".to_owned()),
            Some(_) => None,
        }
    }

    /// Who else takes, or took, a place that a unit needs.
    fn sharers(&self, bundle: &Bundle, holding: &String, world: &World, around: &mut Around) {
        let known = self.holders.get(holding).into_iter().flatten();
        for unit in known.filter(|unit| **unit != bundle.unit) {
            let UnitId::Strategy(strategy) = unit else {
                continue;
            };
            let record = world.records.get(unit).map(Arc::as_ref);
            let objects = self.view_of(unit);
            let mut all = objects.into_iter().flatten().map(|(_, object)| object);
            let taker = all.find(|it| holdings::takes(it, holding)).map(Object::id);
            let may = record.is_some_and(|record| holdings::may_take(record, holding));
            if let Some(taker) = taker.or_else(|| may.then(|| release_id(unit))) {
                around.held_by_others.insert(holding.clone(), taker);
            }
            let is_in_git = self.git.bundles.contains_key(unit) || self.git.broken.contains(unit);
            if record.is_some() && !is_in_git {
                let leftover = |claim| Leftover {
                    strategy: strategy.clone(),
                    holding: holding.clone(),
                    claim,
                };
                around.leftovers.extend(claims(objects).map(leftover));
            }
        }
    }

    fn peer(&self, strategy: &StrategyName, world: &World) -> Peer {
        let unit = UnitId::Strategy(strategy.clone());
        let wanted = self.git.bundles.get(&unit).map(|bundle| bundle.bundle);
        peer(world.records.get(&unit).map(Arc::as_ref), wanted)
    }

    fn is_healthy(&self, strategy: &StrategyName, world: &World) -> Result<(), String> {
        let unit = UnitId::Strategy(strategy.clone());
        let Some(record) = world.records.get(&unit) else {
            return Err("it is not deployed yet".to_owned());
        };
        let wanted = self
            .git
            .bundles
            .get(&unit)
            .map(|bundle| bundle.bundle.to_string());
        let stable = record.stable.as_ref().map(|stable| stable.bundle.clone());
        match record.phase {
            Phase::Ready if wanted.is_some() && wanted != stable => {
                Err("its change is not in place yet".to_owned())
            }
            Phase::Ready => Ok(()),
            phase => Err(format!("it is {phase:?}").to_lowercase()),
        }
    }
}

fn claims(objects: Option<&BTreeMap<ObjectId, Object>>) -> impl Iterator<Item = Object> {
    let all = objects.into_iter().flatten();
    all.filter(|(id, _)| id.kind == "PersistentVolumeClaim")
        .map(|(_, object)| object.clone())
}

/// Pods, terminating ones too, and whatever would make one.
fn takers(objects: Option<&BTreeMap<ObjectId, Object>>) -> impl Iterator<Item = ObjectId> {
    let all = objects.into_iter().flatten().map(|(_, object)| object);
    let takes = |object: &&Object| match object.kind() {
        "Pod" => true,
        "StatefulSet" => holdings::is_up(object),
        _ => false,
    };
    all.filter(takes).map(Object::id)
}

fn release_id(unit: &UnitId) -> ObjectId {
    ObjectId {
        group: "tidegate.dev".to_owned(),
        kind: "Release".to_owned(),
        namespace: Some("tidegate".to_owned()),
        name: unit.release_name(),
    }
}
