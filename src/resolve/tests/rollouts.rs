//! How a change reaches a strategy.

use super::super::rollout::{Exposure, OnFailure, Rollout, Style};
use super::*;

const SERVICE: &str = "\
kind: Strategy
spec:
  class: service
  image: registry.example.com/rates/skua@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  ports: [{name: http, port: 8080}]
";

const ROUTE: &str = "    route: {gateway: edge/public}\n";

/// Resolves the fleet with the service `skua`, whose lines from 7 on these are.
pub(super) fn with_service(lines: &str) -> Outcome {
    let replicas = if lines.contains("  replicas:") {
        ""
    } else {
        "  replicas: 4\n"
    };
    let network = if lines.contains("route:") {
        "  network: {ingress: [{from: 'namespace:edge', port: 8080}]}\n"
    } else {
        ""
    };
    let text = format!("{SERVICE}{replicas}{lines}{network}");
    fixture::resolve(&[("desks/rates/skua.yaml", &text)])
}

/// All findings but those about what nothing enforces yet.
pub(super) fn findings(outcome: &Outcome) -> Vec<(&str, String, &str)> {
    let all = outcome.findings.iter();
    all.filter(|it| it.code != "not-enforced")
        .map(|it| {
            assert!(
                catalog::find(it.code).is_some(),
                "`{}` is explained",
                it.code
            );
            let start = it.span.start;
            let place = format!("{}:{}", start.line, start.column);
            (it.code, place, it.message.as_str())
        })
        .collect()
}

#[track_caller]
fn refused(lines: &str, code: &str, place: &str, message: &str) {
    let outcome = with_service(&format!("  rollout:\n{lines}"));
    assert_eq!(findings(&outcome), [(code, place.to_owned(), message)]);
}

#[track_caller]
fn rollout(lines: &str) -> Rollout {
    let outcome = with_service(&format!("  rollout:\n{lines}"));
    assert_eq!(findings(&outcome), []);
    strategy(&outcome, "skua").rollout
}

#[test]
fn a_route_is_told_by_nobody_as_not_enforced() {
    let outcome = with_service(&format!("  rollout:\n{ROUTE}"));
    assert!(outcome.findings.is_empty(), "{:#?}", outcome.findings);
}

fn names(rollout: &Rollout) -> Vec<&str> {
    rollout.stages.iter().map(|it| it.name.as_str()).collect()
}

#[test]
fn who_says_nothing_changes_pod_by_pod() {
    let outcome = with_service("");
    let rollout = strategy(&outcome, "skua").rollout;
    assert_eq!(rollout.style, Style::Rolling);
    assert_eq!(rollout.on_failure, OnFailure::Rollback);
    assert_eq!(names(&rollout), ["full"]);
    let algo = strategy(&outcome, "tern").rollout;
    assert_eq!(
        (algo.style, algo.on_failure),
        (Style::Replace, OnFailure::Halt)
    );
}

#[test]
fn stages_are_named_by_what_they_do_and_end_in_full() {
    let canary = rollout(&format!(
        "    canary: [{{mirror: 50%}}, {{match: [{{header: X-Desk, value: a}}]}}, {{name: first, weight: 5%}}, {{weight: 50%, for: 5m, gates: [{{health: {{}}}}]}}, {{weight: 100%}}]\n{ROUTE}"
    ));
    assert_eq!(names(&canary), ["mirror", "match", "first", "50%", "full"]);
    assert_eq!(canary.stages[3].gates.len(), 2);
    let route = canary.route.unwrap();
    assert_eq!((route.gateway.name(), route.port), ("public", 8080));
    let switch = rollout("    blueGreen: {for: 10m, keepFor: 30m}\n");
    assert_eq!(names(&switch), ["preview", "full"]);
    assert_eq!(switch.keep_for.unwrap().seconds(), 1800);
}

#[test]
fn a_set_with_state_changes_so_many_pods() {
    let text = "  state: [{name: books, mountPath: /app/books, size: 1Gi}]\n  rollout: {rolling: [{pods: 1}, {pods: 50%}, {pods: 3}]}\n";
    let outcome = with_service(text);
    assert_eq!(findings(&outcome), []);
    let rollout = strategy(&outcome, "skua").rollout;
    assert_eq!(names(&rollout), ["pods-1", "pods-50%", "pods-3", "full"]);
    assert!(matches!(rollout.stages[0].exposure, Exposure::Pods(_)));
}

#[test]
fn a_settled_rollout_reads_back() {
    let canary = rollout(&format!(
        "    ab: {{match: [{{header: X-Desk, value: research}}]}}\n    rollbackWindow: {{revisions: 3, within: 7d}}\n{ROUTE}"
    ));
    let text = serde_json::to_string(&canary).unwrap();
    assert_eq!(serde_json::from_str::<Rollout>(&text).unwrap(), canary);
}

