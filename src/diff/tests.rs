//! Claims that hold for any object.

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::mask::Masked;
use super::owners::emitted;
use super::render::{json as to_json, markdown, text};
use super::*;
use crate::diagnostic::render::Colour;
use crate::object::mark;

const NAME: &str = "[a-d]{1,2}";

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..4_i64).prop_map(Value::from),
        "[a-c\n]{0,3}".prop_map(Value::from),
    ]
}

/// Any tree without nulls, which the compiler never emits.
fn anything() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            btree_map(NAME, inner, 0..3).prop_map(|fields| json!(fields)),
        ]
    })
}

fn named(names: impl IntoIterator<Item = String>, more: &Value) -> Vec<Value> {
    let item = |name: String| {
        let mut item = more.clone();
        item["name"] = json!(name);
        item
    };
    names.into_iter().map(item).collect()
}

fn container() -> impl Strategy<Value = Value> {
    let env = btree_map(NAME, "[a-c]{0,3}", 0..4);
    let ports = btree_set((1..5_u16, prop_oneof!["TCP", "UDP"]), 0..3);
    (env, ports, vec("[a-c]{1,3}", 0..3), any::<bool>()).prop_map(|(env, ports, args, tty)| {
        let env: Vec<Value> = env
            .into_iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        let ports: Vec<Value> = ports
            .into_iter()
            .map(|(port, protocol)| json!({"containerPort": port, "protocol": protocol}))
            .collect();
        json!({"args": args, "env": env, "ports": ports, "tty": tty})
    })
}

fn workload() -> impl Strategy<Value = Object> {
    let labels = btree_map(NAME, NAME, 0..3);
    let containers = btree_map(NAME, container(), 1..3);
    let volumes = btree_set(NAME, 0..3);
    (labels, containers, volumes, NAME).prop_map(|(labels, containers, volumes, app)| {
        let containers: Vec<Value> = containers
            .into_iter()
            .flat_map(|(name, container)| named([name], &container))
            .collect();
        object(&json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": {"name": "mm", "namespace": "desk", "labels": labels},
            "spec": {
                "selector": {"matchLabels": {"app": app}},
                "template": {"spec": {
                    "containers": containers,
                    "volumes": named(volumes, &json!({"emptyDir": {}})),
                }},
            },
        }))
    })
}

fn custom() -> impl Strategy<Value = Object> {
    btree_map(NAME, anything(), 0..3).prop_map(|spec| {
        object(&json!({
            "apiVersion": "example.com/v1", "kind": "Lamp", "metadata": {"name": "mm"},
            "spec": spec,
        }))
    })
}

fn any_object() -> impl Strategy<Value = Object> {
    prop_oneof![3 => workload(), 1 => custom()]
}

fn object(value: &Value) -> Object {
    Object::new(value.clone()).expect("the fixtures have names")
}

fn between(before: &Object, after: &Object) -> Vec<Change> {
    let id = after.id();
    tree(&id.group, &id.kind, before.value(), after.value())
}

/// What an API server holds after an apply: ours, its own additions, and the record of ours.
fn applied(desired: &Object) -> Object {
    let mut live = desired.clone();
    let root = live.value_mut();
    root["metadata"]["managedFields"] = json!([
        {"manager": mark::MANAGER, "operation": "Apply", "apiVersion": desired.api_version(),
            "fieldsType": "FieldsV1", "fieldsV1": emitted(desired).to_value()},
        {"manager": "controller", "operation": "Update", "apiVersion": desired.api_version(),
            "fieldsType": "FieldsV1", "subresource": "status", "fieldsV1": {"f:status": {}}},
    ]);
    root["metadata"]["uid"] = json!("u");
    root["status"] = json!({"replicas": 1});
    if root["kind"] == "StatefulSet" {
        root["spec"]["replicas"] = json!(1);
        root["spec"]["template"]["spec"]["dnsPolicy"] = json!("ClusterFirst");
    }
    live
}

