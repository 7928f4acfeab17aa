//! Edits by hand and by other controllers, of the kinds that clusters see.

use serde_json::{Value, json};

use super::dice::Dice;
use super::live::{Live, Objects};

const LABEL: &str = "/metadata/labels/app.kubernetes.io~1managed-by";
const CONTAINER: &str = "/spec/template/spec/containers/0";
const WORKLOADS: &[&str] = &["Deployment", "StatefulSet"];
/// Kinds whose loss an apply repairs without a question.
const LOSABLE: &[&str] = &[
    "Service",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "ConfigMap",
    "RoleBinding",
    "LimitRange",
    "CronJob",
    "Deployment",
];

/// An edit that is possible for objects of some kinds.
pub(super) struct Edit {
    pub(super) name: &'static str,
    kinds: &'static [&'static str],
    deed: Deed,
}

enum Deed {
    /// Patches; `None` where the object has no such place.
    Patch(fn(&Value) -> Option<Value>),
    /// Takes fields as another manager.
    Take(fn(&Value) -> Value),
    Delete,
    /// Deletes, and makes another of that name.
    Recreate(fn(&mut Value)),
}

const fn patch(
    name: &'static str,
    kinds: &'static [&'static str],
    patch: fn(&Value) -> Option<Value>,
) -> Edit {
    Edit {
        name,
        kinds,
        deed: Deed::Patch(patch),
    }
}

const fn take(
    name: &'static str,
    kinds: &'static [&'static str],
    fields: fn(&Value) -> Value,
) -> Edit {
    Edit {
        name,
        kinds,
        deed: Deed::Take(fields),
    }
}

/// Every kind of edit.
pub(super) const EDITS: &[Edit] = &[
    patch(
        "label added",
        &["Service", "ConfigMap", "Namespace", "StatefulSet"],
        |_| {
            Some(
                json!([{"op": "add", "path": "/metadata/labels/someone.example~1note", "value": "x"}]),
            )
        },
    ),
    patch(
        "annotation added",
        &["Deployment", "NetworkPolicy", "CronJob"],
        |object| {
            let mut all = object["metadata"]["annotations"].clone();
            if all.is_null() {
                all = json!({});
            }
            all["someone.example/note"] = json!("x");
            Some(json!([{"op": "add", "path": "/metadata/annotations", "value": all}]))
        },
    ),
    patch(
        "label changed",
        &["Service", "PersistentVolumeClaim", "RoleBinding"],
        |object| set(object, LABEL, json!("somebody")),
    ),
    patch(
        "label removed",
        &["ServiceAccount", "ResourceQuota", "PodDisruptionBudget"],
        |object| remove(object, LABEL),
    ),
    patch("security relaxed", &["Namespace"], |object| {
        let enforce = "/metadata/labels/pod-security.kubernetes.io~1enforce";
        set(object, enforce, json!("baseline"))
    }),
    patch("scaled by hand", &["Deployment"], |object| {
        set(object, "/spec/replicas", json!(5))
    }),
    patch("image changed", WORKLOADS, |object| {
        set(
            object,
            &in_container("image"),
            json!("registry.example.com/other:1"),
        )
    }),
    patch("variable added", &["StatefulSet"], |object| {
        let mut env = object.pointer(&in_container("env"))?.as_array()?.clone();
        env.insert(0, json!({"name": "EXTRA", "value": "1"}));
        set(object, &in_container("env"), json!(env))
    }),
    patch("variable removed", &["StatefulSet"], |object| {
        remove(object, &in_container("env/0"))
    }),
    patch("arguments replaced", &["StatefulSet"], |object| {
        set(object, &in_container("args"), json!(["--help"]))
    }),
    patch("memory changed", WORKLOADS, |object| {
        set(
            object,
            &in_container("resources/limits/memory"),
            json!("16Gi"),
        )
    }),
    patch("processor spelt in another way", WORKLOADS, |object| {
        let place = in_container("resources/limits/cpu");
        let cpu: u32 = object.pointer(&place)?.as_str()?.parse().ok()?;
        set(object, &place, json!(format!("{}m", cpu * 1000)))
    }),
    patch("container port added", WORKLOADS, |object| {
        let port = json!({"containerPort": 7777, "name": "extra", "protocol": "TCP"});
        let place = in_container("ports");
        match object.pointer(&place) {
            Some(_) => Some(json!([{"op": "add", "path": place + "/-", "value": port}])),
            None => Some(json!([{"op": "add", "path": place, "value": [port]}])),
        }
    }),
    patch("volumes reordered", WORKLOADS, |object| {
        reverse(object, "/spec/template/spec/volumes")
    }),
    patch("mounts reordered", WORKLOADS, |object| {
        reverse(object, &in_container("volumeMounts"))
    }),
    patch("probe removed", WORKLOADS, |object| {
        remove(object, &in_container("livenessProbe"))
    }),
    patch("probe slowed", WORKLOADS, |object| {
        set(
            object,
            &in_container("readinessProbe/periodSeconds"),
            json!(99),
        )
    }),
    patch("grace shortened", WORKLOADS, |object| {
        set(
            object,
            "/spec/template/spec/terminationGracePeriodSeconds",
            json!(1),
        )
    }),
    patch("service port added", &["Service"], |object| {
        let mut ports = object.pointer("/spec/ports")?.as_array()?.clone();
        ports.insert(
            0,
            json!({"name": "extra", "port": 7777, "protocol": "TCP", "targetPort": 7777}),
        );
        set(object, "/spec/ports", json!(ports))
    }),
    patch("service port renamed", &["Service"], |object| {
        set(object, "/spec/ports/0/name", json!("other"))
    }),
    patch("network opened", &["NetworkPolicy"], |object| {
        object.pointer("/spec/egress")?;
        Some(json!([{"op": "add", "path": "/spec/egress/-", "value": {}}]))
    }),
    patch("network rules reordered", &["NetworkPolicy"], |object| {
        reverse(object, "/spec/egress")
    }),
    patch("network rules removed", &["NetworkPolicy"], |object| {
        remove(object, "/spec/egress")
    }),
    patch("quota raised", &["ResourceQuota"], |object| {
        set(object, "/spec/hard/pods", json!("99"))
    }),
    patch("quota key deleted", &["ResourceQuota"], |object| {
        remove(object, "/spec/hard/pods")
    }),
    patch("subject added", &["RoleBinding"], |object| {
        object.pointer("/subjects")?;
        let who =
            json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "mallory"});
        Some(json!([{"op": "add", "path": "/subjects/0", "value": who}]))
    }),
    patch("subjects removed", &["RoleBinding"], |object| {
        remove(object, "/subjects")
    }),
    patch("schedule changed", &["CronJob"], |object| {
        set(object, "/spec/schedule", json!("1 1 * * *"))
    }),
    patch("suspended", &["CronJob"], |object| {
        object.pointer("/spec")?;
        Some(json!([{"op": "add", "path": "/spec/suspend", "value": true}]))
    }),
    patch("token mounted", &["ServiceAccount"], |object| {
        set(object, "/automountServiceAccountToken", json!(true))
    }),
    take(
        "label owned by two",
        &["Service", "Deployment", "NetworkPolicy"],
        |object| {
            let label = object.pointer(LABEL).cloned();
            fields(
                object,
                "metadata",
                json!({"labels": {"app.kubernetes.io/managed-by": label}}),
            )
        },
    ),
    take(
        "label forced",
        &["Service", "ConfigMap", "StatefulSet"],
        |object| {
            fields(
                object,
                "metadata",
                json!({"labels": {"app.kubernetes.io/managed-by": "rival"}}),
            )
        },
    ),
    take("scale forced", &["Deployment"], |object| {
        fields(object, "spec", json!({"replicas": 7}))
    }),
    Edit {
        name: "deleted",
        kinds: LOSABLE,
        deed: Deed::Delete,
    },
    Edit {
        name: "recreated with other data",
        kinds: &["ConfigMap"],
        deed: Deed::Recreate(|object| {
            object["data"]["extra"] = json!("x");
            let root = object.as_object_mut().expect("an object");
            root.shift_remove("immutable");
        }),
    },
];

