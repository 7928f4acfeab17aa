//! The objects of the fleet as they are in the cluster.

use std::collections::BTreeMap;

use kube::Client;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams,
};
use serde_json::Value;

use super::places::{self, CREATED, DELETED, Differing};
use crate::cluster::{Cluster, wait};

/// Group, version and kind of everything that a fleet is made of.
const KINDS: [(&str, &str, &str); 14] = [
    ("", "v1", "Namespace"),
    ("", "v1", "ServiceAccount"),
    ("", "v1", "Service"),
    ("", "v1", "PersistentVolumeClaim"),
    ("", "v1", "ConfigMap"),
    ("", "v1", "ResourceQuota"),
    ("", "v1", "LimitRange"),
    ("apps", "v1", "Deployment"),
    ("apps", "v1", "StatefulSet"),
    ("batch", "v1", "Job"),
    ("batch", "v1", "CronJob"),
    ("networking.k8s.io", "v1", "NetworkPolicy"),
    ("policy", "v1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io", "v1", "RoleBinding"),
];

/// What refers to configuration.
const USERS: [(&str, &str); 3] = [
    ("", "Pod"),
    ("apps", "ReplicaSet"),
    ("apps", "ControllerRevision"),
];

/// A look at the cluster, and a hand in it.
pub(super) struct Live {
    client: Client,
}

/// Objects by what names them.
pub(super) type Objects = BTreeMap<String, Value>;

impl Live {
    pub(super) async fn of(cluster: &Cluster) -> Self {
        Self {
            client: cluster.client_named("a-person").await,
        }
    }

    /// Everything with an owner label that no controller made.
    pub(super) async fn owned(&self) -> Objects {
        let params = ListParams::default().labels("tidegate.dev/owner");
        let mut objects = Objects::new();
        for (group, version, kind) in KINDS {
            let resource = resource(group, version, kind);
            let api: Api<DynamicObject> = Api::all_with(self.client.clone(), &resource);
            let list = api.list(&params).await.expect("a list");
            for mut object in list.items {
                object.types = Some(kube::api::TypeMeta {
                    api_version: resource.api_version.clone(),
                    kind: kind.to_owned(),
                });
                if object.metadata.owner_references.is_none() {
                    let value = serde_json::to_value(object).expect("an object is JSON");
                    objects.insert(places::id_of(&value), value);
                }
            }
        }
        objects
    }

    /// Whether a pod that has not ended, or what pods may still be made from, names an object.
    pub(super) async fn is_referred(&self, object: &Value) -> bool {
        let namespace = object["metadata"]["namespace"].as_str().expect("a desk's");
        for (group, kind) in USERS {
            let resource = resource(group, "v1", kind);
            let api: Api<DynamicObject> =
                Api::namespaced_with(self.client.clone(), namespace, &resource);
            let list = api.list(&ListParams::default()).await.expect("a list");
            let alive = list.items.iter().map(|user| &user.data).filter(|user| {
                let phase = user["status"]["phase"].as_str();
                !matches!(phase, Some("Succeeded" | "Failed"))
            });
            if alive.into_iter().any(|user| names(user, name(object))) {
                return true;
            }
        }
        false
    }

    /// Edits an object by a JSON patch.
    pub(super) async fn patch(&self, object: &Value, manager: &str, patch: Value) {
        let params = PatchParams {
            field_manager: Some(manager.to_owned()),
            ..PatchParams::default()
        };
        let operations = serde_json::from_value(patch.clone()).expect("a JSON patch");
        self.send(object, &params, &Patch::Json::<()>(operations))
            .await
            .unwrap_or_else(|error| panic!("{}: {patch}: {error}", places::id_of(object)));
    }

    /// Takes fields of an object as another manager.
    pub(super) async fn take(&self, fields: &Value, manager: &str) {
        let params = PatchParams::apply(manager).force();
        self.send(fields, &params, &Patch::Apply(fields))
            .await
            .unwrap_or_else(|error| panic!("{fields}: {error}"));
    }

    /// Deletes an object.
    pub(super) async fn delete(&self, object: &Value) {
        let params = DeleteParams::default();
        let deleted = self.api(object).delete(name(object), &params).await;
        deleted.unwrap_or_else(|error| panic!("{}: {error}", places::id_of(object)));
    }

    /// Waits until an object is gone.
    pub(super) async fn gone(&self, object: &Value) {
        wait::until_gone(&self.api(object), name(object)).await;
    }

    /// Creates an object.
    pub(super) async fn create(&self, object: &Value) {
        let new = serde_json::from_value(object.clone()).expect("an object");
        let created = self
            .api(object)
            .create(&kube::api::PostParams::default(), &new)
            .await;
        created.unwrap_or_else(|error| panic!("{}: {error}", places::id_of(object)));
    }

    async fn send<P: serde::Serialize + std::fmt::Debug>(
        &self,
        object: &Value,
        params: &PatchParams,
        patch: &Patch<P>,
    ) -> kube::Result<DynamicObject> {
        self.api(object).patch(name(object), params, patch).await
    }

    fn api(&self, object: &Value) -> Api<DynamicObject> {
        let resource = resource_of(object);
        match object["metadata"]["namespace"].as_str() {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }
}

/// Where the API server keeps an object's kind.
pub(super) fn resource_of(object: &Value) -> ApiResource {
    let version = object["apiVersion"].as_str().expect("a version");
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    resource(group, version, object["kind"].as_str().expect("a kind"))
}

fn resource(group: &str, version: &str, kind: &str) -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind))
}

/// Whether a text stands anywhere in a tree.
fn names(tree: &Value, text: &str) -> bool {
    match tree {
        Value::String(found) => found == text,
        Value::Array(items) => items.iter().any(|item| names(item, text)),
        Value::Object(fields) => fields.values().any(|field| names(field, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().expect("a name")
}

/// What differs between two looks.
pub(super) fn between(before: &Objects, after: &Objects) -> Differing {
    let mut differing = Differing::new();
    for (id, new) in after {
        let places = match before.get(id) {
            Some(old) => places::between(old, new),
            None => [CREATED.to_owned()].into(),
        };
        if !places.is_empty() {
            differing.insert(id.clone(), places);
        }
    }
    for id in before.keys().filter(|id| !after.contains_key(*id)) {
        differing.insert(id.clone(), [DELETED.to_owned()].into());
    }
    differing
}