/// Every scalar's pointer.
fn scalars(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                scalars(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                scalars(value, &format!("{at}/{index}"), found);
            }
        }
        _ => found.push(at.to_owned()),
    }
}

fn reorder(value: &mut Value, keyed: &[&str]) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                if let Value::Array(items) = value
                    && keyed.contains(&name.as_str())
                {
                    items.reverse();
                }
                reorder(value, keyed);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| reorder(item, keyed)),
        _ => {}
    }
}

/// Objects that hold a secret wherever one may stand.
fn holders(secret: &str, other: &str) -> Vec<(Value, Value)> {
    let meta = json!({"name": "a", "namespace": "desk"});
    let all = |secret: &str| -> Vec<Value> {
        let config = [
            format!("x: 1\napi_key: {secret}\n"),
            format!("[a]\npassword = \"{secret}\"\n"),
            format!("{{\"x\": {{\"token\": \"{secret}\", \"y\": 1}}}}"),
            format!("login:\n  secret: >-\n    {secret}\n  user: me\n"),
            format!("url: https://me:{secret}@host/path\n"),
            format!("curl -H 'Authorization: Bearer {secret}' x"),
        ];
        let files: Map<String, Value> = config
            .iter()
            .enumerate()
            .map(|(number, text)| (format!("f{number}"), json!(text)))
            .collect();
        vec![
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {"x": secret}}),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"x": secret}}),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": files}),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta,
                "data": {"db-password": secret}}),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": format!("{{\"d\":\"{secret}\"}}"),
            }}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [{
                "name": "c", "args": ["--api-secret", secret, format!("--token={secret}")],
                "env": [{"name": "EXCHANGE_API_KEY", "value": secret}],
                "livenessProbe": {"httpGet": {"httpHeaders": [
                    {"name": "Authorization", "value": secret}]}},
            }]}}),
        ]
    };
    all(secret).into_iter().zip(all(other)).collect()
}

