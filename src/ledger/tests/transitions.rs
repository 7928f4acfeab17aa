//! What is told of a change of a record.

use jiff::Timestamp;
use serde_json::json;

use super::super::event::Saying;
use super::*;
use crate::intent::{Ask, Asked, IntentSpec};
use crate::release::{Phase, Quarantine, ReleaseStatus, RolloutStatus, Stop};
use crate::resolve::Class;
use crate::resolve::rollout::OnFailure;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn asked(action: Ask, digit: char) -> Asked {
    Asked {
        uid: format!("{action}-{digit}"),
        at: NOW,
        spec: IntentSpec {
            release: "gull".to_owned(),
            action,
            behaviour: revision(digit).behaviour,
            stage: None,
            reason: Some("because".to_owned()),
            by: "ann".to_owned(),
        },
    }
}

fn ann() -> Saying {
    Saying {
        who: "ann".to_owned(),
        reason: Some("because".to_owned()),
    }
}

/// A rollout of `b` over `a`, at a stage, with one gate.
fn under_way(stage: u32) -> ReleaseStatus {
    let name = if stage == 0 { "5%" } else { "50%" };
    let rollout = json!({
        "plan": "p", "stages": ["5%", "50%"], "stage": stage, "name": name,
        "started": NOW, "since": NOW, "replicas": 2,
        "gates": [{"gate": "{health: {}}", "state": {"verdict": "Pass"}}],
    });
    ReleaseStatus {
        stable: Some(revision('a')),
        candidate: Some(revision('b')),
        rollout: Some(serde_json::from_value::<RolloutStatus>(rollout).unwrap()),
        ..ReleaseStatus::default()
    }
}

fn stable(digit: char) -> ReleaseStatus {
    ReleaseStatus {
        stable: Some(revision(digit)),
        ..ReleaseStatus::default()
    }
}

fn failed(digit: char) -> Quarantine {
    Quarantine {
        revision: revision(digit),
        why: "too many rejects".to_owned(),
        at: NOW,
    }
}

fn told(before: &ReleaseStatus, after: &ReleaseStatus, intents: &[Asked]) -> Vec<Event> {
    events(before, after, intents, Some(Class::Service))
}

fn passed(stage: &str, by: Option<Saying>) -> Event {
    Event::Passed {
        revision: revision('b'),
        stage: stage.to_owned(),
        gates: under_way(0).rollout.unwrap().gates,
        by,
    }
}

#[test]
fn nothing_is_told_of_what_did_not_change() {
    let mut later = under_way(0);
    later.phase = Phase::Waiting;
    assert_eq!(told(&under_way(0), &later, &[]), []);
    assert_eq!(told(&stable('a'), &under_way(0), &[]), []);
}

#[test]
fn a_stage_that_is_left_is_told_with_its_evidence_and_who_let_it_go_on() {
    let mut after = under_way(1);
    after.rollout.as_mut().unwrap().gates.clear();
    assert_eq!(told(&under_way(0), &after, &[]), [passed("5%", None)]);
    let promote = asked(Ask::Promote, 'b');
    assert_eq!(
        told(&under_way(0), &after, std::slice::from_ref(&promote)),
        [passed("5%", Some(ann()))]
    );
    let mut before = under_way(0);
    before.heeded.push(promote.uid.clone());
    assert_eq!(told(&before, &after, &[promote]), [passed("5%", None)]);
}

#[test]
fn a_promotion_is_told_with_the_evidence_of_the_last_stage() {
    let promotion = Event::Promotion {
        revision: revision('b'),
        before: Some(revision('a')),
        class: Some(Class::Service),
    };
    let told = told(&under_way(1), &stable('b'), &[]);
    assert_eq!(told, [passed("50%", None), promotion]);
}

#[test]
fn another_rollout_that_begins_is_no_evidence_for_the_one_before() {
    let mut after = under_way(1);
    after.candidate = Some(revision('c'));
    after.rollout.as_mut().unwrap().plan = "q".to_owned();
    assert_eq!(told(&under_way(0), &after, &[]), []);
}

#[test]
fn a_failure_is_told_once_whether_it_stops_or_goes_back() {
    let mut stopped = under_way(0);
    stopped.rollout.as_mut().unwrap().stopped = Some(Stop {
        then: OnFailure::Halt,
        why: "too many rejects".to_owned(),
        at: NOW,
    });
    let failure = |then| Event::Failure {
        revision: revision('b'),
        why: "too many rejects".to_owned(),
        then,
    };
    let before = under_way(0);
    assert_eq!(told(&before, &stopped, &[]), [failure(OnFailure::Halt)]);
    assert_eq!(told(&stopped, &stopped, &[]), []);
    let mut back = stable('a');
    back.quarantine.push(failed('b'));
    assert_eq!(told(&before, &back, &[]), [failure(OnFailure::Rollback)]);
    let abort = Event::Abort {
        revision: revision('b'),
        by: ann(),
    };
    let asked = asked(Ask::Abort, 'b');
    assert_eq!(told(&before, &back, &[asked]), [abort]);
}

#[test]
fn who_went_back_lifted_or_started_anew_is_told() {
    let mut back = stable('a');
    back.quarantine.push(failed('a'));
    back.pinned = Some(revision('9'));
    let rollback = Event::Rollback {
        revision: revision('9'),
        before: Some(revision('a')),
        by: ann(),
    };
    let asks = [asked(Ask::Rollback, '9')];
    assert_eq!(told(&stable('a'), &back, &asks), [rollback]);

    let mut before = stable('a');
    before.quarantine.push(failed('b'));
    let lift = Event::Lift {
        revision: revision('b'),
        by: ann(),
    };
    let asks = [asked(Ask::Lift, 'b')];
    assert_eq!(told(&before, &stable('a'), &asks), [lift]);
    assert_eq!(told(&before, &stable('a'), &[]), [], "Git moved on");

    let asks = [asked(Ask::Restart, 'a')];
    let mut after = stable('a');
    after.restarting = vec!["pod".to_owned()];
    after.heeded = vec![asks[0].uid.clone()];
    let restart = Event::Restart {
        revision: Some(revision('a')),
        by: ann(),
    };
    assert_eq!(told(&stable('a'), &after, &asks), [restart]);
}

#[test]
fn what_leaves_git_is_told_once() {
    let mut after = stable('a');
    after.phase = Phase::Retiring;
    let retired = Event::Retired {
        revision: Some(revision('a')),
    };
    assert_eq!(told(&stable('a'), &after, &[]), [retired]);
    assert_eq!(told(&after, &after, &[]), []);
}
