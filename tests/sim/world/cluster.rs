//! What befalls the cluster: nodes, images, webhooks, controllers.

use std::sync::Arc;

use serde_json::{Value, json};

use tidegate::object::Object;

use super::{Entry, Id, World, strategy};

impl World {
    /// A node that the strategy's pods run on cannot be reached any more.
    pub(crate) fn lose_node(&mut self, of: &str) -> bool {
        let pods: Vec<Arc<Entry>> = self.pods_of(of).map(|(_, it)| it.clone()).collect();
        let Some(first) = pods.first() else {
            return false;
        };
        let node = first.object.text("/spec/nodeName").to_owned();
        self.tell(|| format!("node {node} cannot be reached"));
        self.excuse(of);
        for pod in &pods {
            if pod.object.text("/spec/nodeName") == node && is_ready(&pod.object) {
                self.unready(&pod.object);
            }
        }
        self.lost_nodes.insert(node)
    }

    pub(super) fn is_lost(&self, pod: &Object) -> bool {
        self.lost_nodes.contains(pod.text("/spec/nodeName"))
    }

    /// The node that a new pod of a strategy comes to.
    pub(super) fn node_for(&self, strategy: &str) -> String {
        let berth = format!("berth-{strategy}");
        if self.lost_nodes.contains(&berth) {
            format!("pier-{strategy}")
        } else {
            berth
        }
    }

    /// A pod of a strategy fails, and comes up again in its time.
    pub(crate) fn fail_pod(&mut self, of: &str) -> bool {
        let pods = self.pods_of(of).map(|(_, it)| it.object.clone());
        let mut up = pods.filter(|pod| is_ready(pod) && !pod.is_terminating());
        let Some(pod) = up.next() else {
            return false;
        };
        drop(up);
        self.tell(|| format!("{} fails", pod.id()));
        self.excuse(of);
        self.unready(&pod);
        true
    }

    fn unready(&mut self, pod: &Object) {
        let mut pod = pod.clone();
        pod.value_mut()["status"] = json!({"phase": "Running"});
        self.put(pod);
    }

    /// The image that a strategy's workload wants does not start, from now on.
    pub(crate) fn break_image(&mut self, of: &str) -> bool {
        let Some(image) = self.image_of(of) else {
            return false;
        };
        self.tell(|| format!("image {image} does not start"));
        self.broken_images.insert(image)
    }

    pub(super) fn is_image_broken(&self, pod: &Object) -> bool {
        let image = pod.text("/spec/containers/0/image");
        self.broken_images.contains(image)
    }

    fn image_of(&self, of: &str) -> Option<String> {
        let (_, entry) = self.workload(of)?;
        let image = entry.object.text("/spec/template/spec/containers/0/image");
        (!image.is_empty()).then(|| image.to_owned())
    }

    /// The workload of a strategy that we made.
    pub(crate) fn workload(&self, of: &str) -> Option<(Id, Arc<Entry>)> {
        let kinds = [
            ("apps", "Deployment"),
            ("apps", "StatefulSet"),
            ("batch", "CronJob"),
            ("batch", "Job"),
        ];
        kinds.into_iter().find_map(|(group, kind)| {
            let mut all = self.of_kind(group, kind);
            let found = all.find(|(_, it)| it.claims.is_some() && strategy(&it.object) == of);
            found.map(|(id, it)| (id.clone(), it.clone()))
        })
    }

    /// The API server refuses to change a strategy's workload in place.
    pub(crate) fn refuse(&mut self, of: &str) -> bool {
        let Some((id, _)) = self.workload(of) else {
            return false;
        };
        self.tell(|| format!("{id} cannot be changed in place"));
        self.immutable.insert(id)
    }

    /// An admission webhook makes something else of a strategy's workload.
    pub(crate) fn alter(&mut self, of: &str) -> bool {
        let Some((id, entry)) = self.workload(of) else {
            return false;
        };
        let at = "/spec/template/spec/terminationGracePeriodSeconds";
        if entry.object.number(at).is_none() {
            return false;
        }
        self.tell(|| format!("a webhook alters {id}"));
        self.excuse(of);
        self.altered.insert(id, (at, json!(7))).is_none()
    }

    /// What is not as it should be, in words; nothing when all is well.
    pub(crate) fn ails(&self) -> bool {
        !self.lost_nodes.is_empty()
            || self.controllers_stopped
            || self.hold_jobs
            || !self.broken_images.is_empty()
            || !self.immutable.is_empty()
            || !self.altered.is_empty()
            || self.metrics_down
            || self.gateway_stopped
            || self.is_unguarded()
            || self.ails_ledger()
    }

    /// Everything that befell the cluster is over.
    pub(crate) fn heal(&mut self) {
        self.tell(|| "the cluster is well again".to_owned());
        self.lost_nodes.clear();
        self.controllers_stopped = false;
        self.hold_jobs = false;
        self.pods_are_slow = false;
        self.broken_images.clear();
        self.immutable.clear();
        for id in std::mem::take(&mut self.altered).into_keys() {
            let of = self.get(&id).map(|it| strategy(&it.object).to_owned());
            self.excuse(&of.unwrap_or_default());
        }
        self.metrics_down = false;
        self.gateway_stopped = false;
        self.guard_again();
        self.define_halts_soon();
        self.mend_ledger();
        self.clear_the_way();
        self.wake_all();
    }

    /// A schedule of a strategy starts a run.
    pub(crate) fn fire(&mut self, of: &str) -> bool {
        let Some((_, cron)) = self.workload(of).filter(|(id, _)| id.kind == "CronJob") else {
            return false;
        };
        let uid = cron.object.uid().unwrap_or_default();
        let is_running = self.of_kind("batch", "Job").any(|(_, it)| {
            let is_its = it.maker.as_deref() == Some(uid);
            is_its && it.object.at("/status/conditions").is_none()
        });
        let is_suspended = cron.object.at("/spec/suspend") == Some(&Value::Bool(true));
        if is_running || is_suspended {
            return false;
        }
        let number = self.next();
        let template = cron.object.value()["spec"]["jobTemplate"].clone();
        let mut metadata = super::controllers::made(
            &cron.object,
            &format!("{}-{number}", cron.object.name()),
            &template["metadata"]["labels"],
        );
        metadata["annotations"] = json!({});
        let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata,
            "spec": template["spec"]});
        self.tell(|| format!("{} starts a run", cron.object.id()));
        self.put(Object::new(job).expect("it has a name"));
        true
    }
}

pub(super) fn is_ready(pod: &Object) -> bool {
    pod.text("/status/conditions/0/status") == "True"
}
