//! StatefulSets.

use super::{Health, pod};
use crate::object::Object;

/// Every replica above the partition is of the latest template, and every one is ready.
pub(super) fn health(set: &Object, pods: &[&Object]) -> Health {
    let id = set.id();
    if set.number("/status/observedGeneration").is_none() {
        return Health::Progressing(format!("{id}: its controller has not seen it"));
    }
    let want = set.number("/spec/replicas").unwrap_or(1);
    let partition = set
        .number("/spec/updateStrategy/rollingUpdate/partition")
        .unwrap_or(0);
    let count = |field: &str| set.number(&format!("/status/{field}")).unwrap_or(0);
    let revisions_differ =
        set.text("/status/currentRevision") != set.text("/status/updateRevision");
    let missing = if count("replicas") > want {
        "pods that should not be are still there"
    } else if count("readyReplicas") < want {
        "not every pod is ready"
    } else if count("availableReplicas") < want {
        "not every pod is available"
    } else if count("updatedReplicas") < want - partition || (partition == 0 && revisions_differ) {
        "not every pod is of the latest template"
    } else {
        return Health::Healthy;
    };
    let why = pod::why_not_ready(pods).map_or_else(String::new, |why| format!(": {why}"));
    Health::Progressing(format!("{id}: {missing}{why}"))
}
