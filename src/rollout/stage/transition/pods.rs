//! The workloads of a stage as they are seen.

use serde_json::Value;

use super::super::super::unit::{Unit, changes_template};
use super::super::super::{holdings, ratio};
use super::super::Side;
use crate::object::{Object, mark};

/// A workload of a stage as it is.
pub(super) struct Seen<'a> {
    pub(super) side: &'a Side,
    /// The workload, if it is there.
    pub(super) live: Option<&'a Object>,
    /// Its pods, counted.
    pub(super) pods: ratio::Pods,
}

impl<'a> Seen<'a> {
    pub(super) fn of(unit: &Unit<'a>, side: &'a Side, desired: Option<&Object>) -> Self {
        let live = unit.live(&side.workload);
        let mut pods = count(unit, live, &side.instance, Some(&side.behaviour));
        if let (Some(live), Some(desired)) = (live, desired)
            && replaces_pods(unit, desired, live)
        {
            pods.present = pods.present.max(pods.asked.saturating_add(SURGE));
        }
        Self { side, live, pods }
    }
}

/// So many pods more than it is asked for does a Deployment make while it replaces them.
const SURGE: u32 = 1;

/// Whether a Deployment makes other pods in place of those it has, or may be about to: somebody
/// edited its template, and it is put back.
fn replaces_pods(unit: &Unit<'_>, desired: &Object, live: &Object) -> bool {
    let counted = |field: &str| live.number(field).unwrap_or(0);
    live.kind() == "Deployment"
        && (changes_template(&unit.drift(desired, live))
            || !holdings::is_seen(live)
            || counted("/status/replicas") > counted("/status/updatedReplicas"))
}

/// Counts the pods of a track: those that are on their way out count no more.
pub(super) fn count(
    unit: &Unit<'_>,
    live: Option<&Object>,
    instance: &str,
    behaviour: Option<&str>,
) -> ratio::Pods {
    let mut pods = unit.pods();
    pods.retain(|pod| pod.label(mark::INSTANCE) == Some(instance) && is_there(pod));
    let present = number(pods.len());
    pods.retain(|pod| is_ready(pod));
    pods.retain(|pod| behaviour.is_none_or(|it| pod.annotation(mark::BEHAVIOUR) == Some(it)));
    let told = live.and_then(|live| live.number("/status/replicas"));
    ratio::Pods {
        asked: live.map_or(0, asked),
        present: present.max(told.and_then(|told| u32::try_from(told).ok()).unwrap_or(0)),
        ready: number(pods.len()),
    }
}

/// How many pods a workload is asked for.
pub(in super::super::super) fn asked(live: &Object) -> u32 {
    let replicas = live.number("/spec/replicas").unwrap_or(1);
    u32::try_from(replicas).unwrap_or(0)
}

/// Whether a pod is neither over nor on its way out.
pub(super) fn is_there(pod: &Object) -> bool {
    let is_over = matches!(pod.text("/status/phase"), "Succeeded" | "Failed");
    !is_over && !pod.is_terminating()
}

/// Whether a pod is ready.
pub(in super::super::super) fn is_ready(pod: &Object) -> bool {
    let conditions = pod.at("/status/conditions");
    let conditions = conditions.and_then(Value::as_array).into_iter().flatten();
    let text = |condition: &Value, key: &str, text: &str| {
        condition.get(key).and_then(Value::as_str) == Some(text)
    };
    is_there(pod)
        && conditions
            .into_iter()
            .any(|it| text(it, "type", "Ready") && text(it, "status", "True"))
}

/// As many as a program can hold.
pub(in super::super::super) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
