//! What scales a service.

use super::rollouts::{findings, with_service};
use super::*;

/// The service `skua`, with a range in place of its number of pods.
fn scaled(lines: &str) -> Outcome {
    with_service(lines)
}

#[test]
fn a_service_is_held_at_a_share_of_what_it_requests() {
    let outcome = scaled("  scale: [{cpu: 70%}, {memory: 80%}]\n  replicas: {min: 3, max: 30}\n");
    assert_eq!(codes(&outcome), [] as [&str; 0]);
    let scale = strategy(&outcome, "skua").scale.unwrap();
    assert_eq!((scale.min, scale.max), (3, 30));
    assert_eq!((scale.cpu, scale.memory), (Some(70), Some(80)));
}

#[test]
fn a_service_is_held_at_a_value_of_its_own_metric_for_each_pod() {
    let outcome = scaled(
        "  scale: [{cpu: 70%}, {metric: queue_depth, target: 20k}]\n  replicas: {min: 3, max: 30}\n",
    );
    assert_eq!(codes(&outcome), [] as [&str; 0]);
    let service = strategy(&outcome, "skua");
    assert!(service.deferred.is_empty());
    let metrics = service.scale.unwrap().metrics;
    let metrics: Vec<_> = metrics
        .iter()
        .map(|(it, at)| (it.as_str(), at.as_str()))
        .collect();
    assert_eq!(metrics, [("queue_depth", "20k")]);
}

#[test]
fn what_is_not_enforced_is_told_entry_by_entry() {
    let outcome =
        scaled("  scale: [{cpu: 70%}, {session: XNYS, min: 10}]\n  replicas: {min: 3, max: 30}\n");
    assert_eq!(codes(&outcome), ["not-enforced"]);
    let service = strategy(&outcome, "skua");
    assert!(service.scale.is_some());
    assert!(service.deferred.contains_key("scale"));
    let outcome = scaled("  replicas: {min: 3, max: 30}\n");
    assert_eq!(codes(&outcome), ["not-enforced"]);
}

#[test]
fn there_is_something_to_scale_between() {
    for (lines, code) in [
        ("  scale: [{cpu: 70%}]\n  replicas: 4\n", "missing-field"),
        (
            "  scale: [{cpu: 70%}]\n  replicas: {min: 0, max: 4}\n",
            "invalid-value",
        ),
        (
            "  scale: [{cpu: 70.5%}]\n  replicas: {min: 1, max: 4}\n",
            "invalid-value",
        ),
        (
            "  scale: [{cpu: 101%}]\n  replicas: {min: 1, max: 4}\n",
            "invalid-value",
        ),
        (
            "  scale: [{cpu: 70%, memory: 80%}]\n  replicas: {min: 1, max: 4}\n",
            "invalid-value",
        ),
        (
            "  scale: [{cpu: 70%}, {cpu: 80%}]\n  replicas: {min: 1, max: 4}\n",
            "duplicate-name",
        ),
        (
            "  scale: [{metric: depth, target: 5}, {metric: depth, target: 6}]\n  replicas: {min: 1, max: 4}\n",
            "duplicate-name",
        ),
        (
            "  scale: [{metric: depth}]\n  replicas: {min: 1, max: 4}\n",
            "invalid-value",
        ),
        (
            "  scale: [{metric: a/b, target: 5}]\n  replicas: {min: 1, max: 4}\n",
            "invalid-value",
        ),
        (
            "  scale: [{metric: depth, target: 0}]\n  replicas: {min: 1, max: 4}\n",
            "invalid-value",
        ),
        (
            "  scale: [{cpu: 70%, target: 5}]\n  replicas: {min: 1, max: 4}\n",
            "invalid-value",
        ),
        (
            "  scale: [{cpu: 70%, min: 5}]\n  replicas: {min: 1, max: 4}\n",
            "invalid-value",
        ),
    ] {
        let outcome = scaled(lines);
        let codes: Vec<_> = findings(&outcome).into_iter().map(|it| it.0).collect();
        assert_eq!(codes, [code], "{lines}");
    }
}
