//! StatefulSets: so many pods are held back before the template changes, and let go stage by stage.

use serde_json::Value;

use super::super::super::unit::changes_template;
use super::super::super::{actions, holdings};
use super::pods::{is_ready, is_there};
use super::{Way, runtime};
use crate::object::{Object, mark};

const PARTITION: &str = "/updateStrategy/rollingUpdate/partition";

impl Way<'_> {
    fn partition(&self, workload: &Object) -> Option<i64> {
        let turned = self.set.turned.get(&workload.id())?;
        turned.pointer(PARTITION).and_then(Value::as_i64)
    }

    /// Holds back what must be, before the template changes; whether there was anything to do.
    pub(super) fn hold_back(&mut self, desired: &Object, live: &Object) -> bool {
        let Some(wanted) = self.partition(desired) else {
            return false;
        };
        let now = live.number(&format!("/spec{PARTITION}")).unwrap_or(0);
        let changes = changes_template(&self.unit.drift(desired, live));
        if now == wanted || (changes && now > wanted) {
            return false;
        }
        let why = if wanted > now {
            "so many of its pods are held back"
        } else {
            "more of its pods may change"
        };
        let turned = self
            .set
            .turned
            .get(&desired.id())
            .cloned()
            .unwrap_or_default();
        let spec = runtime::with(live, &turned);
        self.verdict.actions.push(actions::turn(live, spec, why));
        true
    }

    /// Removes a pod that keeps the others from changing: the controller waits for a pod to be ready
    /// before it replaces it, also for one that can never be.
    pub(super) fn unstick(&mut self, desired: &Object, live: &Object) {
        if live.kind() != "StatefulSet" || !holdings::is_seen(live) {
            return;
        }
        let held = self.partition(desired).unwrap_or(0);
        let behaviour = desired
            .at("/spec/template/metadata/annotations")
            .and_then(|annotations| annotations.get(mark::BEHAVIOUR))
            .and_then(Value::as_str);
        let mut stuck = self.unit.pods();
        stuck.retain(|pod| {
            let is_made = pod.text("/metadata/ownerReferences/0/uid") == live.uid().unwrap_or("?");
            let is_old = pod.annotation(mark::BEHAVIOUR) != behaviour;
            is_made && is_old && is_there(pod) && !is_ready(pod) && ordinal(pod) >= held
        });
        stuck.sort_by_key(|pod| ordinal(pod));
        if let Some(pod) = stuck.last() {
            let why = "it is of another version and not ready, so that its controller waits for it";
            self.verdict.actions.push(actions::delete(pod, why));
        }
    }
}

fn ordinal(pod: &Object) -> i64 {
    let (_, number) = pod.name().rsplit_once('-').unwrap_or_default();
    number.parse().unwrap_or(i64::MAX)
}
