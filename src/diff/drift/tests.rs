use serde_json::json;

use super::*;
use crate::object::mark;

/// What the API server would hold after an apply of `desired`, with these fields changed since.
fn applied(desired: &Object, edit: impl FnOnce(&mut Value)) -> Object {
    let mut live = desired.clone();
    let fields = crate::diff::owners::emitted(desired).to_value();
    live.value_mut()["metadata"]["managedFields"] = json!([{
        "manager": mark::MANAGER, "operation": "Apply", "apiVersion": desired.api_version(),
        "fieldsType": "FieldsV1", "fieldsV1": fields,
    }]);
    edit(live.value_mut());
    live
}

fn stateful_set() -> Object {
    Object::new(json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "mm", "namespace": "desk", "labels": {"a.b/c": "x"}},
        "spec": {
            "selector": {"matchLabels": {"app": "mm"}},
            "template": {
                "metadata": {"labels": {"app": "mm"}},
                "spec": {
                    "hostNetwork": false,
                    "containers": [
                        {"name": "guard", "image": "g"},
                        {
                            "name": "strategy", "image": "i", "args": ["--live"],
                            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                            "ports": [{"containerPort": 9090, "protocol": "TCP"}],
                            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
                        },
                    ],
                    "imagePullSecrets": [{"name": "pull"}],
                    "volumes": [
                        {"name": "tmp", "emptyDir": {}},
                        {"name": "token", "projected": {"sources": [
                            {"serviceAccountToken": {"path": "token"}},
                            {"downwardAPI": {"items": [
                                {"path": "n", "fieldRef": {"fieldPath": "metadata.name"}},
                            ]}},
                        ]}},
                    ],
                },
            },
        },
    }))
    .unwrap()
}

fn check(edit: impl FnOnce(&mut Value), expect: &[&str]) {
    let desired = stateful_set();
    let found: Vec<String> = drift(&desired, &applied(&desired, edit))
        .iter()
        .map(|change| format!("{:?} {}", change.kind, change.path))
        .collect();
    assert_eq!(found, expect);
}

fn pod(live: &mut Value) -> &mut Value {
    &mut live["spec"]["template"]["spec"]
}

fn ours(live: &mut Value) -> &mut Value {
    &mut live["metadata"]["managedFields"][0]["fieldsV1"]
}

const STRATEGY: &str = "f:spec/f:template/f:spec/f:containers/k:{\"name\":\"strategy\"}";

fn owned<'v>(fields: &'v mut Value, path: &str) -> &'v mut Value {
    path.split('/')
        .fold(fields, |fields, element| &mut fields[element])
}

#[test]
fn an_applied_object_has_not_drifted() {
    check(|_| {}, &[]);
}

#[test]
fn what_the_server_adds_is_no_drift() {
    check(
        |live| {
            live["metadata"]["uid"] = json!("u");
            live["metadata"]["annotations"] = json!({"foreign": "x"});
            live["spec"]["replicas"] = json!(1);
            live["status"] = json!({"replicas": 1});
            let pod = pod(live);
            pod.as_object_mut().unwrap().remove("hostNetwork");
            pod["dnsPolicy"] = json!("ClusterFirst");
            pod["containers"][1]["imagePullPolicy"] = json!("IfNotPresent");
            let sources = &mut pod["volumes"][1]["projected"]["sources"];
            sources[0]["serviceAccountToken"]["expirationSeconds"] = json!(3600);
            sources[1]["downwardAPI"]["items"][0]["fieldRef"]["apiVersion"] = json!("v1");
        },
        &[],
    );
}

#[test]
fn foreign_items_of_a_keyed_list_are_no_drift() {
    check(
        |live| {
            let containers = pod(live)["containers"].as_array_mut().unwrap();
            containers.insert(1, json!({"name": "injected"}));
        },
        &[],
    );
}

#[test]
fn a_changed_field_drifts() {
    check(
        |live| pod(live)["containers"][1]["image"] = json!("evil"),
        &["Changed spec.template.spec.containers[name=strategy].image"],
    );
}

#[test]
fn a_deleted_field_is_added_again() {
    check(
        |live| {
            live["metadata"]["labels"] = json!({});
        },
        &["Added metadata.labels[\"a.b/c\"]"],
    );
}

#[test]
fn another_spelling_of_a_quantity_is_no_drift() {
    check(
        |live| {
            pod(live)["containers"][1]["resources"]["limits"] =
                json!({"cpu": "1000m", "memory": "1024Mi"});
        },
        &[],
    );
}

#[test]
fn an_extra_item_of_an_atomic_list_drifts() {
    check(
        |live| pod(live)["containers"][1]["args"] = json!(["--live", "--more"]),
        &["Changed spec.template.spec.containers[name=strategy].args"],
    );
}

#[test]
fn an_extra_label_of_a_selector_drifts() {
    check(
        |live| live["spec"]["selector"]["matchLabels"]["x"] = json!("y"),
        &["Changed spec.selector"],
    );
}

#[test]
fn a_reordered_list_drifts() {
    check(
        |live| {
            pod(live)["containers"][1]["env"]
                .as_array_mut()
                .unwrap()
                .reverse();
        },
        &["Moved spec.template.spec.containers[name=strategy].env"],
    );
}

#[test]
fn a_field_that_we_dropped_is_removed() {
    check(
        |live| {
            pod(live)["containers"][1]["tty"] = json!(true);
            owned(ours(live), STRATEGY)["f:tty"] = json!({});
        },
        &["Removed spec.template.spec.containers[name=strategy].tty"],
    );
}

