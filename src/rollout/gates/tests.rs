//! What holds for every gate, and what each kind says.

mod logged;
mod measured;
mod others;
mod scanned;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::fixture::{World, at, gate, value};
use super::*;
use crate::spec::gate::Gate;

/// Judges from nothing.
fn first(gate: &Gate, evidence: &Evidence<'_>, seconds: i64) -> Judged {
    judge(gate, &GateState::default(), evidence, at(seconds))
}

/// Judges a gate over measurements, each as soon as it is there, and gives every verdict.
fn over(gate: &Gate, measurements: &[Measurement]) -> Vec<Verdict> {
    let world = World::new();
    let mut state = GateState::default();
    let mut verdicts = Vec::new();
    for measurement in measurements {
        let evidence = Evidence {
            measurement: Some(measurement),
            ..world.settled()
        };
        let judged = judge(gate, &state, &evidence, measurement.at);
        let again = judge(gate, &judged.state, &evidence, measurement.at);
        assert_eq!(judged, again, "judging again says the same");
        state = judged.state;
        verdicts.push(judged.verdict);
    }
    verdicts
}

fn rejects(more: &Value) -> Gate {
    let mut spec = json!({"metric": "reject", "max": "1%", "minSamples": 50, "interval": "30s"});
    let fields = more.as_object().unwrap();
    let spec_fields = spec.as_object_mut().unwrap();
    spec_fields.extend(fields.clone());
    gate(spec)
}

#[test]
fn nothing_passes_before_the_stage_is_in_place() {
    let world = World::new();
    let good = value(20, 0.0);
    let promotion = Promotion {
        by: "carla".to_owned(),
        at: at(5),
    };
    let window = WindowSeen {
        state: WindowState::Open,
        why: "it is".to_owned(),
        changes_at: None,
    };
    let evidence = Evidence {
        measurement: Some(&good),
        promoted: Some(&promotion),
        window: Some(&window),
        freezes: Some(&[]),
        ..world.entered()
    };
    for spec in [
        json!({"for": "1s"}),
        json!({"pause": {}, "timeout": "1s", "onTimeout": "pass"}),
        json!({"window": "open(XNYS)"}),
        json!({"freeze": {}}),
        json!({"metric": "reject", "max": 1, "minSamples": 1}),
        json!({"compare": "reject", "within": 1}),
        json!({"logs": "reject"}),
        json!({"scan": {"maxSeverity": "none"}}),
        json!({"health": {}}),
    ] {
        let gate = gate(spec);
        assert_eq!(
            first(&gate, &evidence, 100).verdict,
            Verdict::Wait,
            "{gate:?}"
        );
    }
}

#[test]
fn a_measurement_from_before_the_stage_was_in_place_is_none() {
    let world = World::new();
    for (seconds, verdict) in [(9, Verdict::Wait), (10, Verdict::Wait), (11, Verdict::Pass)] {
        let old = value(seconds, 0.0);
        let evidence = Evidence {
            measurement: Some(&old),
            ..world.settled()
        };
        let judged = first(&rejects(&json!({})), &evidence, 20);
        assert_eq!(judged.verdict, verdict, "{seconds}: {}", judged.why);
    }
}

#[test]
fn a_gate_that_takes_too_long_says_what_it_was_told_to() {
    let world = World::new();
    for (on_timeout, verdict) in [
        ("fail", Verdict::Fail),
        ("hold", Verdict::Inconclusive),
        ("pass", Verdict::Pass),
    ] {
        let gate = gate(json!({"pause": {}, "timeout": "1m", "onTimeout": on_timeout}));
        let early = first(&gate, &world.settled(), 69);
        assert_eq!(early.verdict, Verdict::Wait);
        assert_eq!(early.wake_at, Some(at(70)));
        let late = first(&gate, &world.settled(), 70);
        assert_eq!(late.verdict, verdict);
        assert!(late.why.starts_with("took longer than 1m"), "{}", late.why);
    }
}