fn outputs(diffs: &[ObjectDiff]) -> String {
    let masked = Masked::of(diffs);
    [
        text(&masked, Colour::Never),
        markdown(&masked),
        to_json(&masked).to_string(),
    ]
    .concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_object_does_not_differ_from_itself(object in any_object()) {
        prop_assert_eq!(between(&object, &object), []);
    }

    #[test]
    fn objects_that_differ_are_told(before in any_object(), after in any_object()) {
        prop_assert_eq!(between(&before, &after).is_empty(), before == after);
    }

    #[test]
    fn a_change_stands_where_it_says(before in workload(), after in workload()) {
        for change in between(&before, &after) {
            prop_assert_eq!(change.path.find(before.value()), change.before.as_ref());
            prop_assert_eq!(change.path.find(after.value()), change.after.as_ref());
        }
    }

    #[test]
    fn the_other_way_round_is_the_other_way_round(before in workload(), after in workload()) {
        let mut back: Vec<(String, Kind)> = between(&after, &before)
            .into_iter()
            .map(|change| {
                let kind = match change.kind {
                    Kind::Added => Kind::Removed,
                    Kind::Removed => Kind::Added,
                    kind => kind,
                };
                (change.path.pointer(), kind)
            })
            .collect();
        let mut there: Vec<(String, Kind)> = between(&before, &after)
            .into_iter()
            .map(|change| (change.path.pointer(), change.kind))
            .collect();
        back.sort();
        there.sort();
        prop_assert_eq!(back, there);
    }

    #[test]
    fn created_and_deleted_mirror_each_other(before in vec(custom(), 0..2), after in vec(workload(), 0..2)) {
        let there = Summary::of(objects(&before, &after).iter().map(|diff| &diff.verdict));
        let back = Summary::of(objects(&after, &before).iter().map(|diff| &diff.verdict));
        prop_assert_eq!(there.created, back.deleted);
        prop_assert_eq!(there.deleted, back.created);
    }

    #[test]
    fn a_reorder_of_keyed_lists_only_moves(object in workload()) {
        let mut other = object.clone();
        reorder(other.value_mut(), &["containers", "env", "ports", "volumes"]);
        for change in between(&object, &other) {
            prop_assert_eq!(change.kind, Kind::Moved);
        }
    }

    #[test]
    fn what_was_applied_has_not_drifted(object in any_object()) {
        prop_assert_eq!(drift(&object, &applied(&object)), []);
    }

    #[test]
    fn any_edit_of_a_field_of_ours_drifts(object in any_object(), pick in any::<prop::sample::Index>()) {
        let mut live = applied(&object);
        let mut found = Vec::new();
        for part in ["labels", "spec"] {
            let at = if part == "spec" { "/spec".to_owned() } else { format!("/metadata/{part}") };
            if let Some(value) = object.at(&at) {
                scalars(value, &at, &mut found);
            }
        }
        prop_assume!(!found.is_empty());
        let at = found.get(pick.index(found.len())).expect("an index within");
        *live.value_mut().pointer_mut(at).expect("ours is in what is live") = json!("edited");
        prop_assert!(!drift(&object, &live).is_empty(), "{}", at);
    }

    #[test]
    fn what_we_dropped_drifts(before in workload(), after in workload()) {
        let drifted = drift(&after, &applied(&before));
        prop_assert_eq!(drifted.is_empty(), before == after);
    }

    #[test]
    fn takeover_leaves_nothing_of_ours_to_kubectl(object in workload()) {
        let mut live = applied(&object);
        let ours = live.value()["metadata"]["managedFields"][0].clone();
        live.value_mut()["metadata"]["managedFields"][0]["manager"] = json!("kubectl-edit");
        let patch = takeover(&live, &object).expect("there is something to take");
        prop_assert_eq!(&patch[0]["value"][1], &ours);
        live.value_mut()["metadata"]["managedFields"] = patch[0]["value"].clone();
        prop_assert_eq!(drift(&object, &live), []);
        prop_assert_eq!(takeover(&live, &object), None);
    }

    #[test]
    fn no_output_has_a_secret(secret in "[A-Z][a-z0-9]{5}[0-9][A-Za-z]{6}", other in "[A-Z][a-z0-9]{5}[0-9][A-Za-z]{6}") {
        prop_assume!(secret != other);
        for (before, after) in holders(&secret, &other) {
            let (before, after) = (object(&before), object(&after));
            let mut diffs = objects(std::slice::from_ref(&before), std::slice::from_ref(&after));
            diffs.extend([ObjectDiff::created(&after), ObjectDiff::deleted(&before)]);
            diffs.push(ObjectDiff::cannot_tell(
                after.id(),
                format!("GET https://u:{secret}@host failed with token={secret}"),
            ));
            prop_assert!(matches!(diffs[0].verdict, Verdict::Differs(_)));
            let shown = outputs(&diffs);
            prop_assert!(!shown.contains(&secret), "{}", shown);
            prop_assert!(!shown.contains(&other), "{}", shown);
        }
    }

    #[test]
    fn masking_hides_no_difference(secret in "[A-Z][a-z]{5}[0-9]{2}", other in "[A-Z][a-z]{5}[0-9]{2}") {
        prop_assume!(secret != other);
        for (before, after) in holders(&secret, &other) {
            let diffs = objects(&[object(&before)], &[object(&after)]);
            for masked in Masked::of(&diffs).objects() {
                let diff = masked.diff();
                prop_assert_ne!(&diff.before, &diff.after);
                for (change, _) in masked.changes() {
                    prop_assert_ne!(&change.before, &change.after);
                }
            }
        }
    }

    #[test]
    fn masking_leaves_trees_as_they_differ(before in any_object(), after in any_object()) {
        prop_assume!(before.id() == after.id());
        let diffs = objects(std::slice::from_ref(&before), std::slice::from_ref(&after));
        prop_assert_eq!(outputs(&diffs).contains('•'), false);
    }
}
