//! A strategy in the small world, taken from stage to stage.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::super::consent::Permission;
use super::super::super::unit::Unit;
use super::super::super::world::{Dice, World};
use super::super::super::{Desired, Kept, Observed, Situation};
use super::super::transition::transition;
use super::super::{Context, ManifestSet, Track, candidate_track, stage, steady};
use crate::calendar::Tables;
use crate::compile::{self, Bundle, fixture};
use crate::object::{Object, mark};
use crate::plan::machine::{Bounds, Machine};
use crate::plan::{Surroundings, lint};
use crate::release::ReleaseStatus;
use crate::resolve::Strategy;
use crate::resolve::rollout::{Exposure, Route, Stage, Style};

/// More rounds than any way needs.
const ROUNDS: usize = 4_000;

/// The image that never becomes ready.
pub(super) const BROKEN: &str = "broken";

/// The service, with so many pods, and a text of its own as its configuration.
pub(super) fn service(style: Style, replicas: u32, version: &str) -> Strategy {
    let mut strategy = fixture::service();
    strategy.replicas = replicas;
    strategy.image = fixture::image("registry.example.com/rates/program", version);
    strategy.rollout.style = style;
    strategy
}

/// The service behind a gateway.
pub(super) fn routed(style: Style, replicas: u32, version: &str) -> Strategy {
    let mut strategy = service(style, replicas, version);
    strategy.rollout.route = Some(Route {
        gateway: "edge/public".parse().unwrap(),
        listener: None,
        hostnames: vec!["signals.example.com".parse().unwrap()],
        port: 8080,
    });
    strategy
}

/// Its bundle.
pub(super) fn bundle(strategy: &Strategy) -> Bundle {
    let fleet = fixture::fleet([strategy.clone()]);
    compile::strategy(&fleet, strategy)
}

pub(super) fn at(exposure: Exposure) -> Stage {
    Stage {
        name: "here".to_owned(),
        exposure,
        gates: Vec::new(),
    }
}

pub(super) fn weight(text: &str) -> Exposure {
    Exposure::Weight(text.parse().unwrap())
}

/// What holds after every single thing that happens.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Holds {
    /// No more pods than these, terminating ones not counted.
    pub(super) most: Option<u32>,
    /// No fewer pods that serve than these, once there were so many.
    pub(super) serving: u32,
}

/// A strategy in the small world.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) world: World,
    pub(super) dice: Dice,
    pub(super) track: Track,
    pub(super) holds: Holds,
    /// Why there can be no routes, if so.
    pub(super) routeless: Option<String>,
    /// How many pods there were when the latest rollout began.
    replicas: Option<u32>,
}

