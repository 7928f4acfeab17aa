//! A small cluster in memory, for the rules of a rollout only: what a real API server and its
//! controllers do is tested on a real control plane.
//!
//! It keeps objects with uids, versions, generations and field managers, lets its controllers act
//! one at a time in an order that a seed decides, and panics the moment an invariant breaks.

mod controllers;
mod daemon;
mod managed;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::diff;
use crate::object::{Object, ObjectId, mark};
use crate::plan::Seen;
use crate::plan::machine::{Call, Request, Response, UNMATCHED_RESOURCE_VERSION, Write};

use super::references;

pub(super) use daemon::{Daemon, Stopped, Trouble};

/// A snapshot of all objects.
pub(super) type Objects = BTreeMap<ObjectId, Rc<Object>>;

/// Numbers that look random and are the same for a seed.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % (bound.max(1) as u64)).unwrap()
    }
}

/// What each manager applied to an object, and what people changed.
#[derive(Debug, Clone, Default)]
struct Claims {
    ours: Value,
    turned: Value,
    edited: BTreeMap<String, Value>,
}

/// The cluster.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) objects: Objects,
    claims: BTreeMap<ObjectId, Claims>,
    /// What the objects were after each change, the latest last.
    pub(super) history: Vec<Objects>,
    counter: u64,
    pub(super) now: Timestamp,
    /// Nodes whose pods never end.
    pub(super) lost_nodes: BTreeSet<String>,
    /// Whether the controllers of workloads stand still.
    pub(super) controllers_stopped: bool,
    /// The kinds whose controllers stand still.
    pub(super) standing: BTreeSet<&'static str>,
    /// Images that never become ready.
    pub(super) broken_images: BTreeSet<String>,
    /// Objects that the API server refuses to change in place.
    pub(super) immutable: BTreeSet<ObjectId>,
    /// Fields that an admission webhook sets, whatever is applied.
    pub(super) altered: BTreeMap<ObjectId, (&'static str, Value)>,
    /// Whether Jobs never end.
    pub(super) hold_jobs: bool,
    /// Whether a person may delete what a pod refers to.
    pub(super) forget_references: bool,
    /// Everything written, for a person who looks for the cause of a failure.
    pub(super) log: Vec<String>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            objects: BTreeMap::new(),
            claims: BTreeMap::new(),
            history: vec![BTreeMap::new()],
            counter: 100,
            now: "2026-03-02T08:00:00Z".parse().unwrap(),
            lost_nodes: BTreeSet::new(),
            controllers_stopped: false,
            standing: BTreeSet::new(),
            broken_images: BTreeSet::new(),
            immutable: BTreeSet::new(),
            altered: BTreeMap::new(),
            hold_jobs: false,
            forget_references: false,
            log: Vec::new(),
        }
    }

    pub(super) fn tick(&mut self) {
        self.now = self.now.checked_add(SignedDuration::from_secs(1)).unwrap();
    }

    pub(super) fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.objects.get(id).map(Rc::as_ref)
    }

    pub(super) fn of_kind(&self, kind: &str) -> Vec<Rc<Object>> {
        let all = self.objects.iter();
        all.filter(|(id, _)| id.kind == kind)
            .map(|(_, it)| it.clone())
            .collect()
    }

    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Answers a request of the machine.
    pub(super) fn request(&mut self, request: &Request) -> Response {
        match &request.call {
            Call::Apply {
                body,
                manager,
                write,
            } => self.apply(body, manager, *write),
            Call::Patch { .. } => self.take_over(&request.id),
            Call::Delete { seen } => self.delete(&request.id, seen),
        }
    }

    fn apply(&mut self, body: &Value, manager: &str, write: Write) -> Response {
        let mut object = Object::new(body.clone()).unwrap();
        let id = object.id();
        let uid = object.uid().map(str::to_owned);
        let version = object.resource_version().map(str::to_owned);
        let metadata = object.value_mut()["metadata"].as_object_mut().unwrap();
        metadata.remove("uid");
        metadata.remove("resourceVersion");
        let live = self.get(&id);
        let precondition = match live {
            Some(live) => {
                version.as_deref() == live.resource_version()
                    && uid.as_deref().is_none_or(|uid| Some(uid) == live.uid())
            }
            None => uid.is_none() && version.as_deref() == Some(UNMATCHED_RESOURCE_VERSION),
        };
        if !precondition {
            return Response::Conflict(format!("{id} is not what was seen"));
        }
        if live.is_some() && manager == mark::MANAGER && self.immutable.contains(&id) {
            return Response::Invalid(vec![crate::plan::Cause {
                field: "spec".to_owned(),
                message: "field is immutable".to_owned(),
            }]);
        }
        if let (Some(namespace), false) = (&id.namespace, id.kind == "Namespace") {
            let there = self
                .objects
                .keys()
                .any(|it| it.kind == "Namespace" && it.name == *namespace);
            if !there {
                return Response::NotFound(format!("namespaces {namespace:?} not found"));
            }
        }
        if write == Write::DryRun {
            let mut claims = self.claims.get(&id).cloned().unwrap_or_default();
            claims.apply(object.into_value());
            return Response::Accepted(Some(self.admitted(&id, &claims)));
        }
        let claims = self.claims.entry(id.clone()).or_default();
        if manager == mark::RUNTIME_MANAGER {
            claims.turn(&object.value()["spec"]);
        } else {
            claims.apply(object.into_value());
        }
        self.log.push(format!("{manager} applies {id}"));
        self.refresh(&id);
        Response::Accepted(self.get(&id).cloned())
    }

    fn take_over(&mut self, id: &ObjectId) -> Response {
        match self.get(id) {
            Some(live) => Response::Accepted(Some(live.clone())),
            None => Response::NotFound(id.to_string()),
        }
    }

    fn delete(&mut self, id: &ObjectId, seen: &Seen) -> Response {
        let Some(live) = self.get(id) else {
            return Response::NotFound(id.to_string());
        };
        if Seen::of(live) != *seen {
            return Response::Conflict(format!("{id} is not what was seen"));
        }
        self.remove(id);
        Response::Accepted(None)
    }

    /// Somebody who knows nothing of Tidegate makes or changes an object.
    pub(super) fn make(&mut self, object: Object) {
        self.put(object);
    }

    /// Removes an object, and in time what it made: a pod ends first.
    pub(super) fn remove(&mut self, id: &ObjectId) {
        self.log.push(format!("{id} is deleted"));
        if id.kind == "Pod" {
            self.terminate(id);
            return;
        }
        self.claims.remove(id);
        let Some(gone) = self.objects.remove(id) else {
            return;
        };
        self.changed();
        let uid = gone.uid().unwrap().to_owned();
        let made: Vec<ObjectId> = self
            .objects
            .values()
            .filter(|it| it.text("/metadata/ownerReferences/0/uid") == uid)
            .map(|it| it.id())
            .collect();
        for id in made {
            self.remove(&id);
        }
    }

    /// Asks a pod to end.
    pub(super) fn terminate(&mut self, id: &ObjectId) {
        let Some(pod) = self.get(id) else { return };
        if pod.is_terminating() {
            return;
        }
        let mut pod = pod.clone();
        let due = self.now.checked_add(SignedDuration::from_secs(30)).unwrap();
        pod.value_mut()["metadata"]["deletionTimestamp"] = json!(due.to_string());
        pod.value_mut()["metadata"]["deletionGracePeriodSeconds"] = json!(30);
        self.put(pod);
    }

    /// A pod on a lost node is gone after all.
    pub(super) fn vanish(&mut self, id: &ObjectId) {
        self.objects.remove(id);
        self.changed();
    }

    /// A person changes a value of an object, with a tool that knows nothing of applying.
    pub(super) fn edit(&mut self, id: &ObjectId, pointer: &str, value: Value) {
        self.log
            .push(format!("a person sets {pointer} of {id} to {value}"));
        let claims = self.claims.get_mut(id).unwrap();
        if let Some(field) = pointer.strip_prefix("/spec/") {
            remove_field(&mut claims.turned, field);
        }
        claims.edited.insert(pointer.to_owned(), value);
        self.refresh(id);
    }

    /// An autoscaler says how many pods a workload has.
    pub(super) fn autoscale(&mut self, id: &ObjectId, pods: u32) {
        self.log.push(format!("{id} is scaled to {pods}"));
        self.claims.get_mut(id).unwrap().scale(pods);
        self.refresh(id);
    }

    /// Writes an object that a controller or the kubelet makes or changes.
    fn put(&mut self, mut object: Object) {
        let id = object.id();
        let version = self.next().to_string();
        let uid = match self.get(&id) {
            Some(live) => live.uid().unwrap().to_owned(),
            None => format!("uid-{}", self.next()),
        };
        let made = match self.get(&id) {
            Some(live) => live.text("/metadata/creationTimestamp").to_owned(),
            None => self.now.to_string(),
        };
        let metadata = &mut object.value_mut()["metadata"];
        metadata["uid"] = json!(uid);
        metadata["resourceVersion"] = json!(version);
        metadata["creationTimestamp"] = json!(made);
        self.objects.insert(id, Rc::new(object));
        self.changed();
    }

    /// Works an object out from what each manager claims.
    fn refresh(&mut self, id: &ObjectId) {
        let mut object = self.admitted(id, self.claims.get(id).unwrap());
        if let Some(live) = self.get(id) {
            let same = |pointer: &str| object.at(pointer) == live.at(pointer);
            let generation = live.number("/metadata/generation").unwrap();
            let managed = object.at("/metadata/managedFields");
            let unchanged = same("/spec")
                && same("/data")
                && same("/metadata/labels")
                && same("/metadata/annotations")
                && managed == live.at("/metadata/managedFields");
            if unchanged {
                return;
            }
            let bump = i64::from(!same("/spec"));
            object.value_mut()["metadata"]["generation"] = json!(generation + bump);
            if let Some(status) = live.value().get("status") {
                object.value_mut()["status"] = status.clone();
            }
        } else {
            object.value_mut()["metadata"]["generation"] = json!(1);
        }
        self.put(object);
    }

    /// What the API server makes of an object.
    fn admitted(&self, id: &ObjectId, claims: &Claims) -> Object {
        let mut object = claims.merged();
        if let Some((pointer, value)) = self.altered.get(id)
            && let Some(slot) = object.value_mut().pointer_mut(pointer)
        {
            *slot = value.clone();
        }
        object
    }

    fn changed(&mut self) {
        self.history.push(self.objects.clone());
        self.check_holdings();
        if !self.forget_references {
            self.check_references();
        }
    }

    /// At most one pod takes a place on a holding.
    fn check_holdings(&self) {
        let mut places: BTreeMap<String, String> = BTreeMap::new();
        for pod in self.objects.values().filter(|it| it.kind() == "Pod") {
            let holdings = pod.annotation(mark::HOLDINGS).unwrap_or("[]");
            let holdings: Vec<String> = serde_json::from_str(holdings).unwrap();
            for holding in holdings {
                if let Some(other) = places.insert(holding.clone(), pod.name().to_owned()) {
                    let log = self.log.join("\n");
                    panic!("two pods on {holding}: {other}, {}\n{log}", pod.name());
                }
            }
        }
    }

    /// What a pod refers to exists.
    fn check_references(&self) {
        for pod in self.objects.values().filter(|it| it.kind() == "Pod") {
            if matches!(pod.text("/status/phase"), "Succeeded" | "Failed") {
                continue;
            }
            for id in references::of_pod(pod) {
                assert!(
                    id.kind == "Secret" || self.objects.contains_key(&id),
                    "{} refers to {id}, which is not there\n{}",
                    pod.name(),
                    self.log.join("\n")
                );
            }
        }
    }
}

