//! Who else owns fields of ours, and how to take them over from people's tools.

use serde_json::{Value, json};

use crate::diff::fields::Fields;
use crate::diff::path::{Path, Step};
use crate::diff::schema::Shape;
use crate::object::{Object, mark};

/// A field of ours that another manager owns too.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreign {
    /// The field.
    pub path: Path,
    /// The other manager.
    pub manager: String,
}

/// The fields that we emit and that another manager owns, alone or with us. What status
/// subresources own is left out.
pub fn owned_by_others(live: &Object, desired: &Object) -> Vec<Foreign> {
    let emitted = emitted(desired);
    let mut found = Vec::new();
    for entry in Record::of(live.value()).entries {
        if entry.manager == mark::MANAGER || entry.is_status() {
            continue;
        }
        let (shared, _) = entry.fields.split(&emitted);
        found.extend(shared.leaves().into_iter().map(|path| Foreign {
            path,
            manager: entry.manager.clone(),
        }));
    }
    found
}

/// A JSON patch that moves the fields that we emit, or own already, from `kubectl` to us, so that
/// what we drop later does not stay alive under its name. `None` where there is nothing to move.
///
/// What else `kubectl` owns stays its own, as do the entries of status subresources. The patch
/// carries the resource version, so that it fails with a conflict on an object that changed.
pub fn takeover(live: &Object, desired: &Object) -> Option<Value> {
    let mut entries = Record::of(live.value()).entries;
    let position = entries.iter().position(Entry::is_ours);
    let mut ours = match position.and_then(|position| entries.get(position)) {
        Some(entry) => entry.clone(),
        None => Entry::of_ours(desired.api_version()),
    };
    let mut claimed = emitted(desired);
    claimed.merge(&ours.fields);
    let mut is_moved = false;
    for entry in &mut entries {
        if entry.is_persons() && entry.api_version == ours.api_version {
            let (taken, rest) = entry.fields.split(&claimed);
            if taken.is_leaf() {
                continue;
            }
            is_moved = true;
            ours.fields.merge(&taken);
            entry.fields = rest;
        }
    }
    if !is_moved {
        return None;
    }
    match position.and_then(|position| entries.get_mut(position)) {
        Some(entry) => *entry = ours,
        None => entries.push(ours),
    }
    entries.retain(|entry| !entry.is_persons() || !entry.fields.is_empty());
    let managed: Vec<Value> = entries.iter().map(Entry::to_value).collect();
    Some(json!([
        {"op": "replace", "path": "/metadata/managedFields", "value": managed},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live.resource_version()},
    ]))
}

/// `metadata.managedFields`.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    entries: Vec<Entry>,
}

impl Record {
    /// Reads a live object's record.
    pub(crate) fn of(live: &Value) -> Self {
        let managed = live.pointer("/metadata/managedFields");
        let entries = managed.and_then(Value::as_array).into_iter().flatten();
        Self {
            entries: entries.map(Entry::parse).collect(),
        }
    }

    /// Whether nobody is recorded at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What we applied.
    pub(crate) fn ours(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.is_ours())
    }

    /// What everybody else owns, status subresources apart.
    pub(crate) fn fields_of_others(&self) -> Fields {
        let mut fields = Fields::default();
        for entry in &self.entries {
            if !entry.is_ours() && !entry.is_status() {
                fields.merge(&entry.fields);
            }
        }
        fields
    }
}

/// One manager's entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    manager: String,
    operation: String,
    subresource: String,
    /// The version in which the fields are told.
    pub(crate) api_version: String,
    /// The fields.
    pub(crate) fields: Fields,
    raw: Value,
}

