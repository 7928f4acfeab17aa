//! What the daemon sees of a unit, and of what is around it.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::Objects;
use super::Daemon;
use crate::compile::{Bundle, UnitId};
use crate::halt::{Halts, Place};
use crate::object::{Object, ObjectId, mark};
use crate::rollout::{Dependent, Leftover, Observed, holdings};

impl Daemon {
    pub(super) fn observed(&self, unit: &UnitId, seen: &Objects) -> Observed {
        let owner = self.owners.get(unit).cloned().unwrap_or_default();
        let labelled = |owner: &str| {
            let all = seen
                .values()
                .filter(|it| it.label(mark::OWNER) == Some(owner));
            all.map(|it| it.as_ref().clone()).collect::<Vec<_>>()
        };
        let objects = labelled(&owner).into_iter().map(|it| (it.id(), it));
        let mut observed = Observed {
            objects: objects.collect(),
            foreign: self.foreign.get(unit).cloned().unwrap_or_default(),
            failed: self.failed.get(unit).cloned(),
            intents: self.intents.get(unit).cloned().unwrap_or_default(),
            ledger: self.ledger.clone(),
            halts: self.halts_of(unit),
            approvals: self.approvals.get(unit).cloned().unwrap_or_default(),
            overrides: self.overrides.get(unit).cloned().unwrap_or_default(),
            measurements: self.measured.get(unit).cloned().unwrap_or_default(),
            ..Observed::default()
        };
        if let UnitId::Desk(desk) = unit {
            observed.residents = self.residents(desk.as_str(), seen);
        }
        if let Some(bundle) = self.bundles.get(unit) {
            self.around(bundle, &owner, seen, &mut observed);
        }
        observed
    }

    fn halts_of(&self, unit: &UnitId) -> Halts {
        let record = self.records.get(unit).cloned().unwrap_or_default();
        let bundle = self.bundles.get(unit);
        let touches = bundle.map_or_else(
            || record.touches.clone(),
            |bundle| record.touches.and(&bundle.touches),
        );
        let place = Place {
            unit,
            namespace: self.names.get(unit).map_or("", |it| it.namespace.as_str()),
            touches: &touches,
        };
        let halts = Halts {
            there: self.halts.clone(),
            blind: self.blind.clone(),
        };
        halts.concerning(&place, &record.halts)
    }

    fn residents(&self, desk: &str, seen: &Objects) -> BTreeSet<crate::spec::names::StrategyName> {
        let names = self.names.iter().filter(|(_, it)| it.desk.as_str() == desk);
        names
            .filter_map(|(unit, _)| match unit {
                UnitId::Strategy(name) => Some(name.clone()),
                UnitId::Desk(_) => None,
            })
            .filter(|name| {
                let mut rest = seen
                    .values()
                    .filter(|it| it.kind() != "PersistentVolumeClaim");
                rest.any(|it| it.label(mark::STRATEGY) == Some(name.as_str()))
            })
            .collect()
    }

    fn around(&self, bundle: &Bundle, owner: &str, seen: &Objects, observed: &mut Observed) {
        let others: Vec<&Rc<Object>> = seen
            .values()
            .filter(|it| it.label(mark::OWNER).is_some_and(|label| label != owner))
            .collect();
        for holding in &bundle.holdings {
            let mut takers = others.iter().filter(|it| self.shares(it, holding));
            let taker = takers
                .find(|it| holdings::takes(it, holding))
                .map(|it| it.id());
            let mut records = self
                .records
                .iter()
                .filter(|(unit, _)| **unit != bundle.unit);
            let may = records.find(|(_, record)| holdings::may_take(record, holding));
            let release = || Some(release_id(may?.0));
            if let Some(other) = taker.or_else(release) {
                observed.held_by_others.insert(holding.clone(), other);
            }
        }
        if matches!(bundle.unit, UnitId::Strategy(_)) {
            let namespace = seen.values().any(|it| {
                it.kind() == "Namespace" && it.name() == bundle.namespace && !it.is_terminating()
            });
            observed.namespace = (!namespace).then(|| "which its desk has not made yet".to_owned());
        }
        for strategy in &bundle.after {
            let record = self.records.get(&UnitId::Strategy(strategy.clone()));
            let ready = record.is_some_and(|it| it.phase == crate::release::Phase::Ready);
            let state = if ready {
                Ok(())
            } else {
                Err("it is not ready".to_owned())
            };
            observed.after.insert(strategy.clone(), state);
        }
        if let Some(old) = &bundle.renamed_from {
            let is_old = |it: &&&Rc<Object>| it.label(mark::STRATEGY) == Some(old.as_str());
            for object in others.iter().filter(is_old) {
                if object.kind() == "PersistentVolumeClaim" {
                    observed.old_claims.push(object.as_ref().clone());
                } else if object.kind() == "Pod"
                    || (object.kind() == "StatefulSet" && holdings::is_up(object))
                {
                    observed.old_pods.push(object.id());
                }
            }
        }
        self.required(bundle, seen, observed);
        observed.leftovers = self.leftovers(bundle, seen);
    }