impl Edit {
    /// Does it to some object; whether there was one.
    pub(super) async fn play(&self, live: &Live, dice: &mut Dice) -> bool {
        let objects = live.owned().await;
        for object in dice.shuffled(self.candidates(&objects)) {
            match self.deed {
                Deed::Patch(patch) => match patch(object) {
                    Some(patch) => live.patch(object, "kubectl-edit", patch).await,
                    None => continue,
                },
                Deed::Take(fields) => live.take(&fields(object), "rival").await,
                Deed::Delete => live.delete(object).await,
                Deed::Recreate(change) => {
                    live.delete(object).await;
                    let mut other = without_servers(object);
                    change(&mut other);
                    live.create(&other).await;
                }
            }
            return true;
        }
        false
    }

    fn candidates<'a>(&self, objects: &'a Objects) -> Vec<&'a Value> {
        let is_of_kind = |object: &&Value| self.kinds.iter().any(|kind| object["kind"] == *kind);
        objects.values().filter(is_of_kind).collect()
    }
}

fn in_container(field: &str) -> String {
    format!("{CONTAINER}/{field}")
}

fn set(object: &Value, place: &str, value: impl Into<Value>) -> Option<Value> {
    object.pointer(place)?;
    let value: Value = value.into();
    Some(json!([{"op": "replace", "path": place, "value": value}]))
}

fn remove(object: &Value, place: &str) -> Option<Value> {
    object.pointer(place)?;
    Some(json!([{"op": "remove", "path": place}]))
}

fn reverse(object: &Value, place: &str) -> Option<Value> {
    let mut items = object.pointer(place)?.as_array()?.clone();
    items.reverse();
    set(object, place, json!(items))
}

/// What another manager applies: one field, and of the metadata no more than the name.
fn fields(object: &Value, field: &str, value: Value) -> Value {
    let mut fields = json!({
        "apiVersion": object["apiVersion"],
        "kind": object["kind"],
        "metadata": {"name": object["metadata"]["name"]},
    });
    if let Some(namespace) = object["metadata"]["namespace"].as_str() {
        fields["metadata"]["namespace"] = json!(namespace);
    }
    let Value::Object(added) = value else {
        return fields;
    };
    for (name, value) in added {
        fields[field][name] = value;
    }
    fields
}

fn without_servers(object: &Value) -> Value {
    let mut object = object.clone();
    let metadata = object["metadata"].as_object_mut().expect("metadata");
    for name in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "managedFields",
        "generation",
    ] {
        metadata.shift_remove(name);
    }
    object
}
