//! A gateway changes while nobody needs it, and is judged once it has.

use serde_json::json;

use super::{Stage, algo};
use crate::compile::fixture;
use crate::intent::Ask;
use crate::release::Phase;
use crate::resolve::rollout::{Bootstrap, OnFailure};
use crate::resolve::{Class, Strategy};
use crate::rollout::world::Trouble;

fn gateway(text: &str) -> Strategy {
    let mut strategy = algo(text);
    strategy.name = "broker".parse().unwrap();
    strategy.class = Class::Gateway;
    strategy.account = None;
    strategy
}

/// The quoter, which needs the gateway, and comes up after it.
fn quoter(text: &str) -> Strategy {
    Strategy {
        requires: vec!["broker".parse().unwrap()],
        after: vec!["broker".parse().unwrap()],
        ..algo(text)
    }
}

fn running() -> Stage {
    let mut stage = Stage::new(7, Trouble::default());
    stage.push([gateway("port: 1\n"), quoter("spread: 5\n")], "c1");
    stage.settle();
    for unit in ["broker", "quoter"] {
        assert_eq!(stage.record(unit).phase, Phase::Ready, "{unit}");
    }
    stage
}

fn uid(stage: &Stage, pod: &str) -> Option<String> {
    stage.find("Pod", pod)?.uid().map(str::to_owned)
}

#[test]
fn a_gateway_waits_for_those_that_need_it() {
    let mut stage = running();
    let pods = ["broker-0", "quoter-0"];
    let before = pods.map(|pod| uid(&stage, pod));
    stage.push([gateway("port: 2\n"), quoter("spread: 5\n")], "c2");
    stage.settle();
    assert_eq!(pods.map(|pod| uid(&stage, pod)), before);
    let wait = &stage.record("broker").waiting_on[0];
    assert!(wait.what.contains("whose strategy requires this gateway"));
    assert_eq!(wait.unit.as_deref(), Some("quoter"));
    stage.push([gateway("port: 2\n")], "c3");
    stage.settle();
    assert_ne!(uid(&stage, "broker-0"), before[0]);
    assert_eq!(stage.record("broker").phase, Phase::Ready);
}

#[test]
fn both_may_change_in_one_commit_and_the_gateway_changes_in_between() {
    for after in [true, false] {
        let quoter = |text| {
            let mut quoter = quoter(text);
            if !after {
                quoter.after.clear();
            }
            quoter
        };
        let mut stage = running();
        stage.push([gateway("port: 1\n"), quoter("spread: 5\n")], "c1");
        stage.settle();
        stage.world.log.clear();
        stage.push([gateway("port: 2\n"), quoter("spread: 6\n")], "c2");
        stage.settle();
        for unit in ["broker", "quoter"] {
            assert_eq!(stage.record(unit).phase, Phase::Ready, "{unit}");
            assert_eq!(stage.record(unit).commit.as_deref(), Some("c2"), "{unit}");
        }
        let log = &stage.world.log;
        let gone = |pod: &str| {
            let line = format!("Pod desk-rates/{pod} is gone");
            log.iter().position(|it| *it == line)
        };
        assert!(gone("quoter-0").is_some(), "{log:#?}");
        assert!(gone("quoter-0") < gone("broker-0"), "{log:#?}");
    }
}

#[test]
fn who_needs_a_gateway_that_does_not_come_up_is_told_so() {
    let mut stage = Stage::new(7, Trouble::default());
    let image = fixture::algo().image.to_string();
    stage.world.broken_images.insert(image);
    let mut free = quoter("spread: 5\n");
    free.after.clear();
    stage.push([gateway("port: 1\n"), free], "c1");
    stage.settle();
    assert_eq!(uid(&stage, "quoter-0"), None);
    let waits = &stage.record("quoter").waiting_on;
    let told = |it: &crate::release::WaitingOn| it.what.contains("gateway `broker`");
    assert!(waits.iter().any(told), "{waits:#?}");
}

/// A gateway whose changes are judged by a person, once they are in place.
fn watched(text: &str, on_failure: OnFailure) -> Strategy {
    let mut strategy = gateway(text);
    let gate = serde_json::from_value(json!({"pause": {}})).unwrap();
    let rollout = &mut strategy.rollout;
    rollout.bootstrap = Bootstrap::Direct;
    rollout.on_failure = on_failure;
    rollout.stages.last_mut().unwrap().gates = vec![gate];
    strategy
}

fn changed(on_failure: OnFailure) -> Stage {
    let mut stage = Stage::new(7, Trouble::default());
    for (text, commit) in [("port: 1\n", "c1"), ("port: 2\n", "c2")] {
        stage.push([watched(text, on_failure)], commit);
        stage.settle();
    }
    let record = stage.record("broker");
    assert_eq!(record.phase, Phase::Waiting);
    assert_eq!(record.rollout.as_ref().unwrap().name, "full");
    stage
}

fn runs(stage: &Stage) -> Option<&str> {
    let stable = stage.record("broker").stable.as_ref()?;
    stable.commit.as_deref()
}

fn ask(stage: &mut Stage, action: Ask) {
    let target = stage.record("broker").target().unwrap();
    let behaviour = target.behaviour.clone();
    stage.ask_unit("broker", action, behaviour);
}

#[test]
fn a_change_of_a_singleton_is_judged_once_it_is_in_place() {
    let mut stage = changed(OnFailure::Halt);
    assert_eq!(runs(&stage), Some("c1"));
    ask(&mut stage, Ask::Promote);
    assert_eq!(runs(&stage), Some("c2"));
    assert_eq!(stage.record("broker").phase, Phase::Ready);
}

#[test]
fn a_singleton_that_fails_stays_or_goes_back_as_its_spec_says() {
    for (then, stays) in [(OnFailure::Halt, true), (OnFailure::Rollback, false)] {
        let mut stage = changed(then);
        let before = uid(&stage, "broker-0");
        ask(&mut stage, Ask::Abort);
        let is_same = uid(&stage, "broker-0") == before;
        assert_eq!(is_same, stays, "{then:?}");
        assert_eq!(runs(&stage), Some("c1"), "{then:?}");
        assert_eq!(stage.record("broker").phase, Phase::Waiting, "{then:?}");
    }
}