#[test]
fn the_last_label_that_we_dropped_is_removed() {
    let with = |metadata: Value| {
        Object::new(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})).unwrap()
    };
    let live = applied(&with(json!({"name": "a", "labels": {"x": "y"}})), |_| {});
    let changes = drift(&with(json!({"name": "a"})), &live);
    let paths: Vec<String> = changes
        .iter()
        .map(|change| format!("{:?} {}", change.kind, change.path))
        .collect();
    assert_eq!(paths, ["Removed metadata.labels.x"]);
}

#[test]
fn a_dropped_item_is_removed_whole() {
    check(
        |live| {
            let env = pod(live)["containers"][1]["env"].as_array_mut().unwrap();
            env.push(json!({"name": "OLD", "value": "x"}));
            owned(ours(live), STRATEGY)["f:env"]["k:{\"name\":\"OLD\"}"] =
                json!({".": {}, "f:name": {}, "f:value": {}});
        },
        &["Removed spec.template.spec.containers[name=strategy].env[name=OLD]"],
    );
}

#[test]
fn a_dropped_field_that_others_own_stays() {
    check(
        |live| {
            pod(live)["containers"][1]["tty"] = json!(true);
            owned(ours(live), STRATEGY)["f:tty"] = json!({});
            let mut theirs = json!({"manager": "k9s", "operation": "Update",
                "apiVersion": "apps/v1", "fieldsV1": {}});
            theirs["fieldsV1"] = json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {
                "k:{\"name\":\"strategy\"}": {"f:tty": {}}}}}}});
            live["metadata"]["managedFields"]
                .as_array_mut()
                .unwrap()
                .push(theirs);
        },
        &["Ownership spec.template.spec.containers[name=strategy].tty"],
    );
}

#[test]
fn a_field_that_is_not_recorded_as_ours_is_told() {
    check(
        |live| {
            let strategy = owned(ours(live), STRATEGY).as_object_mut().unwrap();
            strategy.remove("f:image");
        },
        &["Ownership spec.template.spec.containers[name=strategy].image"],
    );
}

#[test]
fn an_object_that_we_never_applied_is_told_once() {
    check(
        |live| live["metadata"]["managedFields"] = json!([]),
        &["Ownership "],
    );
}

#[test]
fn an_object_without_claims_is_told_when_nobody_is_recorded() {
    let bare = |more: Value| {
        let mut value =
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "uid": "u"}});
        if let Value::Object(more) = more {
            value.as_object_mut().unwrap().extend(more);
        }
        Object::new(value).unwrap()
    };
    let desired = bare(json!({}));
    assert_eq!(drift(&desired, &bare(json!({}))), []);
    assert_eq!(drift(&desired, &bare(json!({"type": "Opaque"}))).len(), 1);
}

#[test]
fn an_entry_of_another_version_does_not_count() {
    check(
        |live| live["metadata"]["managedFields"][0]["apiVersion"] = json!("apps/v1beta1"),
        &["Ownership "],
    );
}

#[test]
fn false_that_is_not_ours_yet_is_no_absence() {
    check(
        |live| {
            pod(live).as_object_mut().unwrap().remove("hostNetwork");
            let pod = owned(ours(live), "f:spec/f:template/f:spec");
            pod.as_object_mut().unwrap().remove("f:hostNetwork");
        },
        &["Added spec.template.spec.hostNetwork"],
    );
}

#[test]
fn lists_of_unknown_kinds_pair_as_the_server_records_them() {
    let lamp = |on: bool| {
        Object::new(json!({
            "apiVersion": "example.com/v1", "kind": "Lamp", "metadata": {"name": "a"},
            "spec": {"bulbs": [{"id": "x", "on": on, "tags": ["a", "b"]}]},
        }))
        .unwrap()
    };
    let live = applied(&lamp(false), |live| {
        let bulbs = live["spec"]["bulbs"].as_array_mut().unwrap();
        bulbs.push(json!({"id": "theirs"}));
        bulbs[0]["tags"] = json!(["a", "theirs", "b"]);
        *ours(live) = json!({"f:spec": {"f:bulbs": {
            "k:{\"id\":\"x\"}": {".": {}, "f:id": {}, "f:on": {},
                "f:tags": {"v:\"a\"": {}, "v:\"b\"": {}}}}}});
    });
    let paths = |desired: &Object| -> Vec<String> {
        let changes = drift(desired, &live);
        changes
            .iter()
            .map(|change| change.path.to_string())
            .collect()
    };
    assert_eq!(paths(&lamp(false)), Vec::<String>::new());
    assert_eq!(paths(&lamp(true)), ["spec.bulbs[id=x].on"]);
}

#[test]
fn container_defaults_of_a_limit_range_are_no_drift() {
    let desired = Object::new(json!({
        "apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "a"},
        "spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}, "min": {"cpu": "100m", "memory": "1Mi"}}]},
    }))
    .unwrap();
    let live = applied(&desired, |live| {
        let limit = &mut live["spec"]["limits"][0];
        limit["default"] = json!({"cpu": "2"});
        limit["defaultRequest"] = json!({"cpu": "2", "memory": "1Mi"});
    });
    assert_eq!(drift(&desired, &live), []);
}

#[test]
fn an_empty_selector_is_not_the_same_as_none() {
    let policy = |peer: Value| {
        Object::new(json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "a"},
            "spec": {"podSelector": {}, "ingress": [{"from": [peer]}]},
        }))
        .unwrap()
    };
    let narrow = policy(json!({"podSelector": {}}));
    let wide = policy(json!({"podSelector": {}, "namespaceSelector": {}}));
    assert_eq!(drift(&narrow, &applied(&wide, |_| {})).len(), 1);
    assert_eq!(drift(&wide, &applied(&narrow, |_| {})).len(), 1);
}
