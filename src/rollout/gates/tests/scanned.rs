//! `scan`: what a scanner knows of the very images that run.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::fixture::{World, at, gate, image};
use super::super::{
    Evidence, GateState, Judged, Measurement, Outcome, Query, Report, ScanCall, Scanned, Scanner,
    judge,
};
use super::first;
use crate::digest::Digest;
use crate::rollout::verdict::Verdict::{Error, Fail, Pass, Wait};
use crate::spec::gate::{Gate, Severity};

/// When a report was made that is neither new nor old.
const MADE: i64 = -3600;

fn scan(more: &Value) -> Gate {
    let mut scan = json!({"maxSeverity": "medium", "maxAge": "1d"});
    let fields = more.as_object().unwrap().clone();
    scan.as_object_mut().unwrap().extend(fields);
    gate(json!({"scan": scan}))
}

fn found(digest: &str, made: i64, findings: &[(&str, Severity)]) -> Scanned {
    let findings = findings.iter();
    Scanned {
        digest: Digest::of(digest),
        report: Report::Found {
            made: at(made),
            findings: findings.map(|(id, it)| ((*id).to_owned(), *it)).collect(),
        },
    }
}

fn missing(digest: &str) -> Scanned {
    Scanned {
        digest: Digest::of(digest),
        report: Report::Missing("the one there is about `tern@sha256:00`".to_owned()),
    }
}

/// Judges a gate by a measurement of its twentieth second, in another one.
fn on(world: &World, gate: &Gate, outcome: Outcome, seconds: i64) -> Judged {
    let measurement = Measurement {
        at: at(20),
        outcome,
    };
    let evidence = Evidence {
        measurement: Some(&measurement),
        ..world.settled()
    };
    let judged = first(gate, &evidence, seconds);
    let again = judge(gate, &judged.state, &evidence, at(seconds));
    assert_eq!(judged, again, "judging again says the same");
    judged
}

fn of(gate: &Gate, scanned: &[Scanned]) -> Judged {
    let outcome = Outcome::Scanned(scanned.to_vec());
    on(&World::new(), gate, outcome, 20)
}

#[test]
fn nothing_worse_than_what_is_put_up_with_passes() {
    let judged = of(&scan(&json!({})), &[found("tern", MADE, &[])]);
    assert_eq!(judged.verdict, Pass, "{}", judged.why);
    assert!(
        judged.why.contains("nothing above `medium`"),
        "{}",
        judged.why
    );
    assert_eq!(judged.state.last, Some(judged.why));
}

#[test]
fn what_is_worse_fails_and_the_worst_is_told_first() {
    let findings = [
        ("CVE-2026-1", Severity::High),
        ("CVE-2026-2", Severity::Critical),
        ("CVE-2026-3", Severity::High),
        ("CVE-2026-4", Severity::High),
    ];
    let judged = of(&scan(&json!({})), &[found("tern", MADE, &findings)]);
    assert_eq!(judged.verdict, Fail);
    let told = "has `CVE-2026-2` (critical), `CVE-2026-1` (high), `CVE-2026-3` (high) and 1 more";
    assert!(judged.why.ends_with(told), "{}", judged.why);
}

#[test]
fn a_waiver_counts_until_its_end() {
    let until: Timestamp = at(500);
    let waived = scan(&json!({"waivers": [
        {"id": "CVE-2026-1", "until": until.to_string(), "reason": "no way in"}]}));
    let scanned = Outcome::Scanned(vec![found("tern", MADE, &[("CVE-2026-1", Severity::High)])]);
    let world = World::new();
    let during = on(&world, &waived, scanned.clone(), 499);
    assert_eq!(during.verdict, Pass, "{}", during.why);
    assert_eq!(on(&world, &waived, scanned, 500).verdict, Fail);
    let other = [found("tern", MADE, &[("CVE-2026-2", Severity::High)])];
    assert_eq!(of(&waived, &other).verdict, Fail);
}

#[test]
fn a_report_that_is_too_old_or_yet_to_come_is_none() {
    let day = 86_400;
    for (made, verdict, why) in [
        (20 - day + 1, Pass, "nothing above"),
        (20 - day, Wait, "more than 1d ago"),
        (20 + 299, Pass, "nothing above"),
        (20 + 301, Wait, "yet to come"),
    ] {
        let judged = of(&scan(&json!({})), &[found("tern", made, &[])]);
        assert_eq!(judged.verdict, verdict, "{}", judged.why);
        assert!(judged.why.contains(why), "{}", judged.why);
    }
}

