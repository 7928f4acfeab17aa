//! Pods: why one is not ready.

use serde_json::Value;

use super::Health;
use super::condition::{self, Condition};
use crate::object::Object;

/// The health of one pod.
pub(super) fn health(pod: &Object) -> Health {
    if pod.text("/status/phase") == "Succeeded" || condition::is_true(pod, "Ready") {
        return Health::Healthy;
    }
    let reason = format!("pod `{}` {}", pod.name(), reason(pod));
    if pod.text("/status/phase") == "Failed" {
        return Health::Failed(reason);
    }
    Health::Progressing(reason)
}

/// Why the first of some pods that is not ready is not, if one is.
pub(super) fn why_not_ready(pods: &[&Object]) -> Option<String> {
    let not_ready = pods.iter().filter(|pod| {
        let ended = pod.text("/status/phase") == "Succeeded";
        !ended && (pod.is_terminating() || !condition::is_true(pod, "Ready"))
    });
    let mut worst: Vec<_> = not_ready.collect();
    worst.sort_by_key(|pod| (pod.is_terminating(), pod.name()));
    let pod = worst.first()?;
    Some(format!("pod `{}` {}", pod.name(), reason(pod)))
}

/// What is the matter with a pod that is not ready, as the end of a sentence about it.
fn reason(pod: &Object) -> String {
    if pod.is_terminating() {
        return format!(
            "is terminating since {}",
            pod.text("/metadata/deletionTimestamp")
        );
    }
    ended(pod)
        .or_else(|| unscheduled(pod))
        .or_else(|| waiting(pod))
        .or_else(|| not_ready(pod))
        .unwrap_or_else(|| "has not started yet".to_owned())
}

fn ended(pod: &Object) -> Option<String> {
    let failed = pod.text("/status/phase") == "Failed";
    failed.then(
        || match (pod.text("/status/reason"), pod.text("/status/message")) {
            ("", "") => terminated(pod).unwrap_or_else(|| "failed".to_owned()),
            (reason, "") => format!("failed: {reason}"),
            (reason, message) => format!("failed: {reason}: {message}"),
        },
    )
}

fn terminated(pod: &Object) -> Option<String> {
    containers(pod).find_map(|container| {
        let end = container.pointer("/state/terminated")?;
        let code = end
            .get("exitCode")
            .and_then(Value::as_i64)
            .filter(|code| *code != 0)?;
        let reason = end.get("reason").and_then(Value::as_str).unwrap_or("Error");
        Some(format!(
            "failed: container `{}` exited with {code} ({reason})",
            name(container)
        ))
    })
}

fn unscheduled(pod: &Object) -> Option<String> {
    let scheduled: Condition<'_> = condition::find(pod, "PodScheduled")?;
    (scheduled.status == "False").then(|| match scheduled.reason {
        "Unschedulable" => format!("has no node: {}", scheduled.message),
        reason => format!("has no node ({reason}): {}", scheduled.message),
    })
}

fn waiting(pod: &Object) -> Option<String> {
    containers(pod).find_map(|container| {
        let state = container.pointer("/state/waiting")?;
        let text = |key: &str| state.get(key).and_then(Value::as_str).unwrap_or_default();
        match (text("reason"), text("message")) {
            ("" | "ContainerCreating" | "PodInitializing", "") => None,
            (reason, "") => Some(format!("waits: container `{}`: {reason}", name(container))),
            (reason, message) => Some(format!(
                "waits: container `{}`: {reason}: {message}",
                name(container)
            )),
        }
    })
}

fn not_ready(pod: &Object) -> Option<String> {
    let running: Vec<_> = containers(pod)
        .filter(|container| {
            container.pointer("/state/running").is_some()
                && container.get("ready").and_then(Value::as_bool) == Some(false)
        })
        .map(|container| format!("`{}`", name(container)))
        .collect();
    if !running.is_empty() {
        let names = running.join(", ");
        return Some(format!("runs, but container {names} is not ready yet"));
    }
    gate(pod).map(|gate| format!("waits for its readiness gate `{gate}`"))
}

fn gate(pod: &Object) -> Option<&str> {
    let gates = pod.at("/spec/readinessGates")?.as_array()?;
    gates
        .iter()
        .filter_map(|gate| gate.get("conditionType")?.as_str())
        .find(|gate| !condition::is_true(pod, gate))
}

fn containers(pod: &Object) -> impl Iterator<Item = &Value> {
    ["initContainerStatuses", "containerStatuses"]
        .into_iter()
        .filter_map(|list| pod.at("/status")?.get(list)?.as_array())
        .flatten()
}

fn name(container: &Value) -> &str {
    container.get("name").and_then(Value::as_str).unwrap_or("?")
}
