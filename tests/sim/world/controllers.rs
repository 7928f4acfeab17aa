//! The controllers and the kubelet. Each call of [`World::act`] does one thing of one of them.

mod autoscaler;
mod deployment;
mod gateway;
mod job;
mod kubelet;
mod stateful_set;

use std::sync::Arc;

use serde_json::{Value, json};

use tidegate::object::{Object, ObjectId};

use super::{Entry, Id, World, strategy};
use crate::sim::dice::Dice;

/// One thing that the cluster would do next.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Put(Object),
    Terminate(ObjectId),
    Vanish(ObjectId),
    Scale(ObjectId, i64),
}

impl World {
    /// Does one thing that is due; false if nothing is.
    pub(crate) fn act(&mut self, dice: &mut Dice) -> bool {
        while !self.due.is_empty() {
            let mut due = self.due.iter();
            let Some(id) = due.nth(dice.below(self.due.len())).cloned() else {
                return false;
            };
            match self.deed(&id) {
                Some(deed) => {
                    self.carry_out(deed);
                    return true;
                }
                None => {
                    self.due.remove(&id);
                }
            }
        }
        false
    }

    fn carry_out(&mut self, deed: Deed) {
        match deed {
            Deed::Put(object) => {
                self.tell(|| format!("the cluster writes {}", object.id()));
                self.put(object);
            }
            Deed::Terminate(id) => self.terminate(&id),
            Deed::Scale(id, to) => self.resize(&id, to),
            Deed::Vanish(id) => {
                self.tell(|| format!("{id} is gone"));
                self.take(&id);
            }
        }
    }

    fn deed(&self, id: &Id) -> Option<Deed> {
        let entry = self.entries.get(id)?;
        match id.kind.as_str() {
            "Pod" => self.kubelet(&entry.object),
            "HTTPRoute" => self.gateway(&entry.object),
            _ if self.controllers_stopped => None,
            "StatefulSet" => self.stateful_set(entry),
            "Deployment" => self.deployment(entry),
            "Job" => self.job(&entry.object),
            "HorizontalPodAutoscaler" => self.autoscaler(&entry.object),
            _ => None,
        }
    }

    /// What an object made, of one kind.
    fn made_by(&self, owner: &Object, group: &str, kind: &str) -> Vec<Arc<Entry>> {
        let uid = owner.uid();
        let all = self.of_kind(group, kind);
        all.filter(|(_, it)| it.maker.as_deref() == uid)
            .map(|(_, it)| it.clone())
            .collect()
    }

    /// A pod to make; none while another one has its name, which an earlier workload of the same
    /// name may have left.
    fn new_pod(
        &self,
        owner: &Object,
        name: &str,
        template: &Value,
        revision: &str,
    ) -> Option<Deed> {
        if self.is_pod(owner, name) {
            return None;
        }
        let mut metadata = made(owner, name, &template["metadata"]["labels"]);
        metadata["annotations"] = template["metadata"]["annotations"].clone();
        if !revision.is_empty() {
            metadata["labels"]["controller-revision-hash"] = json!(revision);
        }
        let mut spec = template["spec"].clone();
        spec["nodeName"] = json!(self.node_for(strategy(owner)));
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec});
        Object::new(pod).map(Deed::Put)
    }

    fn is_pod(&self, owner: &Object, name: &str) -> bool {
        let mut pods = self.pods();
        pods.any(|(id, _)| id.name == name && id.namespace.as_deref() == owner.namespace())
    }
}

/// Writes a status, if it is another.
fn with_status(object: &Object, status: Value) -> Option<Deed> {
    if object.value().get("status") == Some(&status) {
        return None;
    }
    let mut object = object.clone();
    object.value_mut()["status"] = status;
    Some(Deed::Put(object))
}

/// The metadata of what an object makes.
pub(super) fn made(owner: &Object, name: &str, labels: &Value) -> Value {
    json!({
        "name": name, "namespace": owner.namespace(), "labels": labels, "generation": 1,
        "ownerReferences": [{"kind": owner.kind(), "name": owner.name(),
            "uid": owner.uid(), "controller": true}],
    })
}
