//! From the cluster as it is to the cluster of a stage, in an order that is safe at every point.
//!
//! Every step is told from what is seen, so whoever comes next goes on where the last one stopped:
//!
//! 1. what touches no pod is made, and autoscalers are held still;
//! 2. who is to gain gets its pods;
//! 3. the Service and the route move to whom they are to, once enough pods of exactly that version
//!    are ready there: never fewer than serve now, or than are asked for;
//! 4. who lost loses its pods, once the route was seen to be in place;
//! 5. tracks that nothing wants go last, and what surrounds their pods when those are gone.

mod accepted;
mod leftover;
mod partition;
mod pods;
mod runtime;
mod scaler;
mod size;
mod traffic;
mod workload;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::advance::Verdict;
use super::super::health;
use super::super::unit::Unit;
use super::assemble::strategy;
use super::{ManifestSet, Role};
use crate::object::{Object, ObjectId, mark};

use leftover::Leftover;
pub(super) use leftover::instance_of_track;
use pods::Seen;
pub(in super::super) use pods::{asked, is_ready, number};

/// What is to be done for the cluster to look like a stage. It does once there is nothing to do,
/// nothing to wait for, and all is healthy. The unit is that of the set's own bundle.
pub(in super::super) fn transition(unit: &Unit<'_>, set: &ManifestSet) -> Verdict {
    let mut way = Way::new(unit, set);
    way.surroundings();
    way.scalers();
    way.clients();
    way.route();
    way.workloads();
    way.leftovers();
    way.judge();
    way.verdict
}

/// The way from what is to what is to be.
struct Way<'a> {
    unit: &'a Unit<'a>,
    set: &'a ManifestSet,
    /// The workloads of the stage as they are.
    seen: Vec<Seen<'a>>,
    /// What is there of tracks that nothing wants.
    left: BTreeMap<String, Leftover<'a>>,
    verdict: Verdict,
}

impl<'a> Way<'a> {
    fn new(unit: &'a Unit<'a>, set: &'a ManifestSet) -> Self {
        let desired = |id| set.bundle.objects.iter().find(|it| it.identity() == id);
        let seen = set.sides.iter();
        let seen = seen.map(|side| Seen::of(unit, side, desired(&side.workload)));
        Self {
            unit,
            set,
            seen: seen.collect(),
            left: leftover::find(unit, set),
            verdict: Verdict::default(),
        }
    }

    /// The name of the strategy.
    fn strategy(&self) -> &'a str {
        strategy(&self.set.bundle)
    }

    fn desired(&self) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.set.bundle.objects.iter()
    }

    /// What the rollout turns of an object.
    fn turned(&self, id: &ObjectId) -> Value {
        let turned = self.set.turned.get(id);
        turned.cloned().unwrap_or_else(|| json!({}))
    }

    /// What no rule of its own is about.
    fn surroundings(&mut self) {
        for desired in self.desired() {
            let is_clients = desired.kind() == "Service" && desired.name() == self.strategy();
            let is_ruled = matches!(
                desired.kind(),
                "Deployment" | "StatefulSet" | "HorizontalPodAutoscaler" | "HTTPRoute"
            );
            if !is_ruled && !is_clients {
                self.verdict.object(self.unit, desired);
            }
        }
    }

    /// The health of all but the version that is to go: a broken one never holds up the next.
    fn judge(&mut self) {
        if !self.verdict.actions.is_empty() {
            return;
        }
        let goes = |object: &Object| {
            let mut sides = self.set.sides.iter();
            let side = sides.find(|side| side.workload == object.id());
            side.is_some_and(|side| side.role == Role::Stable)
        };
        for desired in self.desired().filter(|desired| !goes(desired)) {
            if let Some(live) = self.unit.live(&desired.id()) {
                let pods = self.pods_beside(live);
                let health = std::mem::replace(&mut self.verdict.health, health::Health::Healthy);
                self.verdict.health = health.and(health::of(live, &pods));
            }
        }
    }

    /// The pods of the same track as an object.
    fn pods_beside(&self, object: &Object) -> Vec<&'a Object> {
        let instance = object.label(mark::INSTANCE);
        let mut pods = self.unit.pods();
        pods.retain(|pod| pod.label(mark::INSTANCE) == instance);
        pods
    }
}
