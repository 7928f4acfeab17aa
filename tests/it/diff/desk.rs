//! Objects in a namespace of their own, as they should be and as they are.

use std::collections::BTreeMap;

use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use serde::Deserialize as _;
use serde_json::Value;
use tidegate::object::{Object, ObjectId, mark};

use crate::cluster::Cluster;

/// Reads tried until an object stands still; its controllers may still be writing to it.
const SETTLES: usize = 20;

/// The test's objects.
pub(super) struct Desk {
    pub(super) cluster: Cluster,
    client: Client,
    objects: BTreeMap<ObjectId, Object>,
}

impl Desk {
    /// Reads the objects into a new namespace's name; applies none.
    pub(super) async fn new(base: &str) -> Self {
        let cluster = Cluster::shared();
        let namespace = cluster.namespace(base).await;
        let documents = serde_yaml::Deserializer::from_str(include_str!("objects.yaml"));
        let objects = documents.map(|document| {
            let mut value = Value::deserialize(document).expect("the fixture is YAML");
            value["metadata"]["namespace"] = Value::from(namespace.as_str());
            for subject in value["subjects"].as_array_mut().into_iter().flatten() {
                if subject["kind"] == "ServiceAccount" {
                    subject["namespace"] = Value::from(namespace.as_str());
                }
            }
            value
                .as_object_mut()
                .expect("a mapping")
                .retain(|_, value| !value.is_null());
            let object = Object::new(value).expect("the fixture has names");
            (object.id(), object)
        });
        Self {
            client: cluster.client().await,
            objects: objects.collect(),
            cluster,
        }
    }

    /// The objects as they should be.
    pub(super) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// One of them.
    pub(super) fn object(&self, id: &ObjectId) -> &Object {
        self.objects.get(id).expect("one of the fixture's")
    }

    /// The identity of one of them.
    pub(super) fn id_of(&self, kind: &str, name: &str) -> ObjectId {
        let found = self
            .objects
            .keys()
            .find(|id| id.kind == kind && id.name == name);
        found.expect("one of the fixture's").clone()
    }

    /// Changes how one of them should be.
    pub(super) fn change(&mut self, id: &ObjectId, change: impl FnOnce(&mut Value)) {
        let object = self.objects.get_mut(id).expect("one of the fixture's");
        change(object.value_mut());
    }

    /// Applies all of them, as the daemon does.
    pub(super) async fn apply_all(&self) {
        let params = PatchParams::apply(mark::MANAGER).force();
        for object in self.objects() {
            self.patch(object, &params)
                .await
                .unwrap_or_else(|error| panic!("apply {}: {error}", object.id()));
        }
    }

    /// What an apply would answer; `None` where it would be refused.
    pub(super) async fn dry_run(&self, object: &Object) -> Option<Object> {
        let params = PatchParams::apply(mark::MANAGER).force().dry_run();
        self.patch(object, &params).await.ok()
    }

    /// The live object.
    pub(super) async fn get(&self, id: &ObjectId) -> Object {
        let object = self.api(self.object(id)).get(&id.name).await;
        wrap(&object.expect("the object is there"))
    }

    /// The live object, and what an apply of `desired` would make of just that.
    pub(super) async fn settled(&self, desired: &Object) -> (Object, Object) {
        let id = desired.id();
        for _ in 0..SETTLES {
            let found = self.get(&id).await;
            let predicted = self.dry_run(desired).await.expect("the object is valid");
            if self.get(&id).await.resource_version() == found.resource_version() {
                return (found, predicted);
            }
        }
        panic!("{id} does not settle")
    }

    /// Edits the live object by a JSON patch; whether the API server took it.
    pub(super) async fn edit(&self, id: &ObjectId, manager: &str, patch: &Value) -> bool {
        let patch = serde_json::from_value(patch.clone()).expect("a JSON patch");
        let params = PatchParams {
            field_manager: Some(manager.to_owned()),
            ..PatchParams::default()
        };
        let api = self.api(self.object(id));
        api.patch(&id.name, &params, &Patch::Json::<()>(patch))
            .await
            .is_ok()
    }

    async fn patch(&self, object: &Object, params: &PatchParams) -> kube::Result<Object> {
        let patch = Patch::Apply(object.value());
        let answer = self
            .api(object)
            .patch(object.name(), params, &patch)
            .await?;
        Ok(wrap(&answer))
    }

    fn api(&self, object: &Object) -> Api<DynamicObject> {
        let (group, version) = match object.api_version().split_once('/') {
            Some((group, version)) => (group, version),
            None => ("", object.api_version()),
        };
        let kind = GroupVersionKind::gvk(group, version, object.kind());
        let namespace = object.namespace().expect("the fixture's are namespaced");
        let resource = ApiResource::from_gvk(&kind);
        Api::namespaced_with(self.client.clone(), namespace, &resource)
    }
}

/// An object without what an apply that changes nothing turns all the same: times, and the
/// generation of a NetworkPolicy with an empty list, which is written anew and stored as none.
pub(super) fn at_rest(object: &Object) -> Value {
    let mut value = object.value().clone();
    let metadata = value["metadata"].as_object_mut().expect("metadata");
    metadata.shift_remove("generation");
    let entries = metadata.get_mut("managedFields");
    if let Some(Value::Array(entries)) = entries {
        for entry in entries.iter_mut() {
            let entry = entry.as_object_mut().expect("an entry");
            entry.shift_remove("time");
        }
        entries.sort_by_key(ToString::to_string);
    }
    value
}

fn wrap(object: &DynamicObject) -> Object {
    let value = serde_json::to_value(object).expect("an object is JSON");
    Object::new(value).expect("a live object has a name")
}
