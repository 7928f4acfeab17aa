//! What each manager applied to an object, and what people changed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use tidegate::diff;
use tidegate::object::{Object, ObjectId, mark};

/// The claims on one object.
#[derive(Debug, Clone, Default)]
pub(super) struct Claims {
    /// What `tidegate` applied.
    ours: Value,
    /// The `fieldsV1` of that.
    fields: Arc<Value>,
    /// What `tidegate-runtime` applied to its spec.
    turned: Value,
    /// What people and autoscalers changed, by JSON pointer.
    pub(super) edited: BTreeMap<String, Value>,
}

/// The `fieldsV1` of what was applied: the same is applied again and again, in script after script.
#[derive(Debug, Clone, Default)]
pub(super) struct Forms(Arc<Mutex<BTreeMap<ObjectId, Vec<Form>>>>);

/// What was applied, and its fields.
type Form = (Object, Arc<Value>);

/// How many forms of an object are kept.
const FORMS: usize = 8;

impl Forms {
    fn of(&self, object: &Object) -> Arc<Value> {
        let mut all = self.0.lock().expect("nobody panics with it");
        let known = all.entry(object.id()).or_default();
        if let Some((_, fields)) = known.iter().rev().find(|(it, _)| it == object) {
            return fields.clone();
        }
        let fields = Arc::new(diff::fields_v1(object));
        if known.len() >= FORMS {
            known.remove(0);
        }
        known.push((object.clone(), fields.clone()));
        fields
    }
}

impl Claims {
    /// `tidegate` applies an object, forced. The number of pods that another manager says stays,
    /// unless it is written now.
    pub(super) fn apply(&mut self, ours: Object, forms: &Forms) {
        let said = ours.value();
        self.edited
            .retain(|pointer, _| pointer == "/spec/replicas" && said.pointer(pointer).is_none());
        yield_to(&mut self.turned, &said["spec"]);
        self.fields = forms.of(&ours);
        self.ours = ours.into_value();
    }

    /// `tidegate-runtime` applies fields of the spec, forced.
    pub(super) fn turn(&mut self, spec: &Value) {
        for (pointer, _) in leaves(spec) {
            self.edited.remove(&format!("/spec{pointer}"));
        }
        if yield_to(&mut self.ours["spec"], spec)
            && let Some(ours) = Object::new(self.ours.clone())
        {
            self.fields = Arc::new(diff::fields_v1(&ours));
        }
        self.turned = spec.clone();
    }

    /// A person changes a value, with a tool that knows nothing of applying.
    pub(super) fn edit(&mut self, pointer: &str, value: Value) {
        if let Some(field) = pointer.strip_prefix("/spec/") {
            remove(&mut self.turned, field);
        }
        self.edited.insert(pointer.to_owned(), value);
    }

    /// Whether somebody else says how many pods there are.
    pub(super) fn is_scaled(&self) -> bool {
        self.edited.contains_key("/spec/replicas")
    }

    /// Somebody who scales says how many pods there are, and holds that from then on.
    pub(super) fn scale(&mut self, pods: i64) {
        remove(&mut self.ours["spec"], "replicas");
        remove(&mut self.turned, "replicas");
        if let Some(ours) = Object::new(self.ours.clone()) {
            self.fields = Arc::new(diff::fields_v1(&ours));
        }
        self.edited.insert("/spec/replicas".to_owned(), json!(pods));
    }

    /// The object that all of them make together.
    pub(super) fn merged(&self) -> Object {
        let mut value = self.ours.clone();
        overlay(&mut value["spec"], &self.turned);
        for (pointer, edited) in &self.edited {
            if let Some((parent, field)) = pointer.rsplit_once('/')
                && let Some(parent) = value.pointer_mut(parent)
            {
                parent[field] = edited.clone();
            }
        }
        let scales = matches!(value["kind"].as_str(), Some("StatefulSet" | "Deployment"));
        if scales && value["spec"].get("replicas").is_none() {
            value["spec"]["replicas"] = json!(1);
        }
        let partition = "/spec/updateStrategy/rollingUpdate/partition";
        if value["kind"] == "StatefulSet" && value.pointer(partition).is_none() {
            value["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = json!(0);
        }
        if value["spec"].is_null()
            && let Some(object) = value.as_object_mut()
        {
            object.shift_remove("spec");
        }
        value["metadata"]["managedFields"] = self.managed();
        Object::new(value).expect("what was applied is an object")
    }

    fn managed(&self) -> Value {
        let entry = |manager: &str, fields: Value| {
            json!({"manager": manager, "operation": "Apply", "fieldsType": "FieldsV1",
                "apiVersion": self.ours["apiVersion"], "fieldsV1": fields})
        };
        let mut managed = vec![entry(mark::MANAGER, self.fields.as_ref().clone())];
        let turned = self.turned.as_object();
        if turned.is_some_and(|turned| !turned.is_empty()) {
            let fields = json!({"f:spec": fields(&self.turned)});
            managed.push(entry(mark::RUNTIME_MANAGER, fields));
        }
        managed.into()
    }
}

fn remove(value: &mut Value, field: &str) {
    if let Some(map) = value.as_object_mut() {
        map.shift_remove(field);
    }
}

/// The leaves of a tree, as pointers: lists are leaves.
fn leaves(tree: &Value) -> Vec<(String, &Value)> {
    let Some(map) = tree.as_object() else {
        return vec![(String::new(), tree)];
    };
    let below = map.iter().flat_map(|(key, value)| {
        let below = leaves(value).into_iter();
        below.map(move |(pointer, leaf)| (format!("/{key}{pointer}"), leaf))
    });
    below.collect()
}

/// Lays leaves over a tree.
fn overlay(tree: &mut Value, over: &Value) {
    match over.as_object() {
        Some(map) => {
            if !tree.is_object() {
                *tree = Value::Object(Map::new());
            }
            for (key, value) in map {
                overlay(&mut tree[key], value);
            }
        }
        None if over.is_null() => {}
        None => *tree = over.clone(),
    }
}

/// Gives up the leaves that somebody else sets to another value; whether there was any.
fn yield_to(tree: &mut Value, other: &Value) -> bool {
    let mut any = false;
    for (pointer, leaf) in leaves(other) {
        let Some((parent, key)) = pointer.rsplit_once('/') else {
            continue;
        };
        if tree.pointer(&pointer).is_some_and(|mine| mine != leaf)
            && let Some(Value::Object(map)) = tree.pointer_mut(parent)
        {
            map.shift_remove(key);
            any = true;
        }
    }
    any
}

/// The `fieldsV1` of a tree.
fn fields(tree: &Value) -> Value {
    let Some(map) = tree.as_object() else {
        return Value::Object(Map::new());
    };
    let fields = map.iter();
    let fields = fields.map(|(key, value)| (format!("f:{key}"), self::fields(value)));
    Value::Object(fields.collect())
}
