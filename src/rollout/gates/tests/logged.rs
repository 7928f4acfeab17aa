//! `logs`: what is new in the candidate's log.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::fixture::{World, at, gate};
use super::super::{
    Evidence, Log, LogBefore, LogCall, Logged, Measurement, Outcome, Query, Source,
};
use super::{first, over};
use crate::rollout::verdict::Verdict::{Error, Fail, Pass, Wait};
use crate::spec::gate::Gate;

fn logs(more: &Value) -> Gate {
    let mut spec = json!({"logs": "errors", "interval": "30s", "minSamples": 10});
    let fields = more.as_object().unwrap().clone();
    spec.as_object_mut().unwrap().extend(fields);
    gate(spec)
}

fn world(metric: &Value) -> World {
    let metric = serde_json::from_value(metric.clone()).unwrap();
    World {
        metrics: BTreeMap::from([("errors".parse().unwrap(), metric)]),
        ..World::new()
    }
}

fn loki(selector: &str) -> Value {
    json!({"loki": {
        "address": "http://loki.monitoring:3100",
        "query": format!("sum by (class) (count_over_time({{{selector}}} |= `error` [{{{{interval}}}}]))"),
        "samples": format!("sum(count_over_time({{{selector}}}[{{{{interval}}}}]))"),
    }})
}

fn log(lines: f64, classes: &[(&str, f64)]) -> Log {
    let classes = classes.iter();
    Log {
        classes: classes
            .map(|(class, count)| ((*class).to_owned(), *count))
            .collect(),
        lines,
    }
}

/// What the gate says when it sees these logs.
#[track_caller]
fn check(
    gate: &Gate,
    candidate: Log,
    before: Option<Log>,
    verdict: crate::rollout::verdict::Verdict,
    why: &str,
) {
    let world = world(&loki("track=\"{{track}}\""));
    let measurement = Measurement {
        at: at(40),
        outcome: Outcome::Logged(Logged { candidate, before }),
    };
    let evidence = Evidence {
        measurement: Some(&measurement),
        ..world.settled()
    };
    let judged = first(gate, &evidence, 40);
    assert_eq!(judged.verdict, verdict, "{}", judged.why);
    assert!(judged.why.contains(why), "{}", judged.why);
}

#[test]
fn what_was_there_before_is_nothing_new() {
    let before = || Some(log(5000.0, &[("timeout", 40.0)]));
    let gate = logs(&json!({}));
    check(&gate, log(800.0, &[]), before(), Pass, "nothing new");
    check(
        &gate,
        log(800.0, &[("timeout", 90.0)]),
        before(),
        Pass,
        "nothing new",
    );
    let new = log(
        800.0,
        &[
            ("timeout", 90.0),
            ("reject", 2.0),
            ("Power Peg disabled", 97.0),
        ],
    );
    let why = "what there was not before: `Power Peg disabled` (97 times), `reject` (2 times)";
    check(&gate, new, before(), Fail, why);
}

#[test]
fn a_few_lines_of_a_new_class_can_be_put_up_with() {
    let before = || Some(log(5000.0, &[]));
    let gate = logs(&json!({"max": 3}));
    check(
        &gate,
        log(800.0, &[("reject", 3.0)]),
        before(),
        Pass,
        "nothing new",
    );
    check(
        &gate,
        log(800.0, &[("reject", 4.0)]),
        before(),
        Fail,
        "`reject` (4 times)",
    );
}

#[test]
fn of_a_first_version_every_class_is_new() {
    let gate = logs(&json!({}));
    check(&gate, log(800.0, &[]), None, Pass, "nothing new");
    check(
        &gate,
        log(800.0, &[("reject", 1.0)]),
        None,
        Fail,
        "`reject`",
    );
}

#[test]
fn silence_is_no_good_sign() {
    let gate = logs(&json!({}));
    let before = || Some(log(5000.0, &[]));
    check(
        &gate,
        log(0.0, &[]),
        before(),
        Wait,
        "no line of the new version",
    );
    check(&gate, log(9.0, &[]), before(), Wait, "9 of 10 lines");
    // What is new shows at once; unless nobody knows what was there before.
    check(
        &gate,
        log(9.0, &[("reject", 1.0)]),
        before(),
        Fail,
        "`reject`",
    );
    let unknown = Some(log(0.0, &[]));
    check(
        &gate,
        log(9.0, &[("reject", 1.0)]),
        unknown.clone(),
        Wait,
        "what ran before has no line",
    );
    let lenient = logs(&json!({"onNoData": "pass"}));
    check(&lenient, log(0.0, &[]), unknown.clone(), Pass, "no line");
    let strict = logs(&json!({"onNoData": "fail"}));
    check(&strict, log(0.0, &[]), unknown, Fail, "no line");
}

#[test]
fn a_server_that_does_not_answer_is_an_error_in_the_end() {
    let down = |seconds| Measurement {
        at: at(seconds),
        outcome: Outcome::Error("refused".to_owned()),
    };
    let gate = gate(json!({"logs": "reject", "consecutiveErrorLimit": 1}));
    assert_eq!(over(&gate, &[down(80), down(140)]), [Wait, Error]);
}

/// What is asked half a minute after the stage was in place, 110 s after the rollout began.
fn asked(metric: &Value, change: impl FnOnce(&mut World)) -> Option<LogCall> {
    let mut world = world(metric);
    change(&mut world);
    let wants = first(&logs(&json!({})), &world.settled(), 20).wants?;
    assert_eq!(wants.due, at(40));
    let Query::Logs(call) = wants.query else {
        panic!("it asks for logs");
    };
    Some(*call)
}

fn query(source: &Source) -> &str {
    let Source::Loki { query, .. } = source else {
        panic!("it asks Loki");
    };
    query
}

#[test]
fn each_version_s_own_log_is_asked_for_since_the_rollout_began_and_before() {
    let call = asked(&loki("track=\"{{track}}\""), |_| {}).unwrap();
    let candidate = "sum by (class) (count_over_time({track=\"c0ffee1234\"} |= `error` [170s]))";
    assert_eq!(query(&call.candidate), candidate);
    let LogBefore { source, until } = call.before.unwrap();
    let before = "sum by (class) (count_over_time({track=\"main\"} |= `error` [86570s]))";
    assert_eq!((query(&source), until), (before, None));
    let first = asked(&loki("track=\"{{track}}\""), |it| it.subject.stable = None);
    assert_eq!(first.unwrap().before, None);
}

#[test]
fn one_log_is_that_of_what_ran_before_until_the_rollout_began() {
    let in_place = |world: &mut World| world.subject.track = "main".to_owned();
    let call = asked(&loki("track=\"{{track}}\""), in_place).unwrap();
    let LogBefore { source, until } = call.before.unwrap();
    let before = "sum by (class) (count_over_time({track=\"main\"} |= `error` [1d]))";
    assert_eq!((query(&source), until), (before, Some(at(-100))));
    // A document says what is, and not what was.
    let document = |by: &str| {
        json!({"http": {"url": format!("http://logs.example.com/{{{{{by}}}}}"),
               "path": "$.errors", "samples": "$.lines"}})
    };
    assert_eq!(asked(&document("track"), in_place), None);
    assert!(asked(&document("behaviour"), in_place).is_some());
}
