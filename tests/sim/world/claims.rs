//! What each manager applied to an object, and what people changed.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use tidegate::diff;
use tidegate::object::{Object, mark};

/// The claims on one object.
#[derive(Debug, Clone, Default)]
pub(super) struct Claims {
    /// What `tidegate` applied.
    ours: Value,
    /// The `fieldsV1` of that.
    fields: Value,
    /// What `tidegate-runtime` applied to its spec.
    turned: Map<String, Value>,
    /// What people changed, by JSON pointer.
    pub(super) edited: BTreeMap<String, Value>,
}

impl Claims {
    /// `tidegate` applies an object, forced.
    pub(super) fn apply(&mut self, ours: Object) {
        self.edited.clear();
        self.turned.retain(|field, value| {
            ours.value()["spec"].get(field).is_none_or(|ours| ours == value)
        });
        self.fields = diff::fields_v1(&ours);
        self.ours = ours.into_value();
    }

    /// `tidegate-runtime` applies fields of the spec, forced.
    pub(super) fn turn(&mut self, spec: &Value) {
        let spec = spec.as_object().cloned().unwrap_or_default();
        for (field, value) in &spec {
            self.edited.remove(&format!("/spec/{field}"));
            if self.ours["spec"].get(field).is_some_and(|ours| ours != value) {
                remove(&mut self.ours["spec"], field);
            }
        }
        if let Ok(ours) = Object::new(self.ours.clone()).ok_or(()) {
            self.fields = diff::fields_v1(&ours);
        }
        self.turned = spec;
    }

    /// A person changes a value, with a tool that knows nothing of applying.
    pub(super) fn edit(&mut self, pointer: &str, value: Value) {
        if let Some(field) = pointer.strip_prefix("/spec/") {
            self.turned.shift_remove(field);
        }
        self.edited.insert(pointer.to_owned(), value);
    }

    /// The object that all of them make together.
    pub(super) fn merged(&self) -> Object {
        let mut value = self.ours.clone();
        for (field, turned) in &self.turned {
            value["spec"][field] = turned.clone();
        }
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
        value["metadata"]["managedFields"] = self.managed();
        Object::new(value).expect("what was applied is an object")
    }

    fn managed(&self) -> Value {
        let entry = |manager: &str, fields: Value| {
            json!({"manager": manager, "operation": "Apply", "fieldsType": "FieldsV1",
                "apiVersion": self.ours["apiVersion"], "fieldsV1": fields})
        };
        let mut managed = vec![entry(mark::MANAGER, self.fields.clone())];
        if !self.turned.is_empty() {
            let fields = self.turned.keys().map(|it| (format!("f:{it}"), json!({})));
            let fields = json!({"f:spec": Value::Object(fields.collect())});
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
