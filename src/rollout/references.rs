//! Which ConfigMaps, Secrets and claims a pod, or what makes pods, refers to.
//!
//! A missing one keeps a container from starting, so nothing that is referred to is ever pruned.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::{Object, ObjectId};

/// What a pod refers to.
pub fn of_pod(pod: &Object) -> BTreeSet<ObjectId> {
    of_spec(pod, "/spec")
}

/// What any object of a unit refers to: a pod, a workload, a ReplicaSet, or a ControllerRevision.
pub fn of_any(object: &Object) -> BTreeSet<ObjectId> {
    let pod_spec = match object.kind() {
        "Pod" => "/spec",
        "ControllerRevision" => "/data/spec/template/spec",
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    of_spec(object, pod_spec)
}

fn of_spec(object: &Object, pointer: &str) -> BTreeSet<ObjectId> {
    let mut found = Found {
        namespace: object.namespace().map(str::to_owned),
        ids: BTreeSet::new(),
    };
    let Some(spec) = object.at(pointer) else {
        return found.ids;
    };
    for volume in items(spec, "volumes") {
        found.volume(volume);
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in items(spec, list) {
            found.container(container);
        }
    }
    for secret in items(spec, "imagePullSecrets") {
        found.name("Secret", secret.get("name"));
    }
    found.ids
}

struct Found {
    namespace: Option<String>,
    ids: BTreeSet<ObjectId>,
}

impl Found {
    fn name(&mut self, kind: &str, name: Option<&Value>) {
        let Some(name) = name.and_then(Value::as_str) else {
            return;
        };
        self.ids.insert(ObjectId {
            group: String::new(),
            kind: kind.to_owned(),
            namespace: self.namespace.clone(),
            name: name.to_owned(),
        });
    }

    fn volume(&mut self, volume: &Value) {
        self.name("ConfigMap", volume.pointer("/configMap/name"));
        self.name("Secret", volume.pointer("/secret/secretName"));
        let claim = volume.pointer("/persistentVolumeClaim/claimName");
        self.name("PersistentVolumeClaim", claim);
        for source in volume
            .get("projected")
            .map(|projected| items(projected, "sources"))
            .unwrap_or_default()
        {
            self.name("ConfigMap", source.pointer("/configMap/name"));
            self.name("Secret", source.pointer("/secret/name"));
        }
    }

    fn container(&mut self, container: &Value) {
        for variable in items(container, "env") {
            let from = |kind: &str| variable.pointer(&format!("/valueFrom/{kind}/name"));
            self.name("ConfigMap", from("configMapKeyRef"));
            self.name("Secret", from("secretKeyRef"));
        }
        for source in items(container, "envFrom") {
            self.name("ConfigMap", source.pointer("/configMapRef/name"));
            self.name("Secret", source.pointer("/secretRef/name"));
        }
    }
}

fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_way_to_refer_is_found() {
        let spec = json!({
            "volumes": [
                {"name": "a", "configMap": {"name": "mounted"}},
                {"name": "b", "secret": {"secretName": "key"}},
                {"name": "c", "persistentVolumeClaim": {"claimName": "disk"}},
                {"name": "d", "projected": {"sources": [
                    {"configMap": {"name": "projected"}},
                    {"secret": {"name": "token"}},
                    {"serviceAccountToken": {"path": "t"}},
                ]}},
                {"name": "e", "emptyDir": {}},
            ],
            "initContainers": [{"name": "i", "envFrom": [{"secretRef": {"name": "init"}}]}],
            "containers": [{
                "name": "c",
                "env": [
                    {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "one-key", "key": "k"}}},
                    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "one-secret", "key": "k"}}},
                    {"name": "C", "value": "plain"},
                ],
                "envFrom": [{"configMapRef": {"name": "all-keys"}}],
            }],
            "imagePullSecrets": [{"name": "pull"}],
        });
        let object = |kind: &str, body: Value| {
            let mut value = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x", "namespace": "harbour"}});
            if let (Some(value), Some(body)) = (value.as_object_mut(), body.as_object()) {
                value.extend(body.clone());
            }
            Object::new(value).unwrap()
        };
        let pod = object("Pod", json!({"spec": spec}));
        let names: Vec<_> = of_pod(&pod)
            .into_iter()
            .map(|id| format!("{} {}", id.kind, id.name))
            .collect();
        assert_eq!(
            names,
            [
                "ConfigMap all-keys",
                "ConfigMap mounted",
                "ConfigMap one-key",
                "ConfigMap projected",
                "PersistentVolumeClaim disk",
                "Secret init",
                "Secret key",
                "Secret one-secret",
                "Secret pull",
                "Secret token",
            ]
        );
        let template = json!({"spec": {"template": {"spec": spec}}});
        for other in [
            object("ReplicaSet", template.clone()),
            object("ControllerRevision", json!({"data": template})),
            object("CronJob", json!({"spec": {"jobTemplate": template}})),
        ] {
            assert_eq!(of_any(&other), of_pod(&pod), "{}", other.kind());
        }
    }
}
