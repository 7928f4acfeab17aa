//! What stages look like.

use serde_json::{Value, json};

use super::super::*;
use super::bench::{Bench, at, bundle, routed, service, weight};
use crate::compile::fixture;
use crate::object::Object;
use crate::resolve::Scale;
use crate::resolve::rollout::Exposure;

fn find<'s>(set: &'s ManifestSet, kind: &str, name: &str) -> &'s Object {
    let mut objects = set.bundle.objects.iter();
    let found = objects.find(|it| it.kind() == kind && it.name() == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

fn turned(set: &ManifestSet, kind: &str) -> Value {
    let mut turned = set.turned.iter().filter(|(id, _)| id.kind == kind);
    turned
        .next()
        .map(|(_, value)| value.clone())
        .unwrap_or_default()
}

#[test]
fn at_rest_on_the_main_track_is_what_is_rendered() {
    for strategy in [
        service(Style::Canary, 3, "1"),
        service(Style::Rolling, 3, "1"),
        fixture::algo(),
        fixture::job(),
    ] {
        let bundle = bundle(&strategy);
        let set = steady(&bundle, &Track::main());
        let mut ids: Vec<_> = set.bundle.objects.iter().map(Object::id).collect();
        let mut rendered: Vec<_> = bundle.objects.iter().map(Object::id).collect();
        ids.sort();
        rendered.sort();
        assert_eq!(ids, rendered);
        assert_eq!(set.bundle.behaviour, bundle.behaviour);
        for object in &bundle.objects {
            assert!(set.bundle.objects.contains(object), "{}", object.id());
        }
    }
}

#[test]
fn a_track_has_a_name_of_its_own_everywhere_that_matters() {
    let new = bundle(&service(Style::Canary, 3, "2"));
    let track = Track::named(&new.behaviour.short());
    let set = steady(&new, &track);
    let name = format!("signals-{}", new.behaviour.short());
    let deployment = find(&set, "Deployment", &name);
    let at = |pointer: &str| deployment.at(pointer).unwrap().as_str().unwrap();
    assert_eq!(
        at("/spec/selector/matchLabels/app.kubernetes.io~1instance"),
        name
    );
    assert_eq!(
        at("/spec/template/metadata/labels/app.kubernetes.io~1instance"),
        name
    );
    assert_eq!(
        at("/spec/template/metadata/labels/tidegate.dev~1serves"),
        "signals"
    );
    assert_eq!(
        at("/spec/template/metadata/labels/tidegate.dev~1track"),
        new.behaviour.short()
    );
    assert_eq!(at("/spec/template/spec/serviceAccountName"), "signals");
    let text = deployment.value()["spec"]["template"].to_string();
    assert!(!text.contains("instance\":\"signals\""), "{text}");
    for kind in ["NetworkPolicy", "PodDisruptionBudget"] {
        find(&set, kind, &name);
    }
    let service = find(&set, "Service", "signals");
    assert_eq!(
        service.value()["spec"]["selector"],
        json!({"app.kubernetes.io/instance": name})
    );
}

#[test]
fn shares_without_a_route_are_shares_of_the_pods() {
    let bench = Bench::new(1);
    let old = bundle(&service(Style::Canary, 10, "1"));
    let new = bundle(&service(Style::Canary, 10, "2"));
    let set = bench.set(&old, &new, 10, weight("20%"));
    let sizes: Vec<_> = set.sides.iter().map(|side| side.size).collect();
    assert_eq!(sizes, [Size::Turned(8), Size::Turned(2)]);
    let service = find(&set, "Service", "signals");
    assert_eq!(
        service.value()["spec"]["selector"],
        json!({"tidegate.dev/serves": "signals"})
    );
}

#[test]
fn shares_with_a_route_are_its_weights_and_it_says_nothing_of_them_itself() {
    let bench = Bench::new(1);
    let old = bundle(&routed(Style::Canary, 10, "1"));
    let new = bundle(&routed(Style::Canary, 10, "2"));
    let rendered = old
        .objects
        .iter()
        .find(|it| it.kind() == "HTTPRoute")
        .unwrap();
    assert!(!rendered.value().to_string().contains("weight"));
    let set = bench.set(&old, &new, 10, weight("5%"));
    let sizes: Vec<_> = set.sides.iter().map(|side| side.size).collect();
    assert_eq!(sizes, [Size::Turned(10), Size::Turned(1)]);
    let route = find(&set, "HTTPRoute", "signals");
    assert!(route.at("/spec/rules").is_none());
    let rules = turned(&set, "HTTPRoute");
    let weights: Vec<_> = rules["rules"][0]["backendRefs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), it["weight"].as_u64().unwrap()))
        .collect();
    let track = format!("signals-{}", new.behaviour.short());
    assert_eq!(weights, [("signals", 95), (track.as_str(), 5)]);
    find(&set, "Service", &track);
}

#[test]
fn a_part_of_a_percent_is_exact() {
    let bench = Bench::new(1);
    let old = bundle(&routed(Style::Canary, 4, "1"));
    let new = bundle(&routed(Style::Canary, 4, "2"));
    let set = bench.set(&old, &new, 4, weight("0.25%"));
    let rules = turned(&set, "HTTPRoute");
    assert_eq!(rules["rules"][0]["backendRefs"][1]["weight"], 2_500);
    assert_eq!(rules["rules"][0]["backendRefs"][0]["weight"], 997_500);
}

#[test]
fn headers_and_copies_are_rules_of_the_route() {
    let bench = Bench::new(1);
    let old = bundle(&routed(Style::Ab, 4, "1"));
    let new = bundle(&routed(Style::Ab, 4, "2"));
    let headers = serde_json::from_value(json!([
        {"header": "X-Desk", "value": {"exact": "research"}},
    ]))
    .unwrap();
    let set = bench.set(&old, &new, 4, Exposure::Match(headers));
    let rules = turned(&set, "HTTPRoute");
    assert_eq!(
        rules["rules"][0]["matches"][0]["headers"][0]["value"],
        "research"
    );
    assert_eq!(rules["rules"][1]["backendRefs"][0]["name"], "signals");
    let mut mirrored = new.clone();
    mirrored.rollout.as_mut().unwrap().style = Style::Mirror;
    let set = bench.set(&old, &mirrored, 4, Exposure::Mirror("50%".parse().unwrap()));
    let mirror = turned(&set, "HTTPRoute");
    let mirror = &mirror["rules"][0]["filters"][0]["requestMirror"];
    assert_eq!(mirror["percent"], 50);
}

#[test]
fn autoscalers_are_held_still_and_give_way() {
    let mut strategy = service(Style::Canary, 3, "1");
    strategy.scale = Some(Scale {
        min: 3,
        max: 10,
        cpu: Some(70),
        memory: None,
        metrics: [].into(),
    });
    let old = bundle(&strategy);
    strategy.image = fixture::image("registry.example.com/rates/program", "2");
    let new = bundle(&strategy);
    let bench = Bench::new(1);
    let set = bench.set(&old, &new, 12, weight("5%"));
    let name = format!("signals-{}", new.behaviour.short());
    let scaler = find(&set, "HorizontalPodAutoscaler", &name);
    assert_eq!(scaler.number("/spec/minReplicas"), Some(1));
    let scaler = find(&set, "HorizontalPodAutoscaler", "signals");
    assert_eq!(scaler.number("/spec/maxReplicas"), Some(12));
    let still = turned(&set, "HorizontalPodAutoscaler");
    assert_eq!(still["behavior"]["scaleUp"]["selectPolicy"], "Disabled");
    for deployment in set
        .bundle
        .objects
        .iter()
        .filter(|it| it.kind() == "Deployment")
    {
        assert!(deployment.number("/spec/replicas").is_none());
    }
    let set = steady(&new, &Track::main());
    assert_eq!(set.sides[0].size, Size::Scaled { min: 3, max: 10 });
}

#[test]
fn a_standby_is_there_when_nothing_is_on_its_way() {
    let old = bundle(&service(Style::StandbyFirst, 2, "1"));
    let set = steady(&old, &Track::main());
    find(&set, "Deployment", "signals");
    find(&set, "Deployment", "signals-standby");
    let new = bundle(&service(Style::StandbyFirst, 2, "2"));
    let bench = Bench::new(1);
    let set = bench.set(&old, &new, 2, Exposure::Standby);
    assert_eq!(
        set.bundle.workload.as_ref().unwrap().name,
        "signals-standby"
    );
    let set = steady(&new, &Track::named("standby"));
    find(&set, "Deployment", "signals");
    let clients = find(&set, "Service", "signals");
    assert_eq!(
        clients.value()["spec"]["selector"],
        json!({"app.kubernetes.io/instance": "signals-standby"})
    );
}

#[test]
fn without_an_old_version_nothing_hidden_is_led_to() {
    let new = bundle(&routed(Style::BlueGreen, 3, "1"));
    let rollout = new.rollout.clone().unwrap();
    let context = Context {
        stable: Track::main(),
        candidate: Track::main(),
        replicas: 3,
    };
    let set = stage(None, &new, &rollout, &at(Exposure::Preview), &context);
    let ways = set.bundle.objects.iter();
    let ways = ways.filter(|it| matches!(it.kind(), "Service" | "HTTPRoute"));
    assert_eq!(ways.count(), 0);
    let set = stage(None, &new, &rollout, &at(Exposure::Full), &context);
    find(&set, "HTTPRoute", "signals");
}
