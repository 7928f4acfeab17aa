//! What scales a service's pods.

use serde_json::{Value, json};

use super::context::{Api, Context};
use super::fields::Fields;
use crate::object::Object;
use crate::resolve::{Quantity, Scale};

/// The autoscaler. It says nothing about `selectPolicy`: a rollout turns that, to hold the number
/// of pods still while it judges them.
pub(super) fn build(context: &Context<'_>, scale: &Scale, workload: &Object) -> Object {
    let metrics = [("cpu", scale.cpu), ("memory", scale.memory)];
    let metrics = metrics.into_iter().filter_map(metric);
    let own = scale.metrics.iter().map(own);
    let target = json!({
        "apiVersion": workload.api_version(),
        "kind": workload.kind(),
        "name": workload.name(),
    });
    let spec = Fields::new()
        .with("behavior", behavior())
        .with("maxReplicas", scale.max)
        .with_list("metrics", metrics.chain(own))
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

/// A metric that an adapter serves of the pods.
fn own((name, target): (&String, &Quantity)) -> Value {
    json!({
        "type": "Pods",
        "pods": {
            "metric": {"name": name},
            "target": {"type": "AverageValue", "averageValue": target.as_str()},
        },
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_of_the_pods_is_held_at_its_average() {
        let target: Quantity = "20000".parse().unwrap();
        let metric = own((&"queue_depth".to_owned(), &target));
        // As the API server gives it back.
        let value = metric.pointer("/pods/target/averageValue");
        assert_eq!(value, Some(&json!("20k")));
        let name = metric.pointer("/pods/metric/name");
        assert_eq!(name, Some(&json!("queue_depth")));
    }
}
