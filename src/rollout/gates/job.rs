//! `job`: a Job exits 0. When its time to live has removed it, what it said last stands.

use serde_json::{Value, json};

use super::Look;
use super::evidence::{Evidence, Subject};
use super::query::{Query, Wanted};
use super::state::GateState;
use crate::digest::Digest;
use crate::object::{Object, mark};
use crate::rollout::verdict::Verdict;
use crate::spec::gate::JobGate;
use crate::spec::measure::Duration;

/// A day: long enough for whoever looks into why it failed.
const KEPT_SECONDS: u32 = 86_400;

/// Said of a Job that runs.
const RUNS: &str = "runs";

pub(super) fn look(
    gate: &JobGate,
    timeout: Option<Duration>,
    state: &GateState,
    evidence: &Evidence<'_>,
) -> Look {
    let subject = evidence.subject;
    let name = name(gate, subject);
    if state.failures > 0 {
        let why = format!("Job `{name}` failed{}", said(state));
        return Look::new(Verdict::Fail, why, state);
    }
    if state.consecutive_successes > 0 {
        return Look::new(Verdict::Pass, format!("Job `{name}` succeeded"), state);
    }
    let Some(settled) = evidence.settled_at else {
        let why = format!("Job `{name}`, made when the stage is in place");
        return Look::new(Verdict::Wait, why, state);
    };
    if let Some(job) = evidence.job.filter(|job| job.name() == name) {
        return read(job, state);
    }
    if state.last.as_deref() == Some(RUNS) {
        let why = format!("Job `{name}` was deleted before it ended: nobody knows what it said");
        return Look::new(Verdict::Error, why, state);
    }
    let wanted = manifest(gate, &name, timeout, subject).map(|object| Wanted {
        query: Query::Job(Box::new(object)),
        due: settled,
    });
    let look = Look::new(Verdict::Wait, format!("Job `{name}` to be made"), state);
    match wanted {
        Some(wanted) => look.wanting(wanted),
        None => look,
    }
}

fn said(state: &GateState) -> String {
    match state.last.as_deref() {
        None | Some("" | RUNS) => String::new(),
        Some(why) => format!(": {why}"),
    }
}

fn read(job: &Object, before: &GateState) -> Look {
    let name = job.name();
    let mut state = before.clone();
    if let Some(condition) = condition(job, "Complete") {
        state.consecutive_successes = 1;
        state.last = Some(message(condition));
        return Look::new(Verdict::Pass, format!("Job `{name}` succeeded"), &state);
    }
    if let Some(condition) = condition(job, "Failed") {
        state.failures = 1;
        state.last = Some(message(condition));
        let why = format!("Job `{name}` failed{}", said(&state));
        return Look::new(Verdict::Fail, why, &state);
    }
    state.last = Some(RUNS.to_owned());
    Look::new(Verdict::Wait, format!("Job `{name}` to end"), &state)
}

fn condition<'o>(job: &'o Object, kind: &str) -> Option<&'o Value> {
    let conditions = job.at("/status/conditions")?.as_array()?;
    conditions.iter().find(|condition| {
        let is = |key: &str, value: &str| condition.get(key).and_then(Value::as_str) == Some(value);
        is("type", kind) && is("status", "True")
    })
}

fn message(condition: &Value) -> String {
    let text = |key: &str| {
        condition
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    match (text("reason"), text("message")) {
        (reason, "") => reason.to_owned(),
        (_, message) => message.to_owned(),
    }
}

/// The Job's name: the same question about the same version is the same Job.
pub(super) fn name(gate: &JobGate, subject: &Subject) -> String {
    let question = [
        subject.behaviour.hex(),
        subject.track.clone(),
        subject.stage.clone(),
        subject.gate.to_string(),
        gate.image.to_string(),
    ];
    let digest: String = Digest::of_parts(question).hex().chars().take(10).collect();
    format!("{}-gate-{digest}", subject.strategy)
}

/// The Job. It is hardened as every workload is, and told what it judges by its environment.
fn manifest(
    gate: &JobGate,
    name: &str,
    timeout: Option<Duration>,
    subject: &Subject,
) -> Option<Object> {
    let labels = json!({
        mark::OWNER: subject.owner,
        mark::STRATEGY: subject.strategy,
        mark::TRACK: subject.track,
        mark::INSTANCE: name,
        "app.kubernetes.io/component": "gate",
        "app.kubernetes.io/managed-by": "tidegate",
    });
    Object::new(json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": subject.namespace, "labels": labels},
        "spec": {
            "activeDeadlineSeconds": timeout.map_or(3600, Duration::seconds),
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "template": {
                "metadata": {"labels": labels},
                "spec": pod(gate, subject),
            },
        },
    }))
}

fn pod(gate: &JobGate, subject: &Subject) -> Value {
    json!({
        "automountServiceAccountToken": false,
        "containers": [container(gate, subject)],
        "enableServiceLinks": false,
        "restartPolicy": "Never",
        "securityContext": {
            "runAsNonRoot": true,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    })
}

fn container(gate: &JobGate, subject: &Subject) -> Value {
    let told = [
        ("TIDEGATE_STRATEGY", subject.strategy.to_string()),
        ("TIDEGATE_NAMESPACE", subject.namespace.clone()),
        ("TIDEGATE_TRACK", subject.track.clone()),
        ("TIDEGATE_BEHAVIOUR", subject.behaviour.hex()),
        ("TIDEGATE_STAGE", subject.stage.clone()),
    ];
    let told = told
        .into_iter()
        .map(|(name, value)| json!({"name": name, "value": value}));
    let own = gate.env.iter();
    let own = own.map(|(name, value)| json!({"name": name.as_str(), "value": value}));
    let resources = json!({"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "256Mi"});
    json!({
        "name": "gate",
        "image": gate.image.to_string(),
        "command": gate.command,
        "args": gate.args,
        "env": told.chain(own).collect::<Vec<_>>(),
        "resources": {"requests": resources, "limits": resources},
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true,
        },
    })
}
