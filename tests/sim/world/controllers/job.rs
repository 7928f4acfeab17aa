//! The Job controller: a pod runs to its end, and then the Job has ended.

use serde_json::json;

use tidegate::object::Object;

use super::super::World;
use super::{Deed, with_status};

impl World {
    pub(super) fn job(&self, job: &Object) -> Option<Deed> {
        if job.at("/status/conditions").is_some() {
            return None;
        }
        let pods = self.made_by(job, "", "Pod");
        let phase = |pod: &Object| pod.text("/status/phase") == "Succeeded";
        if pods.iter().any(|pod| phase(&pod.object)) {
            return with_status(
                job,
                json!({"conditions": [{"type": "Complete", "status": "True"}]}),
            );
        }
        if !pods.is_empty() {
            return None;
        }
        let template = &job.value()["spec"]["template"];
        let name = format!("{}-run", job.name());
        self.new_pod(job, &name, template, "")
    }
}
