//! A scripted quarter, as a risk officer reads it.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::compile::fixture;
use crate::ledger::{Event, Fact, Saying};
use crate::release::{GateStatus, Revision};
use crate::resolve::Class;
use crate::resolve::rollout::OnFailure;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn revision(digit: char) -> Revision {
    let digest: String = std::iter::repeat_n(digit, 64).collect();
    Revision {
        bundle: format!("sha256:{digest}"),
        behaviour: format!("sha256:{digest}"),
        commit: Some(format!("{digit}0ffee0000")),
    }
}

fn saying(who: &str, reason: &str) -> Saying {
    Saying {
        who: who.to_owned(),
        reason: Some(reason.to_owned()),
    }
}

fn gates() -> Vec<GateStatus> {
    let gates = json!([
        {"gate": "{metric: rejectRatio, max: 1%}", "state": {"verdict": "Pass", "last": "`rejectRatio` is 0.2 %"}},
        {"gate": "{pause: {}}", "state": {"verdict": "Pass"}},
    ]);
    serde_json::from_value(gates).unwrap()
}

/// What happened, and when.
fn quarter() -> Vec<(&'static str, Event)> {
    let promotion = |digit, before: Option<char>| Event::Promotion {
        revision: revision(digit),
        before: before.map(revision),
        class: Some(Class::Service),
    };
    vec![
        ("2026-06-30T10:00:00Z", promotion('a', None)),
        (
            "2026-07-02T10:00:00Z",
            Event::Passed {
                revision: revision('b'),
                stage: "canary 5%".to_owned(),
                gates: gates(),
                by: Some(saying("carla", "fills look right")),
            },
        ),
        ("2026-07-02T11:00:00Z", promotion('b', Some('a'))),
        (
            "2026-08-01T09:00:00Z",
            Event::Failure {
                revision: revision('c'),
                why: "stage `canary 5%`: too | many rejects".to_owned(),
                then: OnFailure::Rollback,
            },
        ),
        (
            "2026-08-02T09:00:00Z",
            Event::Lift {
                revision: revision('c'),
                by: saying("dmitri", "=the venue was down"),
            },
        ),
        (
            "2026-09-01T09:00:00Z",
            Event::Rollback {
                revision: revision('a'),
                before: Some(revision('b')),
                by: saying("carla", "drift"),
            },
        ),
        ("2026-10-01T00:00:00Z", promotion('d', Some('b'))),
    ]
}

fn drawn() -> Report {
    let service = fixture::service();
    let name = service.name.to_string();
    let mut algo = fixture::algo();
    let limits = json!({"instruments": ["BTCUSDT"], "maxOrderNotional": "50k USDT"});
    algo.deferred.insert("limits".to_owned(), limits);
    let fleet = fixture::fleet([service, algo]);
    let entries: Vec<Entry> = quarter()
        .into_iter()
        .zip(1..)
        .map(|((when, event), sequence)| Entry {
            version: Entry::VERSION,
            sequence,
            previous: None,
            attached: std::collections::BTreeMap::new(),
            fact: Fact {
                at: at(when),
                fleet: "harbour".to_owned(),
                cluster: "east".to_owned(),
                desk: Some("rates".to_owned()),
                release: Some(name.clone()),
                event,
            },
        })
        .collect();
    let entries: Vec<&Entry> = entries.iter().collect();
    let (chain, _, _) = crate::ledger::verify(&[], &BTreeSet::new(), None);
    let basis = Basis {
        fleet: &fleet,
        entries: &entries,
        chain: &chain,
        findings: 0,
    };
    let span = Span {
        from: at("2026-07-01T00:00:00Z"),
        to: at("2026-10-01T00:00:00Z"),
    };
    report(&basis, span)
}

#[test]
fn a_change_is_one_row_with_its_evidence_and_who_let_it_go_on() {
    let report = drawn();
    let outcomes: Vec<_> = report
        .changes
        .iter()
        .map(|it| (it.entry, &it.outcome))
        .collect();
    let why = "stage `canary 5%`: too | many rejects".to_owned();
    assert_eq!(
        outcomes,
        [
            (3, &Outcome::Promoted),
            (4, &Outcome::Failed(why)),
            (6, &Outcome::WentBack("carla (drift)".to_owned())),
        ],
        "what is outside of the span is not told"
    );
    let first = &report.changes[0];
    assert_eq!(first.people, ["carla (fills look right)"]);
    assert_eq!(
        first.evidence,
        [
            "canary 5%: {metric: rejectRatio, max: 1%} passed (`rejectRatio` is 0.2 %); {pause: {}} passed"
        ]
    );
    assert_eq!(report.said.len(), 1);
}

#[test]
fn the_page_names_rules_and_claims_nothing() {
    let page = markdown(&drawn());
    insta::assert_snapshot!(page);
    assert!(!page.to_lowercase().contains("complian"), "{page}");
}

#[test]
fn a_spreadsheet_runs_nothing_of_what_people_wrote() {
    let text = csv(&drawn(), Table::Said);
    assert_eq!(
        text,
        "when (RTS 6 art. 18),cluster,about,what,behaviour,by (RTS 6 art. 18),reason,entry\r\n\
         2026-08-02T09:00:00Z,east,signals,lift,cccccccccc,dmitri,'=the venue was down,5\r\n"
    );
    let changes = csv(&drawn(), Table::Changes);
    assert_eq!(changes.lines().count(), 4);
    assert!(changes.contains("\"canary 5%: {metric: rejectRatio, max: 1%} passed"));
}

#[test]
fn a_ledger_that_is_not_sound_is_told_first() {
    let report = Report {
        findings: 3,
        ..drawn()
    };
    let page = markdown(&report);
    let third = page.lines().nth(2).unwrap();
    assert!(
        third.contains("3 things are wrong with the ledger"),
        "{third}"
    );
}
