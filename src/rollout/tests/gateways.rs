//! A gateway changes while nobody needs it.

use super::{Stage, algo};
use crate::compile::fixture;
use crate::release::Phase;
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
