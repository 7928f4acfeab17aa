//! What people do by hand.

use std::sync::Arc;

use serde_json::{Value, json};

use tidegate::object::{Object, ObjectId};

use super::{Entry, Id, World, strategy};

/// The annotation on what somebody else made.
const STRANGER: &str = "example.com/stranger";

/// The grace period, in seconds, that a person edits into a template; nothing else has it.
const EDITED: i64 = 7;

/// Whether a pod was made from a template that a person edited.
pub(super) fn is_edited(pod: &Object) -> bool {
    pod.number("/spec/terminationGracePeriodSeconds") == Some(EDITED)
}

impl World {
    /// Changes a value of an object.
    fn edit(&mut self, id: &ObjectId, pointer: &str, value: Value) -> bool {
        let Some(claims) = self.get(id).and_then(|it| it.claims.clone()) else {
            return false;
        };
        let mut claims = claims.as_ref().clone();
        self.tell(|| format!("a person sets {pointer} of {id} to {value}"));
        claims.edit(pointer, value);
        self.refresh(id, claims);
        true
    }

    /// Scales a strategy's workload.
    pub(crate) fn scale_by_hand(&mut self, of: &str, to: u8) -> bool {
        let Some((id, _)) = self.scaled(of) else {
            return false;
        };
        self.excuse(of);
        self.edit(&id, "/spec/replicas", json!(to))
    }

    fn scaled(&self, of: &str) -> Option<(Id, Arc<Entry>)> {
        let workload = self.workload(of);
        workload.filter(|(id, _)| matches!(id.kind.as_str(), "StatefulSet" | "Deployment"))
    }

    /// Changes the template of a strategy's workload; with the brake off, if there is one.
    pub(crate) fn edit_template(&mut self, of: &str, unbraked: bool) -> bool {
        let Some((id, entry)) = self.scaled(of) else {
            return false;
        };
        self.excuse(of);
        let partition = "/spec/updateStrategy/rollingUpdate/partition";
        if unbraked && entry.object.number(partition).is_some() {
            self.edit(&id, partition, json!(0));
        }
        let grace = "/spec/template/spec/terminationGracePeriodSeconds";
        self.edit(&id, grace, json!(EDITED))
    }

    /// Takes the labels off one of a strategy's objects.
    pub(crate) fn strip_labels(&mut self, of: &str) -> bool {
        let Some(id) = self.one_of(of, "", "ServiceAccount") else {
            return false;
        };
        self.edit(&id, "/metadata/labels", json!({}))
    }

    fn one_of(&self, of: &str, group: &str, kind: &str) -> Option<Id> {
        let mut all = self.of_kind(group, kind);
        let found = all.find(|(_, it)| it.claims.is_some() && strategy(&it.object) == of);
        found.map(|(id, _)| id.clone())
    }

    /// Deletes a pod of a strategy.
    pub(crate) fn delete_pod(&mut self, of: &str) -> bool {
        let mut pods = self
            .pods_of(of)
            .filter(|(_, it)| !it.object.is_terminating());
        let Some(id) = pods.next().map(|(id, _)| id.clone()) else {
            return false;
        };
        drop(pods);
        self.tell(|| format!("a person deletes {id}"));
        self.excuse(of);
        self.terminate(&id);
        true
    }

    /// Deletes a strategy's workload.
    pub(crate) fn delete_workload(&mut self, of: &str) -> bool {
        let Some((id, _)) = self.workload(of) else {
            return false;
        };
        self.tell(|| format!("a person deletes {id}"));
        self.excuse(of);
        self.remove(&id);
        true
    }

    /// Deletes a strategy's configuration.
    pub(crate) fn delete_config(&mut self, of: &str) -> bool {
        self.delete_one(of, "", "ConfigMap")
    }

    /// Deletes a strategy's network policy.
    pub(crate) fn delete_policy(&mut self, of: &str) -> bool {
        self.delete_one(of, "networking.k8s.io", "NetworkPolicy")
    }

    fn delete_one(&mut self, of: &str, group: &str, kind: &str) -> bool {
        let Some(id) = self.one_of(of, group, kind) else {
            return false;
        };
        self.tell(|| format!("a person deletes {id}"));
        self.missing.insert(id.clone());
        self.remove(&id);
        self.missing.insert(id);
        true
    }

    /// Copies one of a strategy's objects, labels and all.
    pub(crate) fn copy(&mut self, of: &str) -> bool {
        let Some(id) = self.one_of(of, "", "ServiceAccount") else {
            return false;
        };
        let Some(original) = self.get(&id).map(|it| it.object.clone()) else {
            return false;
        };
        let mut copy = original.as_ref().clone();
        let metadata = &mut copy.value_mut()["metadata"];
        metadata["name"] = json!(format!("{of}-copy"));
        metadata["managedFields"] = json!([
            {"manager": "kubectl-create", "operation": "Update", "apiVersion": "v1"},
        ]);
        if self.get(&copy.id()).is_some() {
            return false;
        }
        self.tell(|| format!("a person copies {id}"));
        self.put(copy);
        true
    }

    /// Makes an object under a name that a unit wants for its own, and that is free.
    pub(crate) fn take_name(&mut self, wanted: &Object) -> bool {
        if self.get(&wanted.id()).is_some() {
            return false;
        }
        let metadata = json!({"name": wanted.name(), "namespace": wanted.namespace(),
            "annotations": {STRANGER: "yes"}});
        let object = json!({"apiVersion": wanted.api_version(), "kind": wanted.kind(),
            "metadata": metadata});
        self.tell(|| format!("somebody else makes {}", wanted.id()));
        self.put(Object::new(object).expect("it has a name"));
        true
    }

    /// Whoever took a name, or copied an object, takes that away again.
    pub(super) fn clear_the_way(&mut self) {
        let strangers = self.entries.iter().filter(|(id, it)| {
            it.object.annotation(STRANGER).is_some() || id.name.ends_with("-copy")
        });
        let strangers: Vec<Id> = strangers.map(|(id, _)| id.clone()).collect();
        for id in strangers {
            self.remove(&id);
        }
    }

    /// Somebody writes an object, without changing anything that matters.
    pub(crate) fn touch(&mut self, id: &ObjectId) -> bool {
        let Some(entry) = self.get(id).cloned() else {
            return false;
        };
        self.tell(|| format!("somebody writes {id} in between"));
        self.put(entry.object.as_ref().clone());
        true
    }
}