impl Claims {
    fn apply(&mut self, body: Value) {
        // What another manager wrote stays, unless it is written now.
        self.edited.retain(|pointer, _| {
            let is_number_of_pods = pointer == "/spec/replicas";
            is_number_of_pods && body.pointer(pointer).is_none()
        });
        managed::yield_to(&mut self.turned, &body["spec"]);
        self.ours = body;
    }

    fn turn(&mut self, spec: &Value) {
        for (pointer, _) in managed::leaves(spec) {
            self.edited.remove(&format!("/spec{pointer}"));
        }
        managed::yield_to(&mut self.ours["spec"], spec);
        self.turned = spec.clone();
    }

    /// Somebody who scales says how many pods there are, and holds that from then on.
    fn scale(&mut self, pods: u32) {
        remove_field(&mut self.ours["spec"], "replicas");
        remove_field(&mut self.turned, "replicas");
        self.edited.insert("/spec/replicas".to_owned(), json!(pods));
    }

    fn merged(&self) -> Object {
        let mut value = self.ours.clone();
        managed::overlay(&mut value["spec"], &self.turned);
        for (pointer, edited) in &self.edited {
            let (parent, field) = pointer.rsplit_once('/').unwrap();
            value.pointer_mut(parent).unwrap()[field] = edited.clone();
        }
        if matches!(value["kind"].as_str(), Some("StatefulSet" | "Deployment"))
            && value["spec"].get("replicas").is_none()
        {
            value["spec"]["replicas"] = json!(1);
        }
        let ours = Object::new(self.ours.clone()).unwrap();
        let entry = |manager: &str, fields: Value| {
            json!({"manager": manager, "operation": "Apply", "fieldsType": "FieldsV1",
                "apiVersion": ours.api_version(), "fieldsV1": fields})
        };
        let mut managed = vec![entry(mark::MANAGER, diff::emitted(&ours).to_value())];
        if self
            .turned
            .as_object()
            .is_some_and(|turned| !turned.is_empty())
        {
            let fields = json!({"f:spec": managed::fields(&self.turned)});
            managed.push(entry(mark::RUNTIME_MANAGER, fields));
        }
        value["metadata"]["managedFields"] = managed.into();
        Object::new(value).unwrap()
    }
}

fn remove_field(value: &mut Value, field: &str) {
    if let Some(map) = value.as_object_mut() {
        map.remove(field);
    }
}
