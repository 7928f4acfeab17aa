//! Deployments.

use super::condition;
use super::{Health, pod};
use crate::object::Object;

/// Every replica is of the latest template and available, and none is left over.
pub(super) fn health(deployment: &Object, pods: &[&Object]) -> Health {
    let id = deployment.id();
    if let Some(progressing) = condition::find(deployment, "Progressing")
        && progressing.reason == "ProgressDeadlineExceeded"
    {
        let why = pod::why_not_ready(pods).unwrap_or_else(|| progressing.text().to_owned());
        return Health::Failed(format!("{id} made no progress in time: {why}"));
    }
    if let Some(failure) = condition::find(deployment, "ReplicaFailure")
        && failure.status == "True"
    {
        return Health::Failed(format!("{id} cannot make its pods: {}", failure.text()));
    }
    if deployment.number("/status/observedGeneration").is_none() {
        return Health::Progressing(format!("{id}: its controller has not seen it"));
    }
    let want = deployment.number("/spec/replicas").unwrap_or(1);
    let count = |field: &str| deployment.number(&format!("/status/{field}")).unwrap_or(0);
    let missing = if count("updatedReplicas") < want {
        "not every pod is of the latest template"
    } else if count("replicas") > count("updatedReplicas") {
        "pods of an earlier template are still there"
    } else if count("availableReplicas") < want {
        "not every pod is available"
    } else {
        return Health::Healthy;
    };
    let why = pod::why_not_ready(pods).map_or_else(String::new, |why| format!(": {why}"));
    Health::Progressing(format!("{id}: {missing}{why}"))
}
