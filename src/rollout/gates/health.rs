//! `health`: the target's pods are ready, and did not have to be started again.
//!
//! Only pods that run the target's digest count. What a pod that is not ready waits for is told;
//! what it will not get over by itself fails the stage.

use serde_json::Value;

use super::Look;
use super::evidence::{Evidence, Target};
use super::state::GateState;
use crate::object::{Object, mark};
use crate::rollout::health::{self, Health};
use crate::rollout::verdict::Verdict;
use crate::spec::gate::HealthGate;

/// Reasons for which a container waits and that waiting does not mend.
const HOPELESS: [&str; 5] = [
    "CrashLoopBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "RunContainerError",
    "StartError",
];

pub(super) fn look(gate: HealthGate, state: &GateState, evidence: &Evidence<'_>) -> Look {
    let pods = own(evidence.target, &evidence.subject.behaviour.hex());
    let bad = pods
        .iter()
        .find_map(|pod| hopeless(pod))
        .or_else(|| restarts(&pods, gate.max_restarts));
    if let Some(why) = bad {
        return Look::new(Verdict::Fail, why, state);
    }
    match condition(evidence.target, &pods) {
        Some(why) => Look::new(Verdict::Wait, why, state),
        None => Look::new(Verdict::Pass, ready(pods.len()), state),
    }
}

fn ready(count: usize) -> String {
    match count {
        1 => "the pod is ready".to_owned(),
        count => format!("all {count} pods are ready"),
    }
}

/// The pods that run the target's digest.
fn own<'a>(target: Target<'a>, behaviour: &str) -> Vec<&'a Object> {
    let pods = target.pods.iter().copied();
    pods.filter(|pod| pod.annotation(mark::BEHAVIOUR) == Some(behaviour))
        .collect()
}

/// What is missing, if something is.
fn condition(target: Target<'_>, pods: &[&Object]) -> Option<String> {
    let Some(workload) = target.workload else {
        return Some("its workload is not there yet".to_owned());
    };
    if let Health::Progressing(why) | Health::Failed(why) = health::of(workload, target.pods) {
        return Some(why);
    }
    if pods.is_empty() {
        return Some("no pod of this version runs yet".to_owned());
    }
    let not_ready = pods.iter().map(|pod| health::of(pod, &[]));
    not_ready
        .filter(|health| !health.is_healthy())
        .map(|health| health.to_string())
        .next()
}

/// Why a pod will not get over it by itself.
fn hopeless(pod: &Object) -> Option<String> {
    containers(pod).find_map(|container| {
        let reason = container.pointer("/state/waiting/reason")?.as_str()?;
        HOPELESS.contains(&reason).then(|| {
            let last = container.pointer("/lastState/terminated");
            let exit = last.map(ended).unwrap_or_default();
            format!(
                "pod `{}`: container `{}`: {reason}{exit}",
                pod.name(),
                text(container, "/name")
            )
        })
    })
}

/// Whether containers were started again more often than is put up with.
fn restarts(pods: &[&Object], most: u32) -> Option<String> {
    let all = pods.iter().flat_map(|pod| containers(pod));
    let total: u64 = all.clone().map(count).sum();
    if total <= u64::from(most) {
        return None;
    }
    let worst = all.max_by_key(|container| count(container))?;
    let exit = worst.pointer("/lastState/terminated").map(ended);
    Some(format!(
        "{total} restarts, at most {most} allowed: container `{}`{}",
        text(worst, "/name"),
        exit.unwrap_or_default()
    ))
}

fn count(container: &Value) -> u64 {
    let restarts = container.get("restartCount").and_then(Value::as_u64);
    restarts.unwrap_or(0)
}

/// How a container ended, as the end of a sentence.
fn ended(terminated: &Value) -> String {
    let code = terminated.get("exitCode").and_then(Value::as_i64);
    let reason = text(terminated, "/reason");
    match (code, reason) {
        (Some(code), "" | "Error") => format!(", which exited with {code}"),
        (Some(code), reason) => format!(", which exited with {code} ({reason})"),
        (None, _) => String::new(),
    }
}

fn containers(pod: &Object) -> impl Iterator<Item = &Value> + Clone {
    ["initContainerStatuses", "containerStatuses"]
        .into_iter()
        .filter_map(|list| pod.at("/status")?.get(list)?.as_array())
        .flatten()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default()
}
