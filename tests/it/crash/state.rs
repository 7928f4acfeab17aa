//! How a fleet's objects and records look, in words that are the same for every fleet.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::fleet;

/// Where the objects of a desk are.
const COLLECTIONS: [&str; 11] = [
    "/api/v1/namespaces/DESK/configmaps",
    "/api/v1/namespaces/DESK/limitranges",
    "/api/v1/namespaces/DESK/persistentvolumeclaims",
    "/api/v1/namespaces/DESK/resourcequotas",
    "/api/v1/namespaces/DESK/serviceaccounts",
    "/api/v1/namespaces/DESK/services",
    "/apis/apps/v1/namespaces/DESK/deployments",
    "/apis/apps/v1/namespaces/DESK/statefulsets",
    "/apis/networking.k8s.io/v1/namespaces/DESK/networkpolicies",
    "/apis/policy/v1/namespaces/DESK/poddisruptionbudgets",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/DESK/rolebindings",
];

/// Reads it all. Digests, uids and commits become numbers, in the order in which they come.
pub(super) async fn of(client: &kube::Client, token: &str) -> String {
    let mut parts = Vec::new();
    let desk = get(
        client,
        &format!("/api/v1/namespaces/{}", fleet::desk(token)),
    )
    .await;
    parts.push(object("namespace", desk));
    for path in COLLECTIONS {
        let owned = "?labelSelector=tidegate.dev/owner";
        let path = format!("{}{owned}", path.replace("DESK", &fleet::desk(token)));
        parts.extend(all(client, &path, token).await);
    }
    let records = fleet::records(token);
    let releases = format!("/apis/tidegate.dev/v1alpha1/namespaces/{records}/releases");
    parts.extend(all(client, &releases, token).await);
    let text = format!("{:#}", Value::Array(parts)).replace(token, "TOKEN");
    numbered(&text)
}

/// A path without what differs from one fleet to another.
pub(super) fn flat(path: &str, token: &str) -> String {
    let text = path.replace(token, "TOKEN");
    pieces(&text)
        .map(|(piece, is_random)| if is_random { "#" } else { piece })
        .collect()
}

async fn get(client: &kube::Client, path: &str) -> Value {
    let request = http::Request::get(path)
        .body(Vec::new())
        .expect("a request");
    client.request(request).await.unwrap_or(Value::Null)
}

async fn all(client: &kube::Client, path: &str, token: &str) -> Vec<Value> {
    let list = get(client, path).await;
    let items = list.get("items").and_then(Value::as_array);
    let mut items: Vec<Value> = items
        .cloned()
        .unwrap_or_default()
        .into_iter()
        .map(|item| object(path, item))
        .collect();
    items.sort_by_cached_key(|item| flat(&item.to_string(), token));
    items
}

/// An object without what the API server and its controllers decide.
fn object(path: &str, mut object: Value) -> Value {
    let is_record = path.ends_with("/releases");
    let metadata = object.get("metadata").cloned().unwrap_or_default();
    let mut annotations = metadata.get("annotations").cloned().unwrap_or(json!({}));
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.retain(|key, _| !key.contains("kubernetes.io/"));
    }
    let Some(fields) = object.as_object_mut() else {
        return object;
    };
    fields.insert(
        "metadata".to_owned(),
        json!({
            "name": metadata.get("name"),
            "uid": metadata.get("uid"),
            "labels": metadata.get("labels"),
            "annotations": annotations,
            "ownerReferences": metadata.get("ownerReferences"),
            "terminating": metadata.get("deletionTimestamp").is_some(),
            "managers": managers(&metadata),
        }),
    );
    if !is_record {
        fields.remove("status");
    }
    without(
        &mut object,
        &[
            "clusterIP",
            "clusterIPs",
            "volumeName",
            "since",
            "at",
            "lastTransitionTime",
            // What happened on the way differs with every death.
            "notices",
        ],
    );
    object
}

/// What each of our field managers holds.
fn managers(metadata: &Value) -> Value {
    let entries = metadata.get("managedFields").and_then(Value::as_array);
    let ours = entries.into_iter().flatten().filter(|entry| {
        let manager = entry.get("manager").and_then(Value::as_str);
        manager.is_some_and(|manager| manager.starts_with("tidegate"))
            && entry.get("subresource").is_none()
    });
    let ours: BTreeMap<String, &Value> = ours
        .map(|entry| {
            let word = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
            let key = format!("{} {}", word("manager"), word("operation"));
            (key, entry.get("fieldsV1").unwrap_or(&Value::Null))
        })
        .collect();
    json!(ours)
}

fn without(value: &mut Value, keys: &[&str]) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !keys.contains(&key.as_str()));
            fields.values_mut().for_each(|value| without(value, keys));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| without(value, keys)),
        _ => {}
    }
}

/// The text with each digest and uid replaced by its number.
fn numbered(text: &str) -> String {
    let mut numbers = BTreeMap::new();
    let mut out = String::new();
    for (piece, is_random) in pieces(text) {
        if is_random {
            let next = numbers.len();
            let number = numbers.entry(piece).or_insert(next);
            let _ = write!(out, "#{number}");
        } else {
            out.push_str(piece);
        }
    }
    out
}

/// The text in pieces, each with whether it is a digest, a commit or a uid.
fn pieces(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (length, is_random) = match random(rest) {
            0 => {
                let word = rest.find(|c: char| !c.is_ascii_alphanumeric());
                (word.unwrap_or(rest.len()).max(first(rest)), false)
            }
            length => (length, true),
        };
        let (piece, after) = rest.split_at(length);
        rest = after;
        Some((piece, is_random))
    })
}

fn first(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// The length of the uid or digest that a text begins with, or 0.
fn random(text: &str) -> usize {
    let hex = |text: &str| {
        text.find(|c: char| !matches!(c, '0'..='9' | 'a'..='f'))
            .unwrap_or(text.len())
    };
    let mut length = 0;
    for (index, part) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        let from = length + usize::from(index > 0);
        let dashed = index == 0 || text[length..].starts_with('-');
        if !dashed || hex(&text[from..]) != part {
            length = 0;
            break;
        }
        length = from + part;
    }
    if length > 0 {
        return length;
    }
    let digits = hex(text);
    let ends = !text[digits..].starts_with(|c: char| c.is_ascii_alphanumeric());
    if digits >= 8 && ends { digits } else { 0 }
}

#[test]
fn what_differs_between_fleets_is_numbered_and_nothing_else() {
    let uid = "0b1c2d3e-0b1c-0b1c-0b1c-0b1c2d3e4f50";
    let text = format!("algo-x01-0123456789 {uid} 0123456789 added 12345678x Ω");
    assert_eq!(numbered(&text), "algo-x01-#0 #1 #0 added 12345678x Ω");
    assert_eq!(flat("/a/x01-0123456789/s", "x01"), "/a/TOKEN-#/s");
}
