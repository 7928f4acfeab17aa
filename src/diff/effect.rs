//! What a change does to what runs: whether pods restart, and whether the API server would refuse
//! the change to a field that cannot be changed.

use serde::Serialize;
use serde_json::Value;

use crate::diff::{Change, Kind, ObjectDiff, Path, Step, Verdict};

/// What a change does. Later variants weigh more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Labels, annotations, finalizers and the like: nothing that runs notices.
    MetadataOnly,
    /// The object changes where it stands.
    InPlace,
    /// Pods end and others start.
    Restart,
    /// The field is immutable: only a new object can have the new value.
    Recreate,
}

impl Effect {
    /// The effect of one of an object's changes.
    pub fn of(diff: &ObjectDiff, change: &Change) -> Self {
        let (group, kind) = (diff.id.group.as_str(), diff.id.kind.as_str());
        if change.kind == Kind::Ownership || change.path.starts_with(&["metadata"]) {
            return Self::MetadataOnly;
        }
        // A new name makes a new object, which takes any value.
        let is_fixed = diff.renamed_from.is_none() && is_immutable(diff, change);
        if is_fixed {
            Self::Recreate
        } else if is_pod_template(group, kind, &change.path) {
            Self::Restart
        } else {
            Self::InPlace
        }
    }

    /// The weightiest effect of an object's changes; `None` where it does not differ in places.
    pub fn of_object(diff: &ObjectDiff) -> Option<Self> {
        match &diff.verdict {
            Verdict::Differs(changes) => changes.iter().map(|change| Self::of(diff, change)).max(),
            Verdict::Same | Verdict::Created | Verdict::Deleted | Verdict::CannotTell { .. } => {
                None
            }
        }
    }
}

/// Whether the place is what a controller makes its pods from, and remakes them when it changes.
fn is_pod_template(group: &str, kind: &str, path: &Path) -> bool {
    match (group, kind) {
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet") | ("batch", "Job") => {
            path.starts_with(&["spec", "template"])
        }
        _ => false,
    }
}

fn is_immutable(diff: &ObjectDiff, change: &Change) -> bool {
    let path = &change.path;
    let below = |fields: &[&[&str]]| fields.iter().any(|field| path.starts_with(field));
    match (diff.id.group.as_str(), diff.id.kind.as_str()) {
        ("apps", "StatefulSet") => below(&[
            &["spec", "podManagementPolicy"],
            &["spec", "selector"],
            &["spec", "serviceName"],
            &["spec", "volumeClaimTemplates"],
        ]),
        ("apps", "Deployment" | "DaemonSet" | "ReplicaSet") => below(&[&["spec", "selector"]]),
        ("batch", "Job") => {
            below(&[
                &["spec", "backoffLimitPerIndex"],
                &["spec", "completionMode"],
                &["spec", "managedBy"],
                &["spec", "podFailurePolicy"],
                &["spec", "selector"],
                &["spec", "successPolicy"],
                &["spec", "template"],
            ]) || below(&[&["spec", "completions"]]) && !is_indexed(diff)
        }
        ("", "PersistentVolumeClaim") => is_fixed_claim(path, change),
        ("", "Service") => below(&[
            &["spec", "clusterIP"],
            &["spec", "clusterIPs"],
            &["spec", "loadBalancerClass"],
        ]),
        ("", "ConfigMap" | "Secret") => {
            below(&[&["type"]])
                || is_sealed(diff)
                    && below(&[&["binaryData"], &["data"], &["immutable"], &["stringData"]])
        }
        ("", "Pod") => is_fixed_pod(path),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            below(&[&["roleRef"]])
        }
        ("storage.k8s.io", "StorageClass") => below(&[
            &["parameters"],
            &["provisioner"],
            &["reclaimPolicy"],
            &["volumeBindingMode"],
        ]),
        ("scheduling.k8s.io", "PriorityClass") => below(&[&["preemptionPolicy"], &["value"]]),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            below(&[&["spec", "group"], &["spec", "names"], &["spec", "scope"]])
        }
        ("discovery.k8s.io", "EndpointSlice") => below(&[&["addressType"]]),
        _ => false,
    }
}

/// A claim may grow and change its attributes class; nothing else of it changes.
fn is_fixed_claim(path: &Path, change: &Change) -> bool {
    if !path.starts_with(&["spec"]) || path.starts_with(&["spec", "volumeAttributesClassName"]) {
        return false;
    }
    if !path.starts_with(&["spec", "resources", "requests", "storage"]) {
        return true;
    }
    let amount = |value: &Option<Value>| -> Option<crate::diff::quantity::Quantity> {
        value.as_ref()?.as_str()?.parse().ok()
    };
    match (amount(&change.before), amount(&change.after)) {
        (Some(before), Some(after)) => after < before,
        _ => true,
    }
}

