//! What a rollout turns besides numbers of pods and weights.

use serde_json::json;

use super::{ManifestSet, Side, Size};
use crate::object::{Object, ObjectId};

/// Holds every autoscaler still: a step is judged at the size it was given. An autoscaler raises
/// what is below its fewest pods, whatever else it is told, so its ends give way too.
pub(super) fn freeze(set: &mut ManifestSet) {
    let scalers = set.bundle.objects.iter_mut();
    for scaler in scalers.filter(|it| it.kind() == "HorizontalPodAutoscaler") {
        let side = set.sides.iter().find(|side| is_scaled_by(side, scaler));
        if let Some(Size::Turned(pods)) = side.map(|side| side.size) {
            widen(scaler, pods);
        }
        let still = json!({"selectPolicy": "Disabled"});
        let behavior = json!({"scaleDown": still, "scaleUp": still});
        set.turned
            .insert(scaler.id(), json!({"behavior": behavior}));
    }
}

fn is_scaled_by(side: &Side, scaler: &Object) -> bool {
    scaler.text("/spec/scaleTargetRef/name") == side.workload.name
        && scaler.text("/spec/scaleTargetRef/kind") == side.workload.kind
}

fn widen(scaler: &mut Object, pods: u32) {
    let pods = i64::from(pods);
    let fewest = scaler.number("/spec/minReplicas").unwrap_or(1).min(pods);
    let most = scaler.number("/spec/maxReplicas").unwrap_or(1).max(pods);
    scaler.value_mut()["spec"]["minReplicas"] = json!(fewest.max(1));
    scaler.value_mut()["spec"]["maxReplicas"] = json!(most.max(1));
}

/// Lets every StatefulSet change all of its pods.
pub(super) fn sets(set: &mut ManifestSet) {
    hold_back(set, 0);
}

/// Holds so many pods of every StatefulSet back, those of the lowest ordinals.
pub(super) fn hold_back(set: &mut ManifestSet, kept: u32) {
    let workloads = set.sides.iter().map(|side| &side.workload);
    let sets: Vec<ObjectId> = workloads
        .filter(|workload| workload.kind == "StatefulSet")
        .cloned()
        .collect();
    for id in sets {
        let update = json!({"rollingUpdate": {"partition": kept}});
        set.turned.insert(id, json!({"updateStrategy": update}));
    }
}
