//! The controllers and the kubelet. Each call of [`World::act`] does one thing of one of them.
#![expect(
    clippy::unwrap_in_result,
    reason = "a world that is not as it was built is a broken test"
)]

use std::rc::Rc;

use serde_json::{Value, json};

use super::{Dice, World};
use crate::digest::Digest;
use crate::object::{Object, ObjectId};

/// One thing that the cluster would do next.
#[derive(Debug, Clone)]
enum Deed {
    Put(Object),
    Terminate(ObjectId),
    Vanish(ObjectId),
}

impl World {
    /// Does one thing that is due; false if nothing is.
    pub(in super::super) fn act(&mut self, dice: &mut Dice) -> bool {
        let deeds = self.due();
        if deeds.is_empty() {
            return false;
        }
        match deeds[dice.below(deeds.len())].clone() {
            Deed::Put(object) => self.put(object),
            Deed::Terminate(id) => self.terminate(&id),
            Deed::Vanish(id) => {
                self.log.push(format!("{id} is gone"));
                self.objects.remove(&id);
                self.changed();
            }
        }
        true
    }

    fn due(&self) -> Vec<Deed> {
        let mut deeds = Vec::new();
        for object in self.objects.values() {
            let deed = match object.kind() {
                "Pod" => self.kubelet(object),
                _ if self.controllers_stopped => None,
                "StatefulSet" => self.stateful_set(object),
                "Deployment" => self.deployment(object),
                "Job" => self.job(object),
                "HTTPRoute" => self.gateway(object),
                _ => None,
            };
            deeds.extend(deed);
        }
        deeds
    }

    fn kubelet(&self, pod: &Object) -> Option<Deed> {
        if pod.is_terminating() {
            let lost = self.lost_nodes.contains(pod.text("/spec/nodeName"));
            return (!lost).then(|| Deed::Vanish(pod.id()));
        }
        let is_job = pod.text("/metadata/ownerReferences/0/kind") == "Job";
        let image = pod.text("/spec/containers/0/image");
        let status = match pod.text("/status/phase") {
            "" => json!({"phase": "Running"}),
            "Running" if is_job && self.hold_jobs => return None,
            "Running" if is_job => json!({"phase": "Succeeded"}),
            "Running" if self.broken_images.contains(image) => return None,
            "Running" if !is_ready(pod) => json!({"phase": "Running",
                "conditions": [{"type": "Ready", "status": "True"}]}),
            _ => return None,
        };
        let mut pod = pod.clone();
        pod.value_mut()["status"] = status;
        Some(Deed::Put(pod))
    }

    fn stateful_set(&self, set: &Object) -> Option<Deed> {
        let template = set.value()["spec"]["template"].clone();
        let update = revision_name(set, &template);
        if self.revision(set, &update).is_none() {
            return Some(Deed::Put(self.new_revision(set, &update, &template)));
        }
        let old = set.text("/status/currentRevision").to_owned();
        let current = if old.is_empty() { update.clone() } else { old };
        let pods = self.made_by(set);
        let count = |test: &dyn Fn(&Object) -> bool| pods.iter().filter(|pod| test(pod)).count();
        let ready = count(&|pod| is_ready(pod) && !pod.is_terminating());
        let updated = count(&|pod| revision_of(pod) == update);
        let done = updated == pods.len() && ready == pods.len();
        let status = json!({
            "observedGeneration": set.number("/metadata/generation"),
            "replicas": pods.len(), "readyReplicas": ready, "availableReplicas": ready,
            "updatedReplicas": updated,
            "currentRevision": if done { &update } else { &current },
            "updateRevision": update,
        });
        if set.value().get("status") != Some(&status) {
            let mut set = set.clone();
            set.value_mut()["status"] = status;
            return Some(Deed::Put(set));
        }
        self.scale(set, &pods, &current, &update)
    }

    fn scale(
        &self,
        set: &Object,
        pods: &[Rc<Object>],
        current: &str,
        update: &str,
    ) -> Option<Deed> {
        let want = set.number("/spec/replicas").unwrap();
        let pointer = "/spec/updateStrategy/rollingUpdate/partition";
        let partition = set.number(pointer).unwrap_or(0);
        let is_there = |ordinal: i64| {
            let name = format!("{}-{ordinal}", set.name());
            pods.iter().find(|pod| pod.name() == name)
        };
        let excess = pods
            .iter()
            .rfind(|pod| ordinal(pod) >= want && !pod.is_terminating());
        if let Some(pod) = excess {
            return Some(Deed::Terminate(pod.id()));
        }
        if let Some(missing) = (0..want).find(|ordinal| is_there(*ordinal).is_none()) {
            let revision = if missing < partition { current } else { update };
            let made_from = self.revision(set, revision)?;
            let template = &made_from.value()["data"]["spec"]["template"];
            let name = format!("{}-{missing}", set.name());
            return Some(Deed::Put(pod(set, &name, template, revision)));
        }
        let stale = pods
            .iter()
            .rfind(|pod| ordinal(pod) >= partition && revision_of(pod) != update);
        let settled = pods.iter().all(|pod| !pod.is_terminating());
        stale
            .filter(|_| settled)
            .map(|pod| Deed::Terminate(pod.id()))
    }

    fn new_revision(&self, set: &Object, name: &str, template: &Value) -> Object {
        let latest = self.made_of_kind(set, "ControllerRevision").len();
        Object::new(json!({
            "apiVersion": "apps/v1", "kind": "ControllerRevision",
            "metadata": made(set, name, &template["metadata"]["labels"]),
            "data": {"spec": {"template": template}},
            "revision": latest + 1,
        }))
        .unwrap()
    }

