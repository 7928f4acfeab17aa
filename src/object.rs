//! A Kubernetes object as the compiler makes it and the API server returns it.
//!
//! Objects stay JSON trees: a typed struct would drop the fields it does not know.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

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

/// A Kubernetes object. Copies share their tree until one of them is changed, so that a bundle, a
/// stage of it and what was seen can be handed about for next to nothing.
#[derive(Clone)]
pub struct Object(Arc<Tree>);

#[derive(Clone)]
struct Tree {
    value: Value,
    /// Worked out when it is asked for first.
    id: OnceLock<ObjectId>,
}

impl Object {
    fn of(value: Value) -> Self {
        let id = OnceLock::new();
        Self(Arc::new(Tree { value, id }))
    }

    /// Wraps a JSON tree. `None` unless it has `apiVersion`, `kind` and `metadata.name`.
    pub fn new(value: Value) -> Option<Self> {
        let object = Self::of(value);
        let named = !object.text("/apiVersion").is_empty()
            && !object.text("/kind").is_empty()
            && !object.text("/metadata/name").is_empty();
        named.then_some(object)
    }

    /// The tree.
    pub fn value(&self) -> &Value {
        &self.0.value
    }

    /// The tree, to change.
    pub fn value_mut(&mut self) -> &mut Value {
        let tree = Arc::make_mut(&mut self.0);
        tree.id.take();
        &mut tree.value
    }

    /// The tree, owned.
    pub fn into_value(self) -> Value {
        Arc::unwrap_or_clone(self.0).value
    }

    /// Its identity, to keep.
    pub fn id(&self) -> ObjectId {
        self.identity().clone()
    }

    /// Its identity.
    pub fn identity(&self) -> &ObjectId {
        self.0.id.get_or_init(|| self.named())
    }

    fn named(&self) -> ObjectId {
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
        text(field(&self.0.value, "apiVersion"))
    }

    /// Its kind.
    pub fn kind(&self) -> &str {
        text(field(&self.0.value, "kind"))
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
        field(self.metadata("labels")?, key)?.as_str()
    }

    /// An annotation's value.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        field(self.metadata("annotations")?, key)?.as_str()
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
        field(field(&self.0.value, "metadata")?, key)
    }

    /// The value at a JSON pointer.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        at(&self.0.value, pointer)
    }

    /// The text at a JSON pointer, empty where there is none.
    pub fn text(&self, pointer: &str) -> &str {
        text(self.at(pointer))
    }

    /// The whole number at a JSON pointer.
    pub fn number(&self, pointer: &str) -> Option<i64> {
        self.at(pointer).and_then(Value::as_i64)
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.value == other.0.value
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Object").field(&self.0.value).finish()
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.value.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::of)
    }
}

/// From so many fields on, hashing a name costs less than comparing it with each.
const MANY: usize = 16;

/// A field of a mapping. Most mappings of an object have a few only.
fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let map: &Map<String, Value> = value.as_object()?;
    if map.len() > MANY {
        return map.get(name);
    }
    map.iter().find(|(key, _)| *key == name).map(|(_, it)| it)
}

/// The value at a JSON pointer below another.
fn at<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    if pointer.contains('~') {
        return value.pointer(pointer);
    }
    let mut steps = pointer.split('/');
    // What stands before the first slash: nothing.
    if !steps.next()?.is_empty() {
        return None;
    }
    steps.try_fold(value, |value, step| match value {
        Value::Array(items) => items.get(index(step)?),
        _ => field(value, step),
    })
}

/// A position in a list, as a JSON pointer writes it.
fn index(step: &str) -> Option<usize> {
    let is_plain =
        step.bytes().all(|it| it.is_ascii_digit()) && (step == "0" || !step.starts_with('0'));
    step.parse().ok().filter(|_| is_plain)
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
    fn a_copy_is_changed_by_itself() {
        let tree = json!({"apiVersion": "v1", "kind": "Lamp", "metadata": {"name": "a"}});
        let lamp = Object::new(tree.clone()).unwrap();
        let mut other = lamp.clone();
        assert_eq!(other.identity().name, "a");
        other.value_mut()["metadata"]["name"] = json!("b");
        assert_eq!(other.identity().name, "b");
        assert_eq!((lamp.name(), other.name()), ("a", "b"));
        assert_eq!(serde_json::to_value(&lamp).unwrap(), tree);
        assert_eq!(serde_json::from_value::<Object>(tree).unwrap(), lamp);
    }

    #[test]
    fn a_pointer_leads_where_the_library_says() {
        let many: Map<String, Value> = (0..40).map(|at| (format!("f{at}"), json!(at))).collect();
        let tree = json!({
            "apiVersion": "v1", "kind": "Lamp", "metadata": {"name": "a"}, "many": many,
            "list": [1, {"x": 2}], "a/b": 3, "": {"": 4}, "0": 5,
        });
        let lamp = Object::new(tree.clone()).unwrap();
        let pointers = [
            "",
            "/",
            "//",
            "x",
            "/list",
            "/list/0",
            "/list/1/x",
            "/list/01",
            "/list/+1",
            "/list/2",
            "/list/",
            "/a~1b",
            "/many/f39",
            "/many/f40",
            "/0",
            "/kind/x",
            "/metadata/name/",
        ];
        for pointer in pointers {
            assert_eq!(lamp.at(pointer), tree.pointer(pointer), "{pointer}");
        }
    }

    #[test]
    fn a_tree_without_a_name_is_no_object() {
        assert!(Object::new(json!({"apiVersion": "v1", "kind": "Lamp"})).is_none());
    }
}
