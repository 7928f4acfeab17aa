//! Which places differ between two trees, found without Tidegate's own diff, and named as it does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Objects and the places in each that differ; [`CREATED`] or [`DELETED`] alone for whole ones.
pub(super) type Differing = BTreeMap<String, BTreeSet<String>>;

/// It is only there afterwards.
pub(super) const CREATED: &str = "+";
/// It was only there before.
pub(super) const DELETED: &str = "-";

/// What names an object.
pub(super) fn id_of(object: &Value) -> String {
    let metadata = &object["metadata"];
    let kind = object["kind"].as_str().expect("an object has a kind");
    name(kind, &metadata["namespace"], &metadata["name"])
}

/// What names an object of a diff.
pub(super) fn id_of_json(object: &Value) -> String {
    let kind = object["kind"].as_str().expect("an object has a kind");
    name(kind, &object["namespace"], &object["name"])
}

fn name(kind: &str, namespace: &Value, name: &Value) -> String {
    let namespace = namespace.as_str().unwrap_or_default();
    format!("{kind} {namespace}/{}", name.as_str().expect("a name"))
}

/// The places that a diff of ours names.
pub(super) fn of_json(objects: &Value) -> Differing {
    let mut differing = Differing::new();
    for object in objects.as_array().expect("objects") {
        let id = id_of_json(object);
        let places: BTreeSet<String> = match object["action"].as_str() {
            _ if object["verdict"] == "cannot-tell" => panic!("{id}: {}", object["reason"]),
            Some("create") => [CREATED.to_owned()].into(),
            Some("delete") => [DELETED.to_owned()].into(),
            Some("update") if object.get("renamedFrom").is_none() => pointers(object),
            _ => continue,
        };
        differing.insert(id, places);
    }
    differing
}

/// An object under its next name.
pub(super) struct Renamed {
    pub(super) from: String,
    pub(super) to: String,
    /// What differs between the two.
    pub(super) places: BTreeSet<String>,
}

/// The objects that a diff of ours names as next versions of others.
pub(super) fn renamed(objects: &Value) -> Vec<Renamed> {
    let objects = objects.as_array().expect("objects").iter();
    let with_old = objects.filter_map(|object| Some((object, object.get("renamedFrom")?)));
    let renamed = with_old.map(|(object, old)| Renamed {
        from: name(
            object["kind"].as_str().expect("a kind"),
            &object["namespace"],
            old,
        ),
        to: id_of_json(object),
        places: pointers(object),
    });
    renamed.collect()
}

/// What names the objects of a list.
pub(super) fn ids(objects: &Value) -> BTreeSet<String> {
    let objects = objects.as_array().expect("objects");
    objects.iter().map(id_of_json).collect()
}

fn pointers(object: &Value) -> BTreeSet<String> {
    let changes = object["changes"].as_array().expect("changes");
    let pointer = |change: &Value| change["pointer"].as_str().map(str::to_owned);
    changes.iter().filter_map(pointer).collect()
}

/// The places that differ between two trees.
pub(super) fn between(before: &Value, after: &Value) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    compare(before, after, "", "", &mut places);
    places.retain(|place| !is_servers(place));
    places
}

/// What the API server and controllers keep for themselves.
fn is_servers(place: &str) -> bool {
    let kept = [
        "/status",
        "/metadata/generation",
        "/metadata/managedFields",
        "/metadata/resourceVersion",
        "/metadata/uid",
        "/metadata/creationTimestamp",
        "/metadata/annotations/deployment.kubernetes.io~1revision",
        // A Job selects its pods by its own uid.
        "/spec/selector/matchLabels/batch.kubernetes.io~1controller-uid",
        "/spec/template/metadata/labels/batch.kubernetes.io~1controller-uid",
        "/spec/template/metadata/labels/controller-uid",
        "/spec/template/metadata/labels/batch.kubernetes.io~1job-name",
        "/spec/template/metadata/labels/job-name",
    ];
    kept.iter()
        .any(|kept| place == *kept || place.starts_with(&format!("{kept}/")))
}

fn compare(before: &Value, after: &Value, field: &str, at: &str, places: &mut BTreeSet<String>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                match (old.get(name), new.get(name)) {
                    (Some(old), Some(new)) => compare(old, new, name, &place, places),
                    _ => _ = places.insert(place),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            match (keyed(field, at, old), keyed(field, at, new)) {
                (Some(old), Some(new)) => compare_items(&old, &new, at, places),
                _ if before != after => _ = places.insert(at.to_owned()),
                _ => {}
            }
        }
        _ if before != after => _ = places.insert(at.to_owned()),
        _ => {}
    }
}

type Items<'a> = Vec<(String, &'a Value)>;

fn compare_items(old: &Items<'_>, new: &Items<'_>, at: &str, places: &mut BTreeSet<String>) {
    let find = |items: &Items<'_>, key: &str| {
        items
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, item)| (*item).clone())
    };
    let keys: BTreeSet<&String> = old.iter().chain(new).map(|(key, _)| key).collect();
    for key in keys {
        let place = format!("{at}/[{}]", key.replace('~', "~0").replace('/', "~1"));
        match (find(old, key), find(new, key)) {
            (Some(old), Some(new)) => compare(&old, &new, "", &place, places),
            _ => _ = places.insert(place),
        }
    }
    let order = |items: &Items<'_>, others: &Items<'_>| -> Vec<String> {
        let keys = items.iter().map(|(key, _)| key.clone());
        keys.filter(|key| others.iter().any(|(other, _)| other == key))
            .collect()
    };
    if order(old, new) != order(new, old) {
        places.insert(at.to_owned());
    }
}

/// The items of a list that Kubernetes merges by key, with their keys as text.
fn keyed<'a>(field: &str, at: &str, items: &'a [Value]) -> Option<Items<'a>> {
    let keys: &[&str] = match field {
        "containers" | "initContainers" | "volumes" | "env" | "imagePullSecrets" => &["name"],
        "volumeMounts" => &["mountPath"],
        "topologySpreadConstraints" => &["topologyKey", "whenUnsatisfiable"],
        "ports" if at.contains("/containers/") => &["containerPort", "protocol"],
        "ports" if at == "/spec/ports" => &["port", "protocol"],
        _ => return None,
    };
    let key = |item: &'a Value| {
        let text = |name: &&str| {
            let value = item.get(*name)?;
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            Some(format!("{name}={value}"))
        };
        let parts: Option<Vec<String>> = keys.iter().map(text).collect();
        Some((parts?.join(","), item))
    };
    items.iter().map(key).collect()
}
