//! The test control plane itself: what the other tests rely on.

mod breaking;
mod pods;
mod proxying;
mod storage;
mod trail;

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

/// A pod of one container, with annotations and whatever else its spec needs.
fn pod(name: &str, annotations: &Value, spec: &Value) -> Pod {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"containers": [{"name": "main", "image": "registry.example.com:5000/a/b:1.2"}]},
    });
    for (key, value) in spec.as_object().expect("a spec is an object") {
        pod["spec"][key] = value.clone();
    }
    serde_json::from_value(pod).expect("a pod")
}

/// Whether a pod has a condition that is true.
fn is(pod: Option<&Pod>, condition: &str) -> bool {
    let conditions = pod.and_then(|p| p.status.as_ref()?.conditions.as_ref());
    conditions.is_some_and(|c| c.iter().any(|c| c.type_ == condition && c.status == "True"))
}

/// The exit code of a pod's first container, once it has ended.
fn exit_code(pod: Option<&Pod>) -> Option<i32> {
    let status = pod?.status.as_ref()?.container_statuses.as_ref()?.first()?;
    Some(status.state.as_ref()?.terminated.as_ref()?.exit_code)
}
