//! Each rule with a plan that breaks it.

use serde_json::{Value, json};

use super::*;

#[expect(
    clippy::needless_pass_by_value,
    reason = "calls with `json!` read better"
)]
fn live(kind: &str, name: &str, spec: Value) -> Object {
    let group = match kind {
        "StatefulSet" => "apps/v1",
        _ => "v1",
    };
    Object::new(json!({
        "apiVersion": group, "kind": kind, "spec": spec,
        "metadata": {"name": name, "namespace": "harbour", "uid": format!("u-{name}"),
            "resourceVersion": "7"},
    }))
    .unwrap()
}

fn template(behaviour: &str) -> Value {
    json!({"metadata": {"annotations": {mark::BEHAVIOUR: behaviour}}})
}

fn set(replicas: u64, behaviour: &str) -> Object {
    live(
        "StatefulSet",
        "quoter",
        json!({"replicas": replicas, "template": template(behaviour)}),
    )
}

fn pod(behaviour: &str) -> Object {
    let mut pod = live(
        "Pod",
        "quoter-0",
        json!({"volumes": [{"configMap": {"name": "knobs"}}]}),
    );
    pod.value_mut()["metadata"]["annotations"] = json!({mark::BEHAVIOUR: behaviour});
    pod
}

fn turn(of: &Object, replicas: u64) -> Verb {
    Verb::Turn {
        api_version: of.api_version().to_owned(),
        id: of.id(),
        spec: json!({"replicas": replicas}),
        seen: Seen::of(of),
    }
}

fn apply(of: &Object) -> Verb {
    Verb::Apply {
        object: of.clone(),
        seen: Seen::of(of),
        takeover: None,
    }
}

fn delete(of: &Object) -> Verb {
    Verb::Delete {
        api_version: of.api_version().to_owned(),
        id: of.id(),
        seen: Seen::of(of),
    }
}

fn check(live: &[Object], held_by: Option<&Object>, verbs: &[Verb], expect: &[&str]) {
    let live: BTreeMap<ObjectId, Object> = live.iter().map(|it| (it.id(), it.clone())).collect();
    let singleton = set(0, "").id();
    let held_by = held_by.map(Object::id);
    let around = Surroundings {
        live: &live,
        singleton: Some(&singleton),
        held_by: held_by.as_ref(),
        consents: &[],
        now: "2026-03-02T08:00:00Z".parse().unwrap(),
    };
    let action = |verb: &Verb| Action {
        verb: verb.clone(),
        reason: String::new(),
        wave: 0,
    };
    let actions: Vec<Action> = verbs.iter().map(action).collect();
    let faults: Vec<String> = lint(&actions, &around)
        .iter()
        .map(Fault::to_string)
        .collect();
    assert_eq!(faults, expect);
}

const SET: &str = "StatefulSet harbour/quoter";

#[test]
fn one_object_is_written_once() {
    let service = live("Service", "quoter", json!({}));
    check(
        std::slice::from_ref(&service),
        None,
        &[apply(&service), delete(&service)],
        &["two actions write to Service harbour/quoter"],
    );
}

#[test]
fn what_cannot_be_made_again_needs_a_consent_of_its_own() {
    let claim = live("PersistentVolumeClaim", "data", json!({}));
    check(
        std::slice::from_ref(&claim),
        None,
        &[delete(&claim)],
        &["PersistentVolumeClaim harbour/data is deleted without a consent of its own"],
    );
}

#[test]
fn preconditions_are_what_was_seen() {
    let service = live("Service", "quoter", json!({}));
    let mut newer = service.clone();
    newer.value_mut()["metadata"]["resourceVersion"] = json!("8");
    let fault = "the preconditions for Service harbour/quoter are not what was seen";
    check(
        std::slice::from_ref(&newer),
        None,
        &[apply(&service)],
        &[fault],
    );
    check(&[], None, &[apply(&service)], &[fault]);
}

#[test]
fn what_exists_is_not_created() {
    let service = live("Service", "quoter", json!({}));
    check(
        std::slice::from_ref(&service),
        None,
        &[Verb::Create(service.clone())],
        &["Service harbour/quoter is created, but exists"],
    );
}

#[test]
fn a_singleton_has_one_pod_at_most_and_none_at_first() {
    let fault = format!("{SET} would get more pods than it may");
    let up = set(1, "a");
    check(std::slice::from_ref(&up), None, &[turn(&up, 2)], &[&fault]);
    check(&[], None, &[Verb::Create(set(1, "a"))], &[&fault]);
    check(&[], None, &[Verb::Create(set(0, "a"))], &[]);
}

#[test]
fn a_singleton_is_not_scaled_up_beside_a_pod() {
    let fault = format!("{SET} is scaled up beside a pod that exists");
    let down = set(0, "a");
    check(
        &[down.clone(), pod("a")],
        None,
        &[turn(&down, 1)],
        &[&fault],
    );
    let other = live("Pod", "hedger-0", json!({}));
    check(
        std::slice::from_ref(&down),
        Some(&other),
        &[turn(&down, 1)],
        &[&fault],
    );
    check(std::slice::from_ref(&down), None, &[turn(&down, 1)], &[]);
}

#[test]
fn a_template_does_not_change_under_a_pod() {
    let fault = format!("the template of {SET} changes under a running pod");
    check(
        &[set(0, "a"), pod("a")],
        None,
        &[apply(&set(0, "b"))],
        &[&fault],
    );
    check(&[set(1, "a")], None, &[apply(&set(1, "b"))], &[&fault]);
    check(
        &[set(1, "edited"), pod("b")],
        None,
        &[apply(&set(1, "b"))],
        &[],
    );
    check(&[set(0, "a")], None, &[apply(&set(0, "b"))], &[]);
}

#[test]
fn what_a_pod_refers_to_stays() {
    let knobs = live("ConfigMap", "knobs", json!({}));
    check(
        &[pod("a"), knobs.clone()],
        None,
        &[delete(&knobs)],
        &["ConfigMap harbour/knobs is deleted, but a pod refers to it"],
    );
    check(std::slice::from_ref(&knobs), None, &[delete(&knobs)], &[]);
}
