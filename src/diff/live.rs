//! A live object against what the API server says an apply would make of it.

use serde_json::Value;

use crate::diff::path::{Path, Step};
use crate::diff::{Change, ObjectDiff, tree};
use crate::object::Object;

/// Metadata that the API server keeps for itself.
const SERVERS: [&str; 6] = [
    "managedFields",
    "resourceVersion",
    "uid",
    "generation",
    "creationTimestamp",
    "selfLink",
];

/// What a server-side apply would change: the live object against the answer to its dry-run.
///
/// Both come from the API server, which writes every value in one way, so they are compared as they
/// are; what the server keeps for itself is left out.
pub fn live(live: &Value, predicted: &Value) -> Vec<Change> {
    let text = |name| {
        predicted
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let group = text("apiVersion")
        .rsplit_once('/')
        .map_or("", |(group, _)| group);
    let mut changes = tree(group, text("kind"), live, predicted);
    changes.retain(|change| !is_servers(&change.path));
    changes
}

/// The same for an object that may not be there yet.
pub fn live_object(found: Option<&Object>, predicted: &Object) -> ObjectDiff {
    let Some(found) = found else {
        return ObjectDiff::created(&without_servers(predicted));
    };
    let changes = live(found.value(), predicted.value());
    if changes.is_empty() {
        return ObjectDiff::same(predicted.id());
    }
    ObjectDiff::differing(without_servers(found), without_servers(predicted), changes)
}

fn is_servers(path: &Path) -> bool {
    match path.steps() {
        [Step::Field(top), ..] if top == "status" => true,
        [Step::Field(top), Step::Field(name), ..] if top == "metadata" => {
            SERVERS.contains(&name.as_str())
        }
        _ => false,
    }
}

fn without_servers(object: &Object) -> Object {
    let mut object = object.clone();
    if let Some(root) = object.value_mut().as_object_mut() {
        root.shift_remove("status");
    }
    if let Some(Value::Object(metadata)) = object.value_mut().get_mut("metadata") {
        for name in SERVERS {
            metadata.shift_remove(name);
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_server_keeps_for_itself_is_left_out() {
        let with = |version: &str, replicas: u8| {
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "a", "resourceVersion": version, "generation": replicas,
                    "managedFields": [{"time": version}], "uid": version},
                "spec": {"replicas": replicas},
                "status": {"replicas": replicas},
            })
        };
        let changes = live(&with("1", 1), &with("2", 2));
        let paths: Vec<String> = changes
            .iter()
            .map(|change| change.path.to_string())
            .collect();
        assert_eq!(paths, ["spec.replicas"]);
    }

    #[test]
    fn a_reorder_is_told() {
        let with = |names: [&str; 2]| {
            json!({
                "apiVersion": "v1", "kind": "Pod",
                "spec": {"volumes": names.map(|name| json!({"name": name}))},
            })
        };
        assert_eq!(live(&with(["a", "b"]), &with(["b", "a"])).len(), 1);
    }

    #[test]
    fn a_missing_object_is_created_without_the_servers_fields() {
        let predicted = Object::new(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "a", "uid": "x", "creationTimestamp": "now"},
        }))
        .unwrap();
        let diff = live_object(None, &predicted);
        assert_eq!(
            diff.after.map(Object::into_value),
            Some(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}))
        );
    }
}