impl Bench {
    pub(super) fn new(seed: u64) -> Self {
        let mut world = World::new();
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "desk-rates"}});
        world.make(Object::new(namespace).unwrap());
        let broken = fixture::image("registry.example.com/rates/program", BROKEN);
        world.broken_images.insert(broken.to_string());
        Self {
            world,
            dice: Dice::new(seed),
            track: Track::main(),
            holds: Holds::default(),
            routeless: None,
            replicas: None,
        }
    }

    /// One with this version running.
    pub(super) fn running(seed: u64, strategy: &Strategy) -> Self {
        let mut bench = Self::new(seed);
        bench.rest(&bundle(strategy));
        bench
    }

    /// The stage as it is to look.
    pub(super) fn set(
        &self,
        old: &Bundle,
        new: &Bundle,
        pods: u32,
        exposure: Exposure,
    ) -> ManifestSet {
        let rollout = new.rollout.as_ref().unwrap();
        let context = Context {
            stable: self.track.clone(),
            candidate: candidate_track(rollout, &self.track, new),
            replicas: pods,
        };
        stage(Some(old), new, rollout, &at(exposure), &context)
    }

    /// Goes to a stage, and rests there.
    pub(super) fn go(&mut self, old: &Bundle, new: &Bundle, pods: u32, exposure: Exposure) {
        let set = self.set(old, new, pods, exposure);
        self.replicas = Some(pods);
        self.settle(&set);
    }

    /// The version is what runs from now on.
    pub(super) fn promote(&mut self, new: &Bundle) {
        self.track = candidate_track(new.rollout.as_ref().unwrap(), &self.track, new);
        self.rest(new);
    }

    /// Nothing is on its way.
    pub(super) fn rest(&mut self, bundle: &Bundle) {
        let set = steady(bundle, &self.track);
        self.settle(&set);
    }

    pub(super) fn settle(&mut self, set: &ManifestSet) {
        assert!(
            self.settles(set),
            "no rest:\n{}\n{:#?}",
            self.world.log.join("\n"),
            self.why(set)
        );
    }

    /// Lets the cluster and the transition act in an order that the dice decide, until the stage is
    /// in place; whether it ever is.
    pub(super) fn settles(&mut self, set: &ManifestSet) -> bool {
        let mut quiet = 0;
        for _ in 0..ROUNDS {
            self.world.tick();
            let acted = match self.dice.below(3) {
                0 => self.round(set),
                _ => self.world.act(&mut self.dice),
            };
            self.check();
            self.world.history.clear();
            quiet = if acted { 0 } else { quiet + 1 };
            if quiet > 30 && !self.is_busy(set) {
                return self.is_in_place(set);
            }
        }
        false
    }

    fn is_busy(&self, set: &ManifestSet) -> bool {
        let mut ahead = self.clone();
        ahead.world.act(&mut ahead.dice) || ahead.round(set)
    }

    /// One step of the transition; whether it did anything.
    pub(super) fn round(&mut self, set: &ManifestSet) -> bool {
        let actions = self.with(set, |verdict| verdict.actions);
        if actions.is_empty() {
            return false;
        }
        let mut machine = Machine::new(actions, Bounds::default(), 7, self.world.now);
        loop {
            if let Some(outcome) = machine.outcome() {
                assert!(outcome.failures.is_empty(), "{:#?}", outcome.failures);
                return true;
            }
            for (id, request) in machine.next(self.world.now) {
                let response = self.world.request(&request);
                self.check();
                machine.receive(id, response, self.world.now);
            }
            self.world.tick();
        }
    }

    pub(super) fn is_in_place(&self, set: &ManifestSet) -> bool {
        self.with(set, |verdict| {
            let waits = verdict.waits.iter();
            let mut waits =
                waits.filter(|wait| wait.by != super::super::super::waiting::By::Nobody);
            verdict.health.is_healthy() && verdict.actions.is_empty() && waits.next().is_none()
        })
    }

    /// What keeps the stage from being in place.
    pub(super) fn why(&self, set: &ManifestSet) -> Vec<String> {
        self.with(set, |verdict| {
            let waits = verdict.waits.iter().map(|wait| wait.what.clone());
            let actions = verdict.actions.iter();
            let actions =
                actions.map(|it| format!("{} {}: {}", it.verb.word(), it.id(), it.reason));
            waits
                .chain(actions)
                .chain([verdict.health.to_string()])
                .collect()
        })
    }

    fn with<T>(
        &self,
        set: &ManifestSet,
        then: impl FnOnce(super::super::super::advance::Verdict) -> T,
    ) -> T {
        let observed = Observed {
            objects: self.own(&set.bundle),
            routeless: self.routeless.clone(),
            ..Observed::default()
        };
        let situation = Situation {
            desired: Desired::Bundle(&set.bundle),
            commit: None,
            observed: &observed,
            kept: &Kept::default(),
            calendars: &Tables::default(),
            freezes: &[],
            consents: &[],
            permission: &Permission::Granted,
            now: self.world.now,
        };
        let mut record = ReleaseStatus::default();
        record.tracks.replicas = self.replicas;
        let unit = Unit::new(&set.bundle, &record, &situation);
        let verdict = transition(&unit, set);
        let around = Surroundings {
            live: &observed.objects,
            singleton: None,
            held_by: None,
            consents: &[],
            now: self.world.now,
        };
        assert_eq!(lint(&verdict.actions, &around), []);
        then(verdict)
    }

    fn own(&self, bundle: &Bundle) -> std::collections::BTreeMap<crate::object::ObjectId, Object> {
        let all = self.world.objects.iter();
        all.filter(|(_, it)| it.label(mark::OWNER) == Some(bundle.owner.as_str()))
            .map(|(id, it)| (id.clone(), it.as_ref().clone()))
            .collect()
    }

    /// The pods of a version that are neither over nor on their way out.
    pub(super) fn pods(&self, bundle: &Bundle) -> Vec<String> {
        let behaviour = bundle.behaviour.hex();
        let pods = self.world.of_kind("Pod").into_iter();
        pods.filter(|pod| pod.annotation(mark::BEHAVIOUR) == Some(behaviour.as_str()))
            .filter(|pod| !pod.is_terminating())
            .map(|pod| pod.name().to_owned())
            .collect()
    }

    pub(super) fn find(&self, kind: &str, name: &str) -> Option<&Object> {
        let mut all = self.world.objects.values();
        let found = all.find(|it| it.kind() == kind && it.name() == name);
        found.map(std::rc::Rc::as_ref)
    }

    /// The names of the objects of a kind.
    pub(super) fn names(&self, kind: &str) -> BTreeSet<String> {
        let all = self.world.of_kind(kind).into_iter();
        all.map(|it| it.name().to_owned()).collect()
    }

    /// The pods that the clients' Service leads to, if they are ready.
    pub(super) fn serving(&self) -> u32 {
        let Some(service) = self.find("Service", "signals") else {
            return 0;
        };
        let selector = service.value()["spec"]["selector"]
            .as_object()
            .unwrap()
            .clone();
        let pods = self.world.of_kind("Pod").into_iter();
        let serves = pods.filter(|pod| {
            let ready = pod.text("/status/conditions/0/status") == "True";
            let mut labels = selector.iter();
            ready
                && !pod.is_terminating()
                && labels.all(|(key, value)| pod.label(key) == value.as_str())
        });
        u32::try_from(serves.count()).unwrap()
    }

    fn check(&self) {
        let log = || self.world.log.join("\n");
        let pods = self.world.of_kind("Pod").into_iter();
        let there = pods.filter(|pod| !pod.is_terminating()).count();
        if let Some(most) = self.holds.most {
            let there = u32::try_from(there).unwrap();
            assert!(there <= most, "{there} pods, at most {most}\n{}", log());
        }
        for scaler in self.world.of_kind("HorizontalPodAutoscaler") {
            let fewest = scaler.number("/spec/minReplicas").unwrap();
            let target = scaler.text("/spec/scaleTargetRef/name");
            let asked = self.field("Deployment", target, "/spec/replicas");
            let asked = asked.and_then(|asked| asked.as_i64()).unwrap_or(0);
            // An autoscaler does nothing about a workload without pods.
            let is_left_alone = asked == 0 || asked >= fewest;
            assert!(is_left_alone, "{target}: {asked} < {fewest}\n{}", log());
        }
        let serving = self.serving();
        assert!(
            serving >= self.holds.serving,
            "{serving} serve, at least {}\n{}",
            self.holds.serving,
            log()
        );
    }

    /// The weights of the route, by the Service's name.
    pub(super) fn weights(&self) -> Vec<(String, u64)> {
        let route = self.find("HTTPRoute", "signals").unwrap();
        let rules = route.value()["spec"]["rules"].as_array().unwrap();
        let backends = rules
            .iter()
            .flat_map(|rule| rule["backendRefs"].as_array().unwrap());
        backends
            .map(|it| {
                let name = it["name"].as_str().unwrap().to_owned();
                (name, it["weight"].as_u64().unwrap())
            })
            .collect()
    }

    /// A field of an object.
    pub(super) fn field(&self, kind: &str, name: &str, pointer: &str) -> Option<Value> {
        self.find(kind, name)?.at(pointer).cloned()
    }
}
