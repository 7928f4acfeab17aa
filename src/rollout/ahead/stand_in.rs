//! A cluster that is just as a stage says: what would be seen there, made up.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::course::{Course, Looks};
use super::super::stage::is_workload;
use crate::object::{Object, ObjectId};

/// The objects of a course, in place and healthy, with a pod of every workload.
pub(super) fn cluster(course: &Course) -> BTreeMap<ObjectId, Object> {
    let objects = match &course.look {
        Looks::Plain(bundle) => bundle.objects.clone(),
        Looks::Staged(set) => set.shown(),
    };
    let least = objects.iter().filter_map(fewest).collect();
    let seen = objects.into_iter().flat_map(|it| seen(it, &least));
    seen.map(|object| (object.id(), object)).collect()
}

/// The name of the workload that an autoscaler scales, and the fewest pods that it leaves.
fn fewest(object: &Object) -> Option<(String, i64)> {
    let is_scaler = object.kind() == "HorizontalPodAutoscaler";
    let pods = object.number("/spec/minReplicas").filter(|_| is_scaler)?;
    Some((object.text("/spec/scaleTargetRef/name").to_owned(), pods))
}

/// A workload with the status of one that is done, and a pod of it; anything else as it is.
fn seen(mut object: Object, fewest: &BTreeMap<String, i64>) -> Vec<Object> {
    if !is_workload(&object) {
        return vec![object];
    }
    let said = object.number("/spec/replicas");
    let scaled = fewest.get(object.name()).copied();
    let pods = said.or(scaled).unwrap_or(1);
    let pod = (pods > 0).then(|| pod(&object)).flatten();
    let value = object.value_mut();
    value["metadata"]["generation"] = json!(1);
    value["spec"]["replicas"] = json!(pods);
    value["status"] = json!({
        "observedGeneration": 1, "replicas": pods, "updatedReplicas": pods,
        "readyReplicas": pods, "availableReplicas": pods,
    });
    std::iter::once(object).chain(pod).collect()
}

fn pod(workload: &Object) -> Option<Object> {
    let template = workload.at("/spec/template")?;
    let said = |field: &str| template.pointer(&format!("/metadata/{field}")).cloned();
    Object::new(json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": format!("{}-0", workload.name()),
            "namespace": workload.namespace(),
            "labels": said("labels").unwrap_or(Value::Null),
            "annotations": said("annotations").unwrap_or(Value::Null),
        },
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }))
}

/// A gate's Job that succeeded.
pub(super) fn succeeded(job: &Object) -> Object {
    let mut job = job.clone();
    job.value_mut()["status"] = json!({"conditions": [{"type": "Complete", "status": "True"}]});
    job
}
