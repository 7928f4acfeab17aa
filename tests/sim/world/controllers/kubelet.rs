//! The kubelet: pods start, become ready, and end.

use jiff::Timestamp;
use serde_json::json;

use tidegate::object::Object;

use super::super::World;
use super::super::cluster::is_ready;
use super::Deed;

impl World {
    pub(super) fn kubelet(&self, pod: &Object) -> Option<Deed> {
        if self.is_lost(pod) {
            return None;
        }
        if pod.is_terminating() {
            return (!self.takes_its_time(pod)).then(|| Deed::Vanish(pod.id()));
        }
        let is_job = pod.text("/metadata/ownerReferences/0/kind") == "Job";
        let status = match pod.text("/status/phase") {
            "" => json!({"phase": "Running"}),
            "Running" if is_job && self.hold_jobs => return None,
            "Running" if is_job => json!({"phase": "Succeeded"}),
            "Running" if is_ready(pod) || self.is_image_broken(pod) => return None,
            "Running" => json!({"phase": "Running",
                "conditions": [{"type": "Ready", "status": "True"}]}),
            _ => return None,
        };
        let mut pod = pod.clone();
        pod.value_mut()["status"] = status;
        Some(Deed::Put(pod))
    }

    fn takes_its_time(&self, pod: &Object) -> bool {
        let due = pod.text("/metadata/deletionTimestamp");
        let due: Option<Timestamp> = due.parse().ok().filter(|_| self.pods_are_slow);
        due.is_some_and(|due| self.now < due)
    }
}