impl Entry {
    fn parse(raw: &Value) -> Self {
        let text = |name| {
            let value = raw.get(name).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        Self {
            manager: text("manager"),
            operation: text("operation"),
            subresource: text("subresource"),
            api_version: text("apiVersion"),
            fields: raw.get("fieldsV1").map(Fields::parse).unwrap_or_default(),
            raw: raw.clone(),
        }
    }

    fn of_ours(api_version: &str) -> Self {
        Self::parse(&json!({
            "manager": mark::MANAGER,
            "operation": "Apply",
            "apiVersion": api_version,
            "fieldsType": "FieldsV1",
        }))
    }

    fn to_value(&self) -> Value {
        let mut raw = self.raw.clone();
        if let Some(raw) = raw.as_object_mut() {
            raw.insert("fieldsV1".to_owned(), self.fields.to_value());
        }
        raw
    }

    fn is_ours(&self) -> bool {
        self.manager == mark::MANAGER && self.operation == "Apply" && self.subresource.is_empty()
    }

    fn is_status(&self) -> bool {
        self.subresource == "status"
    }

    /// Whether a person's `kubectl` wrote it, or nobody knows who did before the first apply.
    fn is_persons(&self) -> bool {
        let is_tool = self.manager.starts_with("kubectl") || self.manager == "before-first-apply";
        is_tool && !self.is_status()
    }
}

/// Whether a field is ever recorded as anybody's: an object's identity and what the server keeps for
/// itself are not, and neither is a status, which has its own endpoint.
pub(crate) fn is_recorded(at: &Path, name: &str) -> bool {
    const IDENTITY: [&str; 3] = ["apiVersion", "kind", "status"];
    const METADATA: [&str; 8] = [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "managedFields",
        "selfLink",
    ];
    match at.steps() {
        [] => !IDENTITY.contains(&name),
        [Step::Field(top)] if top == "metadata" => !METADATA.contains(&name),
        _ => true,
    }
}

/// What the API server records as ours once it has accepted an apply of an object: `fieldsV1`.
pub fn fields_v1(desired: &Object) -> Value {
    emitted(desired).to_value()
}

/// The places that an apply of this object would record as ours.
pub(crate) fn emitted(desired: &Object) -> Fields {
    let id = desired.id();
    let shape = Shape::of(&id.group, &id.kind);
    let mut fields = fields_of(shape, &Path::root(), desired.value());
    fields.is_owned = false;
    fields
}

fn fields_of(shape: Shape, path: &Path, value: &Value) -> Fields {
    let mut fields = Fields::default();
    match value {
        Value::Object(map) if !map.is_empty() && !shape.is_whole() => {
            for (name, value) in map {
                if is_recorded(path, name) {
                    let step = Step::Field(name.clone());
                    let below = fields_of(shape.field(name), &path.then(step.clone()), value);
                    fields.insert(&step, below);
                }
            }
        }
        Value::Array(items) => match shape.steps(items) {
            Some(steps) => {
                for (step, item) in steps.iter().zip(items) {
                    let mut below = fields_of(shape.item(), &path.then(step.clone()), item);
                    below.is_owned = true;
                    fields.insert(step, below);
                }
            }
            None => return Fields::leaf(),
        },
        _ => return Fields::leaf(),
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment() -> Object {
        Object::new(json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "a", "resourceVersion": "7"},
            "spec": {"replicas": 2, "paused": false},
        }))
        .unwrap()
    }

    fn live(managed: Value) -> Object {
        let mut live = deployment();
        live.value_mut()["metadata"]["managedFields"] = managed;
        live
    }

    fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "apps/v1",
            "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    fn of_status() -> Value {
        json!({"manager": "kubectl", "operation": "Update", "apiVersion": "apps/v1",
            "fieldsType": "FieldsV1", "subresource": "status",
            "fieldsV1": {"f:spec": {"f:replicas": {}}}})
    }

    #[test]
    fn others_are_named_field_by_field() {
        let live = live(json!([
            entry(
                "tidegate",
                "Apply",
                &json!({"f:spec": {"f:replicas": {}, "f:paused": {}}})
            ),
            entry(
                "k9s",
                "Update",
                &json!({"f:spec": {".": {}, "f:replicas": {}, "f:strategy": {}}})
            ),
            of_status(),
        ]));
        let found: Vec<String> = owned_by_others(&live, &deployment())
            .iter()
            .map(|foreign| format!("{} {}", foreign.manager, foreign.path))
            .collect();
        assert_eq!(found, ["k9s spec.replicas"]);
    }

    #[test]
    fn takeover_moves_what_we_emit_and_leaves_the_rest() {
        let live = live(json!([
            entry(
                "kubectl-edit",
                "Update",
                &json!({"f:spec": {"f:replicas": {}, "f:strategy": {}}})
            ),
            entry("kubectl", "Apply", &json!({"f:spec": {"f:paused": {}}})),
            entry("tidegate", "Apply", &json!({"f:spec": {"f:paused": {}}})),
            entry(
                "kube-controller-manager",
                "Update",
                &json!({"f:spec": {"f:replicas": {}}})
            ),
            of_status(),
        ]));
        let patch = takeover(&live, &deployment()).unwrap();
        assert_eq!(
            patch[0]["value"],
            json!([
                entry(
                    "kubectl-edit",
                    "Update",
                    &json!({"f:spec": {"f:strategy": {}}})
                ),
                entry(
                    "tidegate",
                    "Apply",
                    &json!({"f:spec": {"f:paused": {}, "f:replicas": {}}})
                ),
                entry(
                    "kube-controller-manager",
                    "Update",
                    &json!({"f:spec": {"f:replicas": {}}})
                ),
                of_status(),
            ])
        );
        assert_eq!(
            patch[1],
            json!({"op": "replace", "path": "/metadata/resourceVersion", "value": "7"})
        );
    }

    #[test]
    fn takeover_of_an_object_that_we_never_applied_makes_our_entry() {
        let live = live(json!([entry(
            "before-first-apply",
            "Update",
            &json!({"f:spec": {"f:replicas": {}}})
        )]));
        let patch = takeover(&live, &deployment()).unwrap();
        assert_eq!(
            patch[0]["value"],
            json!([entry(
                "tidegate",
                "Apply",
                &json!({"f:spec": {"f:replicas": {}}})
            )])
        );
    }

    #[test]
    fn nothing_to_take_is_no_patch() {
        let live = live(json!([
            entry("kubectl", "Update", &json!({"f:spec": {"f:strategy": {}}})),
            of_status(),
        ]));
        assert_eq!(takeover(&live, &deployment()), None);
    }
}
