//! Journeys of a service, on a clock that starts on a Monday morning.

use super::*;
use crate::compile;
use crate::compile::fixture;
use crate::release::Revision;
use crate::resolve::Strategy;
use crate::resolve::rollout::{Exposure, Rollout, Stage, Style};
use crate::rollout::gates::Query;
use serde_json::{Value, json};

/// Says the same of everything.
struct Says(f64);

impl Witness for Says {
    fn says(&mut self, question: &Question<'_>) -> Outcome {
        assert!(matches!(question.wanted.query, Query::Value(_)));
        Outcome::Value {
            value: self.0,
            samples: Some(100.0),
        }
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn stage(name: &str, exposure: Exposure, gates: &[Value]) -> Stage {
    let gate = |gate: &Value| serde_json::from_value(gate.clone()).unwrap();
    Stage {
        name: name.to_owned(),
        exposure,
        gates: gates.iter().map(gate).collect(),
    }
}

/// A canary of two stages, then everything.
fn strategy(args: &str, gates: [&[Value]; 3], change: impl FnOnce(&mut Rollout)) -> Strategy {
    let mut strategy = fixture::service();
    strategy.args = vec![args.to_owned()];
    strategy.replicas = 4;
    let rollout = &mut strategy.rollout;
    rollout.style = Style::Canary;
    let [first, second, last] = gates;
    rollout.stages = vec![
        stage("5%", Exposure::Weight("5%".parse().unwrap()), first),
        stage("50%", Exposure::Weight("50%".parse().unwrap()), second),
        stage("full", Exposure::Full, last),
    ];
    let query = json!({"prometheus": {"address": "http://p:9090", "query": "x", "samples": "y"}});
    let metric = serde_json::from_value(query).unwrap();
    rollout.metrics.insert("rejects".parse().unwrap(), metric);
    change(rollout);
    strategy
}

/// The way from what runs to what Git says, as far as a week goes.
fn journey(gates: [&[Value]; 3], change: fn(&mut Rollout), value: f64) -> Journey {
    let fleet = fixture::fleet([]);
    let runs = compile::strategy(&fleet, &strategy("a", gates, change));
    let git = compile::strategy(&fleet, &strategy("b", gates, change));
    let record = ReleaseStatus {
        stable: Some(Revision {
            bundle: runs.bundle.to_string(),
            behaviour: runs.behaviour.to_string(),
            commit: None,
        }),
        ..ReleaseStatus::default()
    };
    let outset = Outset {
        git: &git,
        record: &record,
        kept: &Kept::from([(runs.bundle.to_string(), runs)]),
        calendars: &Tables::default(),
        freezes: &[],
        from: at("2026-11-23T10:00:00Z"),
        until: at("2026-11-30T10:00:00Z"),
    };
    ahead(&outset, &mut Says(value))
}

fn left(journey: &Journey) -> Vec<String> {
    let left = journey.legs.iter().map(|leg| match leg.left {
        Some(left) => left.to_string(),
        None => "never".to_owned(),
    });
    left.collect()
}

#[test]
fn a_stage_is_left_when_its_time_is_over_and_its_gates_pass() {
    let metric = json!({"metric": "rejects", "max": 0.01, "minSamples": 50, "interval": "30s"});
    let gates: [&[Value]; 3] = [
        &[json!({"for": "10m"})],
        &[metric, json!({"pause": {}})],
        &[],
    ];
    let journey = journey(gates, |_| {}, 0.001);
    assert_eq!(
        left(&journey),
        [
            "2026-11-23T10:10:00Z",
            "2026-11-23T10:10:30Z",
            "2026-11-23T10:10:30Z"
        ]
    );
    assert_eq!(journey.ending, Ending::Promoted(at("2026-11-23T10:10:30Z")));
}

#[test]
fn the_stages_are_those_that_the_daemon_makes() {
    let journey = journey([&[], &[], &[]], |_| {}, 0.0);
    let pods = |leg: &Leg| -> Vec<i64> {
        let all = leg.objects.iter();
        let workloads = all.filter(|it| it.kind() == "Deployment");
        workloads
            .filter_map(|it| it.number("/spec/replicas"))
            .collect()
    };
    let all: Vec<_> = journey.legs.iter().map(pods).collect();
    assert_eq!(all, [vec![4, 1], vec![2, 2], vec![0, 4]]);
}

#[test]
fn what_fails_stops_there_as_its_spec_says() {
    let metric = json!({"metric": "rejects", "max": 0.01, "minSamples": 50});
    let gates: [&[Value]; 3] = [&[], &[metric], &[]];
    let ending = |then: fn(&mut Rollout)| journey(gates, then, 0.5).ending;
    for (change, then) in [
        (
            (|it| it.on_failure = OnFailure::Rollback) as fn(&mut Rollout),
            OnFailure::Rollback,
        ),
        (|it| it.on_failure = OnFailure::Halt, OnFailure::Halt),
    ] {
        let Ending::Stopped { at, why, then: is } = ending(change) else {
            panic!("it stops");
        };
        assert_eq!(is, then);
        assert_eq!(at.to_string(), "2026-11-23T10:01:00Z");
        assert!(
            why.contains("`rejects` is 0.5, at most 0.01 allowed"),
            "{why}"
        );
    }
}

#[test]
fn a_window_holds_the_beginning_and_each_stage() {
    let window = |it: &mut Rollout| it.window = Some("closed(XNYS)".parse().unwrap());
    let gates: [&[Value]; 3] = [&[json!({"for": "6h"})], &[], &[]];
    let journey = journey(gates, window, 0.0);
    // The market of the Monday is closed from 21:00 on, but not when six hours are over.
    assert_eq!(journey.begins(), Some(at("2026-11-23T10:00:00Z")));
    assert_eq!(left(&journey)[0], "2026-11-23T21:00:00Z");
    let hold = &journey.legs[0].holds[0];
    assert!(
        hold.what.starts_with("the window `closed(XNYS)`"),
        "{hold:?}"
    );
    assert_eq!(
        (hold.since, hold.until),
        (at("2026-11-23T16:00:00Z"), Some(at("2026-11-23T21:00:00Z")))
    );
}