#[test]
fn a_stage_that_never_comes_to_be_in_place_fails_its_gates_in_time() {
    let world = World::new();
    let gate = rejects(&json!({"timeout": "5m"}));
    assert_eq!(first(&gate, &world.entered(), 299).verdict, Verdict::Wait);
    assert_eq!(first(&gate, &world.entered(), 300).verdict, Verdict::Fail);
}

#[test]
fn what_passes_late_passes() {
    let world = World::new();
    let held = gate(json!({"pause": {}, "timeout": "1m"}));
    let promotion = Promotion {
        by: "carla".to_owned(),
        at: at(500),
    };
    let evidence = Evidence {
        promoted: Some(&promotion),
        ..world.settled()
    };
    let before = first(&held, &world.settled(), 400);
    assert_eq!(before.verdict, Verdict::Inconclusive);
    let after = judge(&held, &before.state, &evidence, at(500));
    assert_eq!(after.verdict, Verdict::Pass);
    assert_eq!(after.why, "promoted by carla");
    assert_eq!(after.state.since, Some(at(500)));
}

#[test]
fn waiting_on_leaves_nothing_to_write() {
    let world = World::new();
    let gate = rejects(&json!({}));
    let mut state = GateState::default();
    let mut changes = 0;
    for round in 1..100 {
        let measurement = value(10 + round * 30, 0.001);
        let evidence = Evidence {
            measurement: Some(&measurement),
            ..world.settled()
        };
        let judged = judge(&gate, &state, &evidence, measurement.at);
        changes += i32::from(judged.state != state);
        state = judged.state;
    }
    assert_eq!(changes, 1);
}

#[test]
fn what_is_remembered_is_read_back() {
    let world = World::new();
    let bad = value(20, 0.5);
    let evidence = Evidence {
        measurement: Some(&bad),
        ..world.settled()
    };
    let state = first(&rejects(&json!({})), &evidence, 20).state;
    let written = serde_json::to_value(&state).unwrap();
    assert_eq!(written["verdict"], "Fail");
    assert_eq!(written["failures"], 1);
    assert_eq!(serde_json::from_value::<GateState>(written).unwrap(), state);
    let empty: GateState = serde_json::from_value(json!({})).unwrap();
    assert_eq!(empty, GateState::default());
}

fn outcome() -> impl proptest::strategy::Strategy<Value = Outcome> {
    prop_oneof![
        (0_u8..4, prop::option::of(0_u8..100)).prop_map(|(percent, samples)| Outcome::Value {
            value: f64::from(percent) / 100.0,
            samples: samples.map(f64::from),
        }),
        Just(Outcome::Value {
            value: f64::NAN,
            samples: Some(100.0),
        }),
        Just(Outcome::NoData("nothing".to_owned())),
        Just(Outcome::Error("down".to_owned())),
    ]
}

proptest! {
    #[test]
    fn judging_again_says_the_same_whatever_was_measured(
        outcomes in prop::collection::vec(outcome(), 0..30),
        failures in 0_u32..3,
        errors in 0_u32..3,
        successes in 1_u32..3,
        no_data in prop::sample::select(vec!["wait", "fail", "pass", "inconclusive"]),
    ) {
        let gate = rejects(&json!({
            "failureLimit": failures, "consecutiveErrorLimit": errors,
            "consecutiveSuccessLimit": successes, "onNoData": no_data,
        }));
        let measurements: Vec<Measurement> = (1..).zip(outcomes).map(|(round, outcome)| {
            Measurement { at: at(10 + round * 30), outcome }
        }).collect();
        let verdicts = over(&gate, &measurements);
        // A failure stands.
        let mut after_failure = verdicts.iter().skip_while(|it| **it != Verdict::Fail);
        prop_assert!(after_failure.all(|it| *it == Verdict::Fail));
    }
}