    fn revision(&self, set: &Object, name: &str) -> Option<Rc<Object>> {
        let revisions = self.made_of_kind(set, "ControllerRevision");
        revisions.into_iter().find(|it| it.name() == name)
    }

    fn deployment(&self, deployment: &Object) -> Option<Deed> {
        let template = deployment.value()["spec"]["template"].clone();
        let name = revision_name(deployment, &template);
        let sets = self.made_of_kind(deployment, "ReplicaSet");
        let Some(set) = sets.iter().find(|set| set.name() == name) else {
            let metadata = made(deployment, &name, &template["metadata"]["labels"]);
            let set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
                "metadata": metadata, "spec": {"template": template}});
            return Some(Deed::Put(Object::new(set).unwrap()));
        };
        let want = usize::try_from(deployment.number("/spec/replicas").unwrap()).unwrap();
        let mut new = self.made_by(set);
        // What is not ready goes first.
        new.sort_by_key(|pod| !is_ready(pod));
        let old: Vec<Rc<Object>> = sets
            .iter()
            .filter(|other| other.name() != name)
            .flat_map(|other| self.made_by(other))
            .collect();
        let ready = new.iter().filter(|pod| is_ready(pod)).count();
        let status = json!({
            "observedGeneration": deployment.number("/metadata/generation"),
            "replicas": new.len() + old.len(), "updatedReplicas": new.len(),
            "readyReplicas": ready, "availableReplicas": ready,
        });
        if deployment.value().get("status") != Some(&status) {
            let mut deployment = deployment.clone();
            deployment.value_mut()["status"] = status;
            return Some(Deed::Put(deployment));
        }
        let free = (0..).map(|n| format!("{name}-{n}"));
        let free = free.take(want + new.len() + 1);
        let free = free
            .into_iter()
            .find(|name| new.iter().all(|pod| pod.name() != name));
        if new.len() < want {
            return Some(Deed::Put(pod(set, &free.unwrap(), &template, &name)));
        }
        let excess = new.iter().skip(want);
        let replaced = old.iter().filter(|_| ready >= want);
        excess
            .chain(replaced)
            .find(|pod| !pod.is_terminating())
            .map(|pod| Deed::Terminate(pod.id()))
    }

    /// Takes a route in as it is.
    fn gateway(&self, route: &Object) -> Option<Deed> {
        let condition = |kind: &str| {
            json!({"type": kind, "status": "True", "reason": kind, "message": "",
                "observedGeneration": route.number("/metadata/generation")})
        };
        let conditions = json!([condition("Accepted"), condition("ResolvedRefs")]);
        let parent = route.at("/spec/parentRefs/0");
        let status = json!({"parents": [{"parentRef": parent, "conditions": conditions}]});
        let is_standing = self.standing.contains("HTTPRoute");
        (!is_standing && route.value().get("status") != Some(&status)).then(|| {
            let mut route = route.clone();
            route.value_mut()["status"] = status;
            Deed::Put(route)
        })
    }

    fn job(&self, job: &Object) -> Option<Deed> {
        let pods = self.made_by(job);
        let Some(first) = pods.first() else {
            let ended = job.at("/status/conditions").is_some();
            let template = &job.value()["spec"]["template"];
            let name = format!("{}-run", job.name());
            return (!ended).then(|| Deed::Put(pod(job, &name, template, "")));
        };
        let ended = first.text("/status/phase") == "Succeeded";
        if ended && job.at("/status/conditions").is_none() {
            let mut job = job.clone();
            job.value_mut()["status"] =
                json!({"conditions": [{"type": "Complete", "status": "True"}]});
            return Some(Deed::Put(job));
        }
        None
    }

    /// Removes the Jobs that ended, as their time to live does.
    pub(in super::super) fn expire_jobs(&mut self) {
        for job in self.of_kind("Job") {
            if job.at("/status/conditions").is_some() {
                self.remove(&job.id());
                for pod in self.made_by(&job) {
                    self.objects.remove(&pod.id());
                }
            }
        }
    }

    fn made_by(&self, owner: &Object) -> Vec<Rc<Object>> {
        self.made_of_kind(owner, "Pod")
    }

    fn made_of_kind(&self, owner: &Object, kind: &str) -> Vec<Rc<Object>> {
        let uid = owner.uid().unwrap();
        let mut all = self.of_kind(kind);
        all.retain(|it| it.text("/metadata/ownerReferences/0/uid") == uid);
        all
    }
}

fn is_ready(pod: &Object) -> bool {
    pod.text("/status/conditions/0/status") == "True"
}

fn ordinal(pod: &Object) -> i64 {
    pod.name().rsplit_once('-').unwrap().1.parse().unwrap()
}

fn revision_of(pod: &Object) -> &str {
    pod.label("controller-revision-hash").unwrap_or_default()
}

fn revision_name(owner: &Object, template: &Value) -> String {
    format!(
        "{}-{}",
        owner.name(),
        Digest::of(template.to_string()).short()
    )
}

fn made(owner: &Object, name: &str, labels: &Value) -> Value {
    json!({
        "name": name, "namespace": owner.namespace(), "labels": labels, "generation": 1,
        "ownerReferences": [{"kind": owner.kind(), "name": owner.name(),
            "uid": owner.uid(), "controller": true}],
    })
}

fn pod(owner: &Object, name: &str, template: &Value, revision: &str) -> Object {
    let mut metadata = made(owner, name, &template["metadata"]["labels"]);
    metadata["annotations"] = template["metadata"]["annotations"].clone();
    if !revision.is_empty() {
        metadata["labels"]["controller-revision-hash"] = json!(revision);
    }
    let mut spec = template["spec"].clone();
    spec["nodeName"] = json!("berth-1");
    Object::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}))
        .unwrap()
}
