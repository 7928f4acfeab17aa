//! The StatefulSet controller: revisions, ordered pods, the partition.

use std::sync::Arc;

use serde_json::{Value, json};

use tidegate::object::{Object, ObjectId};

use super::super::cluster::is_ready;
use super::super::{Entry, World};
use super::{Deed, made, with_status};

impl World {
    pub(super) fn stateful_set(&self, entry: &Entry) -> Option<Deed> {
        let set = entry.object.as_ref();
        let update = entry.revision.as_deref()?;
        if self.revision(set, update).is_none() {
            return Some(self.new_revision(set, update));
        }
        let old = set.text("/status/currentRevision");
        let current = if old.is_empty() { update } else { old };
        let pods = self.made_by(set, "", "Pod");
        let count =
            |test: &dyn Fn(&Object) -> bool| pods.iter().filter(|pod| test(&pod.object)).count();
        let ready = count(&|pod| is_ready(pod) && !pod.is_terminating());
        let updated = count(&|pod| revision_of(pod) == update);
        let is_done = updated == pods.len() && ready == pods.len();
        let status = json!({
            "observedGeneration": set.number("/metadata/generation"),
            "replicas": pods.len(), "readyReplicas": ready, "availableReplicas": ready,
            "updatedReplicas": updated,
            "currentRevision": if is_done { update } else { current },
            "updateRevision": update,
        });
        with_status(set, status).or_else(|| self.scale(set, &pods, current, update))
    }

    fn scale(
        &self,
        set: &Object,
        pods: &[Arc<Entry>],
        current: &str,
        update: &str,
    ) -> Option<Deed> {
        let want = set.number("/spec/replicas").unwrap_or(1);
        let partition = "/spec/updateStrategy/rollingUpdate/partition";
        let partition = set.number(partition).unwrap_or(0);
        let excess =
            |pod: &&Arc<Entry>| ordinal(&pod.object) >= want && !pod.object.is_terminating();
        if let Some(pod) = pods.iter().rfind(excess) {
            return Some(Deed::Terminate(pod.object.id()));
        }
        if pods.iter().any(|pod| pod.object.is_terminating()) {
            return None;
        }
        for at in 0..want {
            match pods.iter().find(|pod| ordinal(&pod.object) == at) {
                Some(pod) if is_ready(&pod.object) => {}
                Some(_) => return None,
                None => {
                    let revision = if at < partition { current } else { update };
                    return self.ordered_pod(set, at, revision);
                }
            }
        }
        let stale = |pod: &&Arc<Entry>| {
            ordinal(&pod.object) >= partition && revision_of(&pod.object) != update
        };
        let stale = pods.iter().rfind(stale)?;
        Some(Deed::Terminate(stale.object.id()))
    }

    fn ordered_pod(&self, set: &Object, at: i64, revision: &str) -> Option<Deed> {
        let made_from = self.revision(set, revision)?;
        let template = &made_from.object.value()["data"]["spec"]["template"];
        let name = format!("{}-{at}", set.name());
        self.new_pod(set, &name, template, revision)
    }

    fn new_revision(&self, set: &Object, name: &str) -> Deed {
        let template = &set.value()["spec"]["template"];
        let latest = self.made_by(set, "apps", "ControllerRevision").len();
        let revision = Object::new(json!({
            "apiVersion": "apps/v1", "kind": "ControllerRevision",
            "metadata": made(set, name, &template["metadata"]["labels"]),
            "data": {"spec": {"template": template}},
            "revision": latest + 1,
        }));
        Deed::Put(revision.expect("it has a name"))
    }

    fn revision(&self, set: &Object, name: &str) -> Option<&Arc<Entry>> {
        let id = ObjectId {
            group: "apps".to_owned(),
            kind: "ControllerRevision".to_owned(),
            namespace: set.namespace().map(str::to_owned),
            name: name.to_owned(),
        };
        self.get(&id).filter(|it| it.maker.as_deref() == set.uid())
    }
}

fn ordinal(pod: &Object) -> i64 {
    let number = pod
        .name()
        .rsplit_once('-')
        .and_then(|(_, it)| it.parse().ok());
    number.unwrap_or_default()
}

fn revision_of(pod: &Object) -> &str {
    let label = pod.at("/metadata/labels/controller-revision-hash");
    label.and_then(Value::as_str).unwrap_or_default()
}