#[test]
fn a_report_on_another_digest_is_waited_out() {
    let judged = of(&scan(&json!({})), &[missing("tern")]);
    assert_eq!(judged.verdict, Wait);
    let short = Digest::of("tern").short();
    let told =
        format!("no report on image `sha256:{short}`: the one there is about `tern@sha256:00`");
    assert_eq!(judged.why, told);
    assert_eq!(judged.state.last, Some(told));
    // What was asked about an earlier version says nothing about this one.
    let judged = of(&scan(&json!({})), &[found("another", MADE, &[])]);
    assert_eq!(judged.verdict, Wait);
}

#[test]
fn nobody_waits_for_a_report_for_ever() {
    let gate = scan(&json!({}));
    let outcome = Outcome::Scanned(vec![missing("tern")]);
    let world = World::new();
    assert_eq!(on(&world, &gate, outcome.clone(), 3609).verdict, Wait);
    let late = on(&world, &gate, outcome, 3610);
    assert_eq!(late.verdict, Fail);
    assert!(late.why.starts_with("took longer than 1h"), "{}", late.why);
}

#[test]
fn every_image_has_to_be_looked_into() {
    let mut world = World::new();
    world
        .images
        .push(image("registry.example.com/rates/proxy", "proxy"));
    let gate = scan(&json!({}));
    let clean = |digest| found(digest, MADE, &[]);
    for (scanned, verdict) in [
        (vec![clean("tern"), clean("proxy")], Pass),
        (vec![clean("tern"), missing("proxy")], Wait),
        (vec![clean("tern")], Wait),
        (
            vec![
                missing("tern"),
                found("proxy", MADE, &[("CVE-1", Severity::High)]),
            ],
            Fail,
        ),
    ] {
        let judged = on(&world, &gate, Outcome::Scanned(scanned), 20);
        assert_eq!(judged.verdict, verdict, "{}", judged.why);
    }
}

#[test]
fn what_is_not_pinned_is_never_let_through() {
    let mut world = World::new();
    world.images = vec!["registry.example.com/rates/tern:1.4".parse().unwrap()];
    let judged = on(&world, &scan(&json!({})), Outcome::Scanned(Vec::new()), 20);
    assert_eq!((judged.verdict, judged.wants), (Wait, None));
    assert!(judged.why.contains("is not pinned"), "{}", judged.why);
    world.images = Vec::new();
    let judged = on(&world, &scan(&json!({})), Outcome::Scanned(Vec::new()), 20);
    assert_eq!(judged.verdict, Wait);
}

#[test]
fn a_scanner_that_does_not_answer_is_put_up_with_a_few_times() {
    let world = World::new();
    let gate = gate(json!({"scan": {"maxSeverity": "none"}, "consecutiveErrorLimit": 1}));
    let mut state = GateState::default();
    let clean = Outcome::Scanned(vec![found("tern", MADE, &[])]);
    let down = Outcome::Error("refused".to_owned());
    let rounds = [
        (down.clone(), Wait),
        (clean, Pass),
        (down.clone(), Wait),
        (down.clone(), Error),
        (down, Error),
    ];
    for (round, (outcome, verdict)) in (1..).zip(rounds) {
        let measurement = Measurement {
            at: at(20 * round),
            outcome,
        };
        let evidence = Evidence {
            measurement: Some(&measurement),
            ..world.settled()
        };
        let judged = judge(&gate, &state, &evidence, measurement.at);
        assert_eq!(judged.verdict, verdict, "round {round}: {}", judged.why);
        state = judged.state;
    }
}

#[test]
fn it_is_asked_once_the_stage_is_in_place_and_again_after_an_interval() {
    let world = World::new();
    let gate = scan(&json!({}));
    let wants = first(&gate, &world.settled(), 20).wants.unwrap();
    assert_eq!(wants.due, at(10));
    let call = ScanCall {
        digests: [Digest::of("tern")].into(),
        above: Severity::Medium,
        scanner: Scanner::Objects {
            namespace: "rates".to_owned(),
        },
    };
    assert_eq!(wants.query, Query::Scan(call));
    let again = of(&gate, &[found("tern", MADE, &[])]);
    assert_eq!(again.wants.map(|it| it.due), Some(at(320)));
    assert_eq!(again.wake_at, Some(at(320)));
}

#[test]
fn a_report_that_is_made_anew_leaves_nothing_to_write() {
    let world = World::new();
    let gate = scan(&json!({}));
    let mut state = GateState::default();
    let mut changes = 0;
    for round in 1..50 {
        let measurement = Measurement {
            at: at(10 + round * 300),
            outcome: Outcome::Scanned(vec![found("tern", round * 300, &[])]),
        };
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
