//! Gates that are measured: `metric`, `compare`, `webhook`.

use serde_json::json;

use super::super::fixture::{World, at, gate, value};
use super::super::{
    Answer, Compared, Evidence, Finding, GateState, Measurement, Outcome, Query, Source, judge,
};
use super::{first, over, rejects};
use crate::rollout::verdict::Verdict::{Error, Fail, Inconclusive, Pass, Wait};

fn seen(seconds: i64, outcome: Outcome) -> Measurement {
    Measurement {
        at: at(seconds),
        outcome,
    }
}

fn nothing(seconds: i64) -> Measurement {
    seen(seconds, Outcome::NoData("no series".to_owned()))
}

fn down(seconds: i64) -> Measurement {
    seen(seconds, Outcome::Error("refused".to_owned()))
}

#[test]
fn a_value_within_bounds_passes_and_one_beyond_fails() {
    for (number, verdict) in [(0.0, Pass), (0.01, Pass), (0.0101, Fail)] {
        assert_eq!(over(&rejects(&json!({})), &[value(20, number)]), [verdict]);
    }
    let floor = gate(json!({"metric": "reject", "min": 3, "minSamples": 1}));
    assert_eq!(over(&floor, &[value(20, 2.9)]), [Fail]);
}

#[test]
fn a_bad_value_after_a_good_one_still_fails() {
    let measurements = [value(20, 0.0), value(50, 0.5), value(80, 0.0)];
    assert_eq!(
        over(&rejects(&json!({})), &measurements),
        [Pass, Fail, Fail]
    );
}

#[test]
fn bad_values_are_put_up_with_up_to_the_limit() {
    let measurements = [
        value(20, 0.5),
        value(50, 0.0),
        value(80, 0.5),
        value(110, 0.0),
    ];
    let verdicts = over(&rejects(&json!({"failureLimit": 1})), &measurements);
    assert_eq!(verdicts, [Wait, Pass, Fail, Fail]);
}

#[test]
fn errors_count_only_in_a_row() {
    let measurements = [
        down(20),
        down(50),
        value(80, 0.0),
        down(110),
        down(140),
        down(170),
    ];
    let verdicts = over(
        &rejects(&json!({"consecutiveErrorLimit": 2})),
        &measurements,
    );
    assert_eq!(verdicts, [Wait, Wait, Pass, Wait, Wait, Error]);
}

#[test]
fn good_values_count_only_in_a_row() {
    let measurements = [value(20, 0.0), nothing(50), value(80, 0.0), value(110, 0.0)];
    let verdicts = over(
        &rejects(&json!({"consecutiveSuccessLimit": 2})),
        &measurements,
    );
    assert_eq!(verdicts, [Wait, Wait, Wait, Pass]);
}

#[test]
fn no_data_means_what_the_spec_says_and_waiting_unless_it_does() {
    for (meaning, verdict) in [
        (json!({}), Wait),
        (json!({"onNoData": "wait"}), Wait),
        (json!({"onNoData": "fail"}), Fail),
        (json!({"onNoData": "pass"}), Pass),
        (json!({"onNoData": "inconclusive"}), Inconclusive),
    ] {
        assert_eq!(
            over(&rejects(&meaning), &[nothing(20)]),
            [verdict],
            "{meaning}"
        );
    }
}

#[test]
fn traffic_that_vanishes_takes_the_pass_with_it() {
    assert_eq!(
        over(&rejects(&json!({})), &[value(20, 0.0), nothing(50)]),
        [Pass, Wait]
    );
}

#[test]
fn too_few_samples_say_nothing_whatever_the_value_is() {
    for number in [0.0, 0.9, f64::NAN] {
        let few = seen(
            20,
            Outcome::Value {
                value: number,
                samples: Some(49.0),
            },
        );
        assert_eq!(over(&rejects(&json!({})), &[few]), [Wait]);
    }
}

#[test]
fn a_metric_without_samples_is_one_sample_each_time() {
    let plain = |seconds| {
        seen(
            seconds,
            Outcome::Value {
                value: 0.0,
                samples: None,
            },
        )
    };
    let gate = rejects(&json!({"minSamples": 3}));
    let verdicts = over(&gate, &[plain(20), plain(50), plain(80), plain(110)]);
    assert_eq!(verdicts, [Wait, Wait, Pass, Pass]);
}

#[test]
fn what_is_not_a_number_is_an_error_that_says_what_to_do() {
    let world = World::new();
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let odd = value(20, number);
        let evidence = Evidence {
            measurement: Some(&odd),
            ..world.settled()
        };
        let gate = rejects(&json!({"consecutiveErrorLimit": 0}));
        let judged = first(&gate, &evidence, 20);
        assert_eq!(judged.verdict, Error);
        assert!(judged.why.contains("divides by zero"), "{}", judged.why);
    }
}

#[test]
fn the_next_measurement_is_due_an_interval_after_the_last() {
    let world = World::new();
    let gate = rejects(&json!({}));
    let wanted = first(&gate, &world.settled(), 12).wants.unwrap();
    assert_eq!(wanted.due, at(40));
    let Query::Value(Source::Prometheus { query, .. }) = wanted.query else {
        panic!("{wanted:?}");
    };
    assert_eq!(query, "reject{strategy=\"tern\",track=\"c0ffee1234\"}");
    let last = value(40, 0.0);
    let evidence = Evidence {
        measurement: Some(&last),
        ..world.settled()
    };
    let judged = first(&gate, &evidence, 41);
    assert_eq!(judged.wants.unwrap().due, at(70));
    assert_eq!(judged.wake_at, Some(at(70)));
    let late = first(&gate, &evidence, 70);
    assert_eq!(late.wants.unwrap().due, at(70));
    assert_eq!(late.wake_at, None, "the answer wakes it");
    assert_eq!(first(&gate, &world.entered(), 1).wants, None);
}