#[test]
fn a_change_comes_in_one_way() {
    refused(
        "    canary: [{weight: 5%}]\n    blueGreen: {}\n",
        "rollout-style",
        "9:5",
        "a change cannot come in two ways at once",
    );
}

#[test]
fn weights_rise() {
    let not_higher = "the weight is not higher than in the stage before";
    refused(
        "    canary: [{weight: 50%}, {weight: 50%}]\n",
        "rollout-stages",
        "8:38",
        not_higher,
    );
    refused(
        "    canary: [{weight: 100%}, {weight: 50%}]\n",
        "rollout-stages",
        "8:39",
        not_higher,
    );
    refused(
        "    canary: []\n",
        "rollout-stages",
        "8:13",
        "`canary` is empty, so that it says nothing",
    );
    refused(
        "    canary: [{weight: 0%}]\n",
        "invalid-value",
        "8:23",
        "`0%` is not a share of the whole",
    );
    refused(
        "    canary: [{for: 5m}, {weight: 50%}]\n",
        "rollout-stages",
        "8:14",
        "the stage does not say how far the new version is let in, and is not the last one",
    );
    refused(
        &format!("    canary: [{{weight: 5%}}, {{mirror: 100%}}]\n{ROUTE}"),
        "rollout-stages",
        "8:28",
        "the new version would lose the share that it had",
    );
    refused(
        "    canary: [{weight: 5%, pods: 1}]\n",
        "rollout-stages",
        "8:33",
        "`pods` does not belong to this way of changing",
    );
}

#[test]
fn the_end_is_watched_by_all_that_is_written_for_it() {
    let canary = rollout(
        "    canary: [{weight: 50%}, {weight: 100%, for: 5m}]\n    watch: {for: 1h, gates: [{health: {}}]}\n",
    );
    assert_eq!(names(&canary), ["50%", "full"]);
    assert_eq!(canary.stages[1].gates.len(), 3);
    let rolling = rollout("    rolling: [{for: 5m}]\n");
    assert_eq!(rolling.stages[0].gates.len(), 1);
}

#[test]
fn a_gate_is_told_where_it_is_wrong() {
    let outcome =
        with_service("  rollout: {canary: [{weight: 5%, gates: [{pause: {}, max: 1}]}]}\n");
    let found = findings(&outcome);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "bad-gate");
}

#[test]
fn a_deployment_holds_no_pods_back() {
    refused(
        "    rolling: [{pods: 1}]\n",
        "rollout-stages",
        "8:22",
        "only a service with `state` changes so many pods and no more",
    );
}

#[test]
fn requests_are_told_apart_by_a_gateway() {
    let message = "requests can only be told apart or copied by a gateway, and there is no `route`";
    for (lines, place) in [
        ("    ab: {match: [{header: X-Desk, value: a}]}\n", "8:9"),
        ("    mirror: {}\n", "8:13"),
        ("    canary: [{mirror: 100%}]\n", "8:23"),
    ] {
        refused(lines, "rollout-needs-route", place, message);
    }
}

#[test]
fn cookies_and_expressions_are_not_portable() {
    for header in [
        "{header: Cookie, value: a}",
        "{header: X-Desk, pattern: a.*}",
    ] {
        let outcome = with_service(&format!(
            "  rollout:\n    ab: {{match: [{header}]}}\n{ROUTE}"
        ));
        let codes: Vec<_> = findings(&outcome).into_iter().map(|it| it.0).collect();
        assert_eq!(codes, ["match-not-portable"]);
        assert!(broken(&outcome).is_empty());
    }
}

#[test]
fn a_copy_beside_state_would_be_empty() {
    let outcome = with_service(
        "  state: [{name: books, mountPath: /app/books, size: 1Gi}]\n  rollout: {canary: [{weight: 5%}]}\n",
    );
    let codes: Vec<_> = findings(&outcome).into_iter().map(|it| it.0).collect();
    assert_eq!(codes, ["rollout-style"]);
}

#[test]
fn each_class_has_its_own_ways() {
    let outcome = with("  rollout: {canary: [{weight: 5%}], watch: {for: 1h}}\n");
    let codes: Vec<_> = findings(&outcome).into_iter().map(|it| it.0).collect();
    assert_eq!(codes, ["wrong-class"]);
    let outcome = with_service("  rollout: {stages: []}\n");
    let codes: Vec<_> = findings(&outcome).into_iter().map(|it| it.0).collect();
    assert_eq!(codes, ["wrong-class"]);
}

#[test]
fn a_route_whose_requests_the_policy_keeps_out_is_told() {
    let text = format!("{SERVICE}  replicas: 4\n  rollout:\n{ROUTE}");
    let outcome = fixture::resolve(&[("desks/rates/skua.yaml", &text)]);
    let message = "nobody may reach port 8080, so that no request comes by this route";
    let expect = [("route-without-ingress", "8:12".to_owned(), message)];
    assert_eq!(findings(&outcome), expect);
}