/// A pod's images, deadline and tolerations may change.
fn is_fixed_pod(path: &Path) -> bool {
    let is_image = path.steps().last() == Some(&Step::Field("image".to_owned()));
    path.starts_with(&["spec"])
        && !is_image
        && !path.starts_with(&["spec", "activeDeadlineSeconds"])
        && !path.starts_with(&["spec", "tolerations"])
}

fn is_indexed(diff: &ObjectDiff) -> bool {
    before(diff, "/spec/completionMode").is_some_and(|mode| mode == "Indexed")
}

fn is_sealed(diff: &ObjectDiff) -> bool {
    before(diff, "/immutable") == Some(&Value::Bool(true))
}

fn before<'d>(diff: &'d ObjectDiff, pointer: &str) -> Option<&'d Value> {
    diff.before.as_ref()?.at(pointer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::objects;
    use crate::object::Object;
    use serde_json::json;

    fn check(version: &str, kind: &str, before: &Value, after: &Value, expect: Effect) {
        let object = |body: &Value| {
            let mut object = json!({"apiVersion": version, "kind": kind});
            for (name, value) in body.as_object().unwrap() {
                object[name] = value.clone();
            }
            if object["metadata"].is_null() {
                object["metadata"] = json!({"name": "a"});
            }
            Object::new(object).unwrap()
        };
        let diffs = objects(&[object(before)], &[object(after)]);
        assert_eq!(
            diffs.first().and_then(Effect::of_object),
            Some(expect),
            "{before} to {after}"
        );
    }

    #[test]
    fn a_pod_template_restarts() {
        let with = |image: &str| json!({"spec": {"template": {"spec": {"image": image}}}});
        for kind in ["Deployment", "StatefulSet", "DaemonSet"] {
            check("apps/v1", kind, &with("a"), &with("b"), Effect::Restart);
        }
        check("batch/v1", "Job", &with("a"), &with("b"), Effect::Recreate);
    }

    #[test]
    fn a_cron_jobs_template_waits_for_its_next_run() {
        let with =
            |image: &str| json!({"spec": {"jobTemplate": {"spec": {"template": {"x": image}}}}});
        check(
            "batch/v1",
            "CronJob",
            &with("a"),
            &with("b"),
            Effect::InPlace,
        );
    }

    #[test]
    fn replicas_change_in_place() {
        let with = |replicas: u8| json!({"spec": {"replicas": replicas}});
        check(
            "apps/v1",
            "StatefulSet",
            &with(0),
            &with(1),
            Effect::InPlace,
        );
    }

    #[test]
    fn immutable_fields_need_a_new_object() {
        let set = |service: &str| json!({"spec": {"serviceName": service}});
        check(
            "apps/v1",
            "StatefulSet",
            &set("a"),
            &set("b"),
            Effect::Recreate,
        );
        let service = |ip: &str| json!({"spec": {"clusterIP": ip}});
        check(
            "v1",
            "Service",
            &service("None"),
            &service("x"),
            Effect::Recreate,
        );
        let binding = |role: &str| json!({"roleRef": {"name": role}});
        check(
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            &binding("a"),
            &binding("b"),
            Effect::Recreate,
        );
    }

    #[test]
    fn a_claim_may_grow_and_not_shrink() {
        let with = |size: &str| json!({"spec": {"resources": {"requests": {"storage": size}}}});
        let kind = "PersistentVolumeClaim";
        check("v1", kind, &with("900Mi"), &with("1Gi"), Effect::InPlace);
        check("v1", kind, &with("1Gi"), &with("900Mi"), Effect::Recreate);
    }

    #[test]
    fn an_immutable_config_needs_a_new_object_unless_it_has_a_new_name() {
        let with = |name: &str, value: &str| json!({"metadata": {"name": name}, "immutable": true, "data": {"a": value}});
        check(
            "v1",
            "ConfigMap",
            &with("a", "1"),
            &with("a", "2"),
            Effect::Recreate,
        );
        check(
            "v1",
            "ConfigMap",
            &with("a-0123456789", "1"),
            &with("a-abcdef0123", "2"),
            Effect::InPlace,
        );
    }

    #[test]
    fn labels_are_metadata_only() {
        let with = |label: &str| json!({"metadata": {"name": "a", "labels": {"a": label}}});
        check(
            "apps/v1",
            "StatefulSet",
            &with("a"),
            &with("b"),
            Effect::MetadataOnly,
        );
    }
}
