//! The workloads of a stage as they are seen.

use serde_json::Value;

use super::super::super::ratio;
use super::super::super::unit::Unit;
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
    pub(super) fn of(unit: &Unit<'a>, side: &'a Side) -> Self {
        let live = unit.live(&side.workload);
        Self {
            side,
            live,
            pods: count(unit, live, &side.instance, Some(&side.behaviour)),
        }
    }
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