#[test]
fn an_unknown_metric_is_an_error() {
    let world = World::new();
    let gate = gate(json!({"metric": "fills", "min": 1, "minSamples": 1}));
    let judged = first(&gate, &world.settled(), 20);
    assert_eq!(judged.verdict, Error);
    assert!(judged.why.contains("metric `fills` is not known"));
}

fn compared(seconds: i64, finding: Finding, samples: u64) -> Measurement {
    let how = "is 1 higher".to_owned();
    let compared = Compared {
        finding,
        samples,
        how,
    };
    seen(seconds, Outcome::Compared(compared))
}

#[test]
fn a_comparison_passes_only_on_what_is_sure() {
    let gate = gate(json!({"compare": "reject", "within": 2}));
    for (finding, samples, verdict) in [
        (Finding::Within, 20, Pass),
        (Finding::Beyond, 20, Fail),
        (Finding::Undecided, 20, Wait),
        (Finding::Beyond, 19, Wait),
        (Finding::Within, 19, Wait),
    ] {
        assert_eq!(over(&gate, &[compared(20, finding, samples)]), [verdict]);
    }
}

#[test]
fn both_sides_of_a_comparison_are_asked_for_over_the_same_time() {
    let world = World::new();
    let gate = gate(json!({"compare": "reject", "within": 2, "interval": "30s"}));
    let wanted = first(&gate, &world.settled(), 20).wants.unwrap();
    let Query::Compare(comparison) = wanted.query else {
        panic!("{wanted:?}");
    };
    let query = |source: &Source| match source {
        Source::Prometheus { query, .. } => query.clone(),
        other => panic!("{other:?}"),
    };
    assert!(query(&comparison.candidate).contains("track=\"c0ffee1234\""));
    assert!(query(&comparison.baseline).contains("track=\"main\""));
    assert_eq!(comparison.from, at(10));
    assert_eq!(comparison.step.seconds(), 30);
    let late = compared(10 + 31_000, Finding::Within, 20);
    let evidence = Evidence {
        measurement: Some(&late),
        ..world.settled()
    };
    let wanted = first(&gate, &evidence, 40_000).wants.unwrap();
    let Query::Compare(comparison) = wanted.query else {
        panic!("{wanted:?}");
    };
    assert_eq!(comparison.step.seconds(), 60);
}

#[test]
fn a_first_version_has_nothing_to_be_compared_with() {
    let mut world = World::new();
    world.subject.stable = None;
    let gate = gate(json!({"compare": "reject", "within": 2}));
    let judged = first(&gate, &world.settled(), 20);
    assert_eq!(judged.verdict, Pass);
    assert_eq!(judged.wants, None);
}

fn answer(seconds: i64, answer: Answer) -> Measurement {
    seen(seconds, Outcome::Answer(answer))
}

fn hook() -> crate::spec::gate::Gate {
    gate(json!({
        "webhook": {"url": "https://desk.example.com/gate", "retries": 1,
                    "secret": {"secret": "hook", "key": "key"}},
        "interval": "15s",
    }))
}

#[test]
fn a_server_is_asked_until_it_says_yes_or_no() {
    let later = || Answer::NotYet("bakes".to_owned());
    let yes = || Answer::Yes("fine".to_owned());
    let no = || Answer::No("slow".to_owned());
    let verdicts = over(&hook(), &[answer(20, later()), answer(35, yes())]);
    assert_eq!(verdicts, [Wait, Pass]);
    let verdicts = over(&hook(), &[answer(20, no()), answer(35, yes())]);
    assert_eq!(verdicts, [Fail, Fail]);
    let verdicts = over(
        &hook(),
        &[down(20), answer(35, later()), down(50), down(65)],
    );
    assert_eq!(verdicts, [Wait, Wait, Wait, Error]);
}

#[test]
fn an_answer_stands_for_the_stage_and_is_not_asked_for_again() {
    let world = World::new();
    let yes = answer(20, Answer::Yes("fine".to_owned()));
    let evidence = Evidence {
        measurement: Some(&yes),
        ..world.settled()
    };
    let judged = first(&hook(), &evidence, 20);
    assert_eq!(judged.wants, None);
    let after_restart = judge(&hook(), &judged.state, &world.settled(), at(60));
    assert_eq!(after_restart.verdict, Pass);
    assert_eq!(after_restart.wants, None);
    assert_eq!(after_restart.why, "`desk.example.com` says yes: fine");
}

#[test]
fn the_same_question_has_the_same_name() {
    let world = World::new();
    let ask = |state: &GateState| {
        let judged = judge(&hook(), state, &world.settled(), at(20));
        match judged.wants.unwrap().query {
            Query::Webhook(call) => call,
            other => panic!("{other:?}"),
        }
    };
    let call = ask(&GateState::default());
    assert_eq!(call, ask(&GateState::default()));
    let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!(body["strategy"], "tern");
    assert_eq!(body["stage"], "5%");
}