    /// Whether the unit of an object takes a holding, or took it.
    fn shares(&self, object: &Object, holding: &String) -> bool {
        let strategy = object
            .label(mark::STRATEGY)
            .and_then(|name| name.parse().ok());
        let record = strategy.and_then(|name| self.records.get(&UnitId::Strategy(name)));
        record.is_some_and(|record| record.held.contains(holding))
    }

    fn required(&self, bundle: &Bundle, seen: &Objects, observed: &mut Observed) {
        let needs = |other: &&Bundle| match &bundle.unit {
            UnitId::Strategy(name) => other.requires.contains(name),
            UnitId::Desk(_) => false,
        };
        for other in self.bundles.values().filter(needs) {
            let of = seen.values().filter(|it| {
                it.label(mark::OWNER) == Some(other.owner.as_str()) && it.kind() == "Pod"
            });
            let UnitId::Strategy(strategy) = &other.unit else {
                continue;
            };
            observed.dependents.extend(of.map(|it| Dependent {
                strategy: strategy.clone(),
                runs: it.id(),
            }));
        }
        for name in &bundle.requires {
            let gateway = UnitId::Strategy(name.clone());
            let Some(wanted) = self.bundles.get(&gateway) else {
                continue;
            };
            let record = self.records.get(&gateway);
            let stable = record.and_then(|it| it.stable.as_ref());
            let is_current = stable.is_some_and(|it| it.bundle == wanted.bundle.to_string());
            let is_ready = record.is_some_and(|it| it.phase == crate::release::Phase::Ready);
            let state = if is_ready && is_current {
                Ok(())
            } else {
                Err("its change is not in place yet".to_owned())
            };
            observed.gateways.insert(name.clone(), state);
            let mut waits = record.into_iter().flat_map(|it| &it.waiting_on);
            let key = bundle.unit.release_name();
            observed.is_waited_for |= waits.any(|it| it.unit.as_deref() == Some(key.as_str()));
        }
    }

    fn leftovers(&self, bundle: &Bundle, seen: &Objects) -> Vec<Leftover> {
        let mut leftovers = Vec::new();
        for (unit, record) in &self.records {
            let UnitId::Strategy(strategy) = unit else {
                continue;
            };
            let held = record.held.iter().find(|it| bundle.holdings.contains(it));
            let (Some(holding), false) = (held, self.bundles.contains_key(unit)) else {
                continue;
            };
            let claims = seen.values().filter(|it| {
                it.kind() == "PersistentVolumeClaim"
                    && it.label(mark::STRATEGY) == Some(strategy.as_str())
            });
            leftovers.extend(claims.map(|claim| Leftover {
                strategy: strategy.clone(),
                holding: holding.clone(),
                claim: claim.as_ref().clone(),
            }));
        }
        leftovers
    }
}

fn release_id(unit: &UnitId) -> ObjectId {
    ObjectId {
        group: "tidegate.dev".to_owned(),
        kind: "Release".to_owned(),
        namespace: Some("tidegate".to_owned()),
        name: unit.release_name(),
    }
}
