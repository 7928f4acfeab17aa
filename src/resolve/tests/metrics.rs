//! The metrics that gates name, and the strategies that they wait for.

use super::super::rollout::Rollout;
use super::*;
use crate::spec::metric::MetricName;

const METRICS: &str = "  metrics:
    rejectRatio:
      prometheus:
        address: http://prometheus.monitoring:9090
        query: rejects{track=\"{{track}}\"}
        samples: orders{track=\"{{track}}\"}
    uptime: {prometheus: {address: 'http://prometheus.monitoring:9090', query: up}}
    depth: {http: {url: 'http://depth.example.com/{{strategy}}', path: $.depth}}
    errors:
      loki:
        address: http://loki.monitoring:3100
        query: sum by (class) (count_over_time({track=\"{{track}}\"} |= `error` [{{interval}}]))
        samples: sum(count_over_time({track=\"{{track}}\"}[{{interval}}]))
    blind:
      loki:
        address: http://loki.monitoring:3100
        query: sum by (class) (count_over_time({track=\"{{track}}\"} |= `error` [{{interval}}]))
    shared:
      loki:
        address: http://loki.monitoring:3100
        query: sum by (class) (count_over_time({app=\"{{strategy}}\"} |= `error` [{{interval}}]))
        samples: sum(count_over_time({app=\"{{strategy}}\"}[{{interval}}]))
";

fn service(name: &str, canary: &str) -> (String, String) {
    let image = "registry.example.com/rates/skua@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let text = format!(
        "kind: Strategy\nspec:\n  class: service\n  image: {image}\n  ports: [{{name: http, port: 8080}}]\n  replicas: 4\n  rollout:\n    canary:\n{canary}"
    );
    (format!("desks/rates/{name}.yaml"), text)
}

/// Resolves the fleet with metrics in `tidegate.yaml` and services of these canaries.
fn with_services(services: &[(&str, &str)]) -> Outcome {
    let fleet = format!("{}{METRICS}", fixture::FLEET.1);
    let files: Vec<(String, String)> = services
        .iter()
        .map(|(name, it)| service(name, it))
        .collect();
    let mut all = vec![("tidegate.yaml", fleet.as_str())];
    all.extend(
        files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str())),
    );
    fixture::resolve(&all)
}

fn found(outcome: &Outcome) -> Vec<(&str, String)> {
    let all = outcome
        .findings
        .iter()
        .filter(|it| it.code != "not-enforced");
    all.map(|it| {
        let start = it.span.start;
        assert!(
            catalog::find(it.code).is_some(),
            "`{}` is explained",
            it.code
        );
        (
            it.code,
            format!("{}:{} {}", start.line, start.column, it.message),
        )
    })
    .collect()
}

#[track_caller]
fn refused(gate: &str, code: &str, expected: &str) -> Outcome {
    let canary = format!("    - weight: 5%\n      gates: [{gate}]\n");
    let outcome = with_services(&[("skua", &canary)]);
    assert_eq!(found(&outcome), [(code, expected.to_owned())]);
    outcome
}

fn help(outcome: &Outcome) -> &str {
    let finding = outcome.findings.iter().find(|it| it.code != "not-enforced");
    finding
        .and_then(|it| it.help.as_deref())
        .unwrap_or_default()
}

#[test]
fn a_strategy_keeps_the_metrics_that_its_gates_name() {
    let gates = "{metric: rejectRatio, max: 1%, minSamples: 50}, {compare: rejectRatio, within: 50%, test: rate}";
    let canary = format!("    - weight: 5%\n      gates: [{gates}]\n");
    let outcome = with_services(&[("skua", &canary)]);
    assert_eq!(found(&outcome), []);
    let rollout: Rollout = strategy(&outcome, "skua").rollout;
    let names: Vec<&str> = rollout.metrics.keys().map(MetricName::as_str).collect();
    assert_eq!(names, ["rejectRatio"]);
    let written = serde_json::to_value(&rollout).unwrap();
    assert_eq!(serde_json::from_value::<Rollout>(written).unwrap(), rollout);
}

#[test]
fn a_metric_that_nobody_has_is_told_with_the_likely_one() {
    let outcome = refused(
        "{metric: rejectsRatio, max: 1%, minSamples: 50}",
        "unknown-metric",
        "10:24 there is no metric `rejectsRatio`",
    );
    assert_eq!(help(&outcome), "did you mean `rejectRatio`?");
}

#[test]
fn what_cannot_be_compared_is_told() {
    refused(
        "{compare: depth, within: 1}",
        "bad-gate",
        "10:25 `depth` cannot be compared: only a `prometheus` or `loki` metric has a past",
    );
    refused(
        "{compare: uptime, within: 1}",
        "bad-gate",
        "10:25 `uptime` cannot be compared: its query is the same for every version",
    );
}

#[test]
fn what_is_no_log_of_two_versions_is_told() {
    for (metric, message) in [
        ("rejectRatio", "does not say how many lines there are"),
        ("depth", "cannot tell a log without errors from no log"),
        ("blind", "cannot tell a log without errors from no log"),
        ("shared", "is the same for every version"),
    ] {
        let canary = format!("    - weight: 5%\n      gates: [{{logs: {metric}}}]\n");
        let outcome = with_services(&[("skua", &canary)]);
        let told = found(&outcome);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, "bad-gate");
        let expected = format!("10:22 `{metric}` {message}");
        assert!(told[0].1.starts_with(&expected), "{told:?}");
    }
    let canary = "    - weight: 5%\n      gates: [{logs: errors, max: 3, baseline: 7d}]\n";
    assert_eq!(found(&with_services(&[("skua", canary)])), []);
}

#[test]
fn a_wrong_definition_is_told_where_it_stands() {
    let fleet = format!(
        "{}  metrics:\n    idle: {{about: nothing}}\n",
        fixture::FLEET.1
    );
    let outcome = fixture::resolve(&[("tidegate.yaml", &fleet)]);
    let (code, text) = found(&outcome).remove(0);
    assert_eq!(code, "bad-metric");
    assert!(
        text.ends_with("this metric does not say where it comes from"),
        "{text}"
    );
}

#[test]
fn the_engine_s_word_counts_before_the_desk_s_and_the_fleet_s() {
    let desk = "kind: Desk\nspec:\n  email: rates@example.com\n  metrics: {uptime: {external: {metric: up}}}\n";
    let fleet = format!("{}{METRICS}", fixture::FLEET.1);
    let (path, text) = service(
        "skua",
        "    - weight: 5%\n      gates: [{metric: uptime, min: 1, minSamples: 1}]\n",
    );
    let outcome = fixture::resolve(&[
        ("tidegate.yaml", &fleet),
        ("desks/rates/desk.yaml", desk),
        (&path, &text),
    ]);
    assert_eq!(found(&outcome), []);
    let metrics = strategy(&outcome, "skua").rollout.metrics;
    let uptime = serde_json::to_value(metrics.values().next().unwrap()).unwrap();
    assert!(uptime.get("external").is_some(), "{uptime}");
}

#[test]
fn what_gates_look_at_changes_no_pod() {
    let digest = |metrics: &str| {
        let engine = format!(
            "kind: Engine\nmetadata: {{name: own}}\nspec:\n  runAs: {{user: 10001, group: 10001}}\n  grace: 30s\n{metrics}"
        );
        let algo = fixture::ALGO
            .1
            .replace("class: algo", "class: algo\n  engine: own");
        let outcome = fixture::resolve(&[("engines/own.yaml", &engine), (fixture::ALGO.0, &algo)]);
        assert_eq!(found(&outcome), []);
        strategy(&outcome, "tern").engine.digest
    };
    assert_eq!(
        digest(""),
        digest("  metrics: {up: {external: {metric: up}}}\n")
    );
}

fn after(strategy: &str, stage: &str) -> String {
    format!(
        "    - weight: 5%\n    - weight: 50%\n      gates: [{{after: {{strategy: {strategy}, stage: {stage}}}}}]\n"
    )
}

#[test]
fn a_group_that_goes_together_is_no_circle() {
    let (a, b) = (after("gull", "50%"), after("skua", "50%"));
    assert_eq!(found(&with_services(&[("skua", &a), ("gull", &b)])), []);
}

#[test]
fn rollouts_that_wait_for_each_other_s_future_are_a_circle() {
    let (a, b) = (after("gull", "full"), after("skua", "full"));
    let outcome = with_services(&[("skua", &a), ("gull", &b)]);
    let told = found(&outcome);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "after-cycle");
    assert!(
        told[0]
            .1
            .contains("the rollouts of `gull`, `skua` wait for each other"),
        "{told:?}"
    );
    // One that waits for a stage it is ahead of waits for nothing.
    let (a, b) = (after("gull", "full"), after("skua", "5%"));
    assert_eq!(found(&with_services(&[("skua", &a), ("gull", &b)])), []);
}

#[test]
fn a_stage_that_is_not_there_is_told_with_the_likely_one() {
    let (a, b) = (after("gull", "55%"), "    - weight: 50%\n".to_owned());
    let outcome = with_services(&[("skua", &a), ("gull", &b)]);
    assert_eq!(
        found(&outcome),
        [(
            "unknown-stage",
            "11:34 strategy `gull` has no stage `55%`".to_owned()
        )]
    );
    assert_eq!(help(&outcome), "did you mean `50%`?");
    let (a, b) = (after("gul", "5%"), "    - weight: 50%\n".to_owned());
    let outcome = with_services(&[("skua", &a), ("gull", &b)]);
    assert_eq!(found(&outcome)[0].0, "unknown-strategy");
}
