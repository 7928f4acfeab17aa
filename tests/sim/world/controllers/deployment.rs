//! The Deployment controller: a new pod is ready before an old one goes.

use std::sync::Arc;

use serde_json::{Value, json};

use tidegate::object::Object;

use super::super::cluster::is_ready;
use super::super::{Entry, World};
use super::{Deed, made, with_status};

/// The pods of a Deployment that are not ending: of its latest template, and of earlier ones.
struct Pods {
    new: Vec<Arc<Entry>>,
    old: Vec<Arc<Entry>>,
}

impl Pods {
    fn ready(&self) -> usize {
        let all = self.new.iter().chain(&self.old);
        all.filter(|pod| is_ready(&pod.object)).count()
    }
}

impl World {
    pub(super) fn deployment(&self, entry: &Entry) -> Option<Deed> {
        let deployment = entry.object.as_ref();
        let name = entry.revision.as_deref()?;
        let sets = self.made_by(deployment, "apps", "ReplicaSet");
        let Some(set) = sets.iter().find(|set| set.object.name() == name) else {
            return Some(new_set(deployment, name));
        };
        let mut pods = Pods {
            new: self.running(&set.object),
            old: Vec::new(),
        };
        for other in sets.iter().filter(|other| other.object.name() != name) {
            pods.old.extend(self.running(&other.object));
        }
        let ready = pods.new.iter().filter(|pod| is_ready(&pod.object)).count();
        let status = json!({
            "observedGeneration": deployment.number("/metadata/generation"),
            "replicas": pods.new.len() + pods.old.len(), "updatedReplicas": pods.new.len(),
            "readyReplicas": pods.ready(), "availableReplicas": ready.max(pods.ready()),
        });
        with_status(deployment, status).or_else(|| self.roll(deployment, &set.object, &pods))
    }

    fn running(&self, set: &Object) -> Vec<Arc<Entry>> {
        let mut pods = self.made_by(set, "", "Pod");
        pods.retain(|pod| !pod.object.is_terminating());
        pods
    }

    fn roll(&self, deployment: &Object, set: &Object, pods: &Pods) -> Option<Deed> {
        let number = |at: &str| deployment.number(at).unwrap_or(0);
        let size = |at: &str| usize::try_from(number(at)).unwrap_or(0);
        let want = size("/spec/replicas");
        let surge = size("/spec/strategy/rollingUpdate/maxSurge");
        let unavailable = size("/spec/strategy/rollingUpdate/maxUnavailable");
        let all = pods.new.len() + pods.old.len();
        if pods.new.len() < want && all < want + surge {
            let template = &deployment.value()["spec"]["template"];
            return self.new_pod(set, &self.free_name(set), template, "");
        }
        if let Some(excess) = pods.new.get(want) {
            return Some(Deed::Terminate(excess.object.id()));
        }
        let spare = pods.ready() > want.saturating_sub(unavailable);
        let old = pods
            .old
            .iter()
            .find(|pod| spare || !is_ready(&pod.object))?;
        Some(Deed::Terminate(old.object.id()))
    }

    fn free_name(&self, set: &Object) -> String {
        let mut names = (0..).map(|n| format!("{}-{n}", set.name()));
        names
            .find(|name| !self.is_pod(set, name))
            .unwrap_or_default()
    }
}

fn new_set(deployment: &Object, name: &str) -> Deed {
    let template: &Value = &deployment.value()["spec"]["template"];
    let set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": made(deployment, name, &template["metadata"]["labels"]),
        "spec": {"template": template}});
    Deed::Put(Object::new(set).expect("it has a name"))
}
