//! What scales a service's pods.

use serde_json::{Value, json};

use super::context::{Api, Context};
use super::fields::Fields;
use crate::object::Object;
use crate::resolve::Scale;

/// The autoscaler. It says nothing about `selectPolicy`: a rollout turns that, to hold the number
/// of pods still while it judges them.
pub(super) fn build(context: &Context<'_>, scale: &Scale, workload: &Object) -> Object {
    let metrics = [("cpu", scale.cpu), ("memory", scale.memory)];
    let metrics = metrics.into_iter().filter_map(metric);
    let target = json!({
        "apiVersion": workload.api_version(),
        "kind": workload.kind(),
        "name": workload.name(),
    });
    let spec = Fields::new()
        .with("behavior", behavior())
        .with("maxReplicas", scale.max)
        .with_list("metrics", metrics)
        .with("minReplicas", scale.min)
        .with("scaleTargetRef", target);
    let api = Api("autoscaling/v2", "HorizontalPodAutoscaler");
    context.object(api, context.name(), Fields::new().with("spec", spec))
}

fn metric((name, target): (&str, Option<u32>)) -> Option<Value> {
    let target = target?;
    Some(json!({
        "type": "Resource",
        "resource": {
            "name": name,
            "target": {"type": "Utilization", "averageUtilization": target},
        },
    }))
}

/// Up at once, at most twofold or by four; down by a tenth a minute, after five minutes of calm.
fn behavior() -> Value {
    let policy = |kind: &str, value: u32, seconds: u32| json!({"type": kind, "value": value, "periodSeconds": seconds});
    json!({
        "scaleDown": {
            "policies": [policy("Percent", 10, 60)],
            "stabilizationWindowSeconds": 300,
        },
        "scaleUp": {
            "policies": [policy("Percent", 100, 15), policy("Pods", 4, 15)],
            "stabilizationWindowSeconds": 0,
        },
    })
}
