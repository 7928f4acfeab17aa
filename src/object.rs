//! A Kubernetes object as the compiler makes it and the API server returns it.
//!
//! Objects stay JSON trees: a typed struct would drop the fields it does not know.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Labels and annotations of ours.
pub mod mark {
    /// Hash of fleet, cluster, desk and strategy: whose object it is.
    pub const OWNER: &str = "tidegate.dev/owner";
    /// The strategy's name; absent on a desk's objects.
    pub const STRATEGY: &str = "tidegate.dev/strategy";
    /// `main`, `shadow`, `beside`, or ten hex digits.
    pub const TRACK: &str = "tidegate.dev/track";
    /// On pods of a service that may serve: the strategy's name.
    pub const SERVES: &str = "tidegate.dev/serves";
    /// The one label that workloads, budgets and network policies select.
    pub const INSTANCE: &str = "app.kubernetes.io/instance";
    /// On pod templates: the full `behaviour` digest.
    pub const BEHAVIOUR: &str = "tidegate.dev/behaviour";
    /// On pod templates: the exclusive holdings that each pod takes a place of, as a JSON list.
    pub const HOLDINGS: &str = "tidegate.dev/holdings";
    /// On a Job of a trading session: when its run was due.
    pub const DUE: &str = "tidegate.dev/due";
    /// The field manager of everything that `render` prints.
    pub const MANAGER: &str = "tidegate";
    /// The field manager of what a rollout turns.
    pub const RUNTIME_MANAGER: &str = "tidegate-runtime";
}

/// What names an object in a cluster. Its version is not part of its identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectId {
    /// API group, empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; `None` for cluster-scoped objects.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// A Kubernetes object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Object(Value);

impl Object {
    /// Wraps a JSON tree. `None` unless it has `apiVersion`, `kind` and `metadata.name`.
    pub fn new(value: Value) -> Option<Self> {
        let object = Self(value);
        let named = !object.text("/apiVersion").is_empty()
            && !object.text("/kind").is_empty()
            && !object.text("/metadata/name").is_empty();
        named.then_some(object)
    }

    /// The tree.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The tree, to change.
    pub fn value_mut(&mut self) -> &mut Value {
        &mut self.0
    }

    /// The tree, owned.
    pub fn into_value(self) -> Value {
        self.0
    }

    /// Its identity.
    pub fn id(&self) -> ObjectId {
        let group = self
            .api_version()
            .rsplit_once('/')
            .map_or("", |(group, _)| group);
        ObjectId {
            group: group.to_owned(),
            kind: self.kind().to_owned(),
            namespace: self.namespace().map(str::to_owned),
            name: self.name().to_owned(),
        }
    }

    /// `group/version`, or `version` for the core group.
    pub fn api_version(&self) -> &str {
        text(self.0.get("apiVersion"))
    }

    /// Its kind.
    pub fn kind(&self) -> &str {
        text(self.0.get("kind"))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        text(self.metadata("name"))
    }

    /// Its namespace.
    pub fn namespace(&self) -> Option<&str> {
        self.metadata("namespace")?.as_str()
    }

    /// Its uid, once the API server gave it one.
    pub fn uid(&self) -> Option<&str> {
        self.metadata("uid")?.as_str()
    }

    /// Its resource version, once the API server gave it one.
    pub fn resource_version(&self) -> Option<&str> {
        self.metadata("resourceVersion")?.as_str()
    }

    /// A label's value.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.metadata("labels")?.get(key)?.as_str()
    }

    /// An annotation's value.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.metadata("annotations")?.get(key)?.as_str()
    }

    /// What the API server recorded of who wrote which fields.
    pub fn managed_fields(&self) -> impl Iterator<Item = &Value> {
        let entries = self.metadata("managedFields").and_then(Value::as_array);
        entries.into_iter().flatten()
    }

    /// Whether the API server is deleting it.
    pub fn is_terminating(&self) -> bool {
        self.metadata("deletionTimestamp")
            .is_some_and(|at| !at.is_null())
    }

    fn metadata(&self, key: &str) -> Option<&Value> {
        self.0.get("metadata")?.get(key)
    }

    /// The text at a JSON pointer, empty where there is none.
    pub fn text(&self, pointer: &str) -> &str {
        text(self.0.pointer(pointer))
    }

    /// The whole number at a JSON pointer.
    pub fn number(&self, pointer: &str) -> Option<i64> {
        self.0.pointer(pointer).and_then(Value::as_i64)
    }
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn identity_leaves_the_version_out() {
        let object = |version: &str| {
            Object::new(json!({"apiVersion": version, "kind": "Lamp", "metadata": {"name": "a"}}))
                .unwrap()
        };
        assert_eq!(object("x.dev/v1").id(), object("x.dev/v2").id());
        assert_ne!(object("x.dev/v1").id(), object("v1").id());
    }

    #[test]
    fn a_tree_without_a_name_is_no_object() {
        assert!(Object::new(json!({"apiVersion": "v1", "kind": "Lamp"})).is_none());
    }
}
