//! What a unit tells the ledger, what a broken one keeps from it, and a cluster made anew from one.

use std::collections::BTreeSet;

use super::stages::{guarded, name};
use super::*;
use crate::digest::Digest;
use crate::intent::Ask;
use crate::ledger::{Event, Fact, Promoted};
use crate::resolve::Class;
use crate::rollout::{Ledgered, Place};

pub(super) fn ledger() -> Ledgered {
    Ledgered {
        place: Place {
            fleet: "harbour".to_owned(),
            cluster: "east".to_owned(),
            desk: "rates".to_owned(),
            release: name(),
        },
        told: BTreeSet::new(),
        closed: None,
        promoted: None,
    }
}

impl Stage {
    /// A service that runs, in a fleet that keeps a ledger.
    fn ledgered(seed: u64) -> Self {
        let mut stage = Self::new(seed, Trouble::default());
        stage.daemon.ledger = Some(ledger());
        stage.push([guarded("a", |_| {})], "a");
        stage.settle();
        stage
    }

    fn change(&mut self, text: &str) {
        self.push([guarded(text, |_| {})], text);
        self.settle();
    }

    fn close(&mut self, why: Option<&str>) {
        let ledger = self.daemon.ledger.as_mut().unwrap();
        ledger.closed = why.map(str::to_owned);
        self.daemon.wake();
        self.settle();
    }

    /// What the record of a unit has to tell.
    pub(super) fn untold(&self, unit: &str) -> Vec<String> {
        let untold = self.record(unit).untold.iter();
        let facts = untold.map(|text| serde_json::from_str::<Fact>(text).unwrap());
        facts.map(|fact| fact.event.kind().to_string()).collect()
    }

    fn commits(&self) -> (&str, &str) {
        (self.runs(), self.comes())
    }

    /// The same fleet where nothing is left of it but what a ledger tells of one unit.
    fn lost(unit: &str, class: Class, before: &Self, text: &str, now: Vec<Strategy>) -> Self {
        let record = before.record(unit);
        let promoted = Promoted {
            revision: record.stable.clone().unwrap(),
            class: Some(class),
            desk: Some("rates".to_owned()),
            at: before.world.now,
            sequence: 7,
            commit: "c0ffee".to_owned(),
        };
        let mut stage = Self::new(5, Trouble::default());
        stage.daemon.ledger = Some(Ledgered {
            promoted: Some(promoted),
            ..ledger()
        });
        // Its bundle is where it was put when it was promoted.
        let earlier = before.daemon.fleet.strategies.values().cloned();
        stage.push(earlier.collect::<Vec<_>>(), "earlier");
        stage.push(now, text);
        stage
    }
}

#[test]
fn what_happens_is_told_with_the_change_that_it_is() {
    let mut stage = Stage::ledgered(1);
    assert_eq!(stage.untold(&name()), ["promotion"]);
    stage.change("b");
    assert_eq!(stage.untold(&name()), ["promotion"]);
    stage.ask(Ask::Promote);
    assert_eq!(stage.untold(&name()), ["promotion", "passed", "promotion"]);
    let text = &stage.record(&name()).untold[1];
    let Event::Passed { gates, by, .. } = serde_json::from_str::<Fact>(text).unwrap().event else {
        panic!("{text}");
    };
    assert_eq!((gates.len(), by.unwrap().who.as_str()), (1, "ann"));
    assert_eq!(stage.untold("desk rates"), ["promotion"]);
}

#[test]
fn without_a_ledger_nothing_is_told() {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([guarded("a", |_| {})], "a");
    stage.settle();
    assert_eq!(stage.untold(&name()), [""; 0]);
}

#[test]
fn what_the_ledger_has_leaves_the_record() {
    let mut stage = Stage::ledgered(1);
    stage.change("b");
    stage.ask(Ask::Promote);
    let first = Digest::of(&stage.record(&name()).untold[0]);
    stage.daemon.ledger.as_mut().unwrap().told = BTreeSet::from([first]);
    stage.daemon.wake();
    stage.settle();
    assert_eq!(stage.untold(&name()), ["passed", "promotion"]);
}

#[test]
fn a_failure_and_who_gave_up_are_told() {
    let mut stage = Stage::ledgered(1);
    stage.change("b");
    stage.ask(Ask::Abort);
    assert_eq!(stage.untold(&name()), ["promotion", "abort"]);
}

#[test]
fn no_death_of_the_daemon_loses_or_doubles_what_is_to_be_told() {
    let mut stage = Stage::ledgered(1);
    stage.push([guarded("b", |_| {})], "b");
    let first = stage.daemon.writes;
    let story = |mut stage: Stage| {
        stage.settle();
        stage.ask(Ask::Promote);
        stage
    };
    let undisturbed = story(stage.clone());
    let expect = ["promotion", "passed", "promotion"];
    assert_eq!(undisturbed.untold(&name()), expect);
    for death in first..=undisturbed.daemon.writes {
        let mut killed = stage.clone();
        killed.daemon.trouble.killed_at = Some(death);
        assert_eq!(story(killed).untold(&name()), expect, "killed at {death}");
    }
}

#[test]
fn a_ledger_that_is_not_as_it_was_left_lets_nothing_begin_and_stops_nothing() {
    let mut stage = Stage::ledgered(1);
    let pods = stage.pods();
    stage.close(Some("entry 3: it is not signed"));
    stage.change("b");
    assert_eq!(stage.commits(), ("a", ""));
    assert!(stage.waits_for("the ledger: entry 3: it is not signed"));
    assert_eq!(stage.pods(), pods);
    stage.close(None);
    assert_eq!(stage.commits(), ("a", "b"));
}

#[test]
fn nothing_is_promoted_while_it_is_so_but_a_person_can_go_back() {
    let mut stage = Stage::ledgered(1);
    stage.change("b");
    stage.ask(Ask::Promote);
    stage.change("c");
    stage.close(Some("it was cut off"));
    stage.ask(Ask::Promote);
    assert_eq!(stage.commits(), ("b", "c"));
    assert!(stage.waits_for("the ledger: it was cut off"));
    let earlier = stage.record(&name()).history[0].revision.behaviour.clone();
    stage.ask_of(Ask::Rollback, earlier);
    if stage.runs() != "a" {
        stage.ask(Ask::Promote);
    }
    assert_eq!(stage.runs(), "a");
}

#[test]
fn more_than_a_hundred_untold_entries_let_nothing_new_begin() {
    let mut stage = Stage::ledgered(1);
    let unit = UnitId::Strategy(name().parse().unwrap());
    let record = stage.daemon.records.get_mut(&unit).unwrap();
    let one = record.untold[0].clone();
    record.untold = vec![one; 100];
    stage.change("b");
    assert_eq!(stage.commits(), ("a", ""));
    assert!(stage.waits_for("the ledger, which 100 entries"));
}

#[test]
fn a_lost_service_comes_back_as_it_was_and_what_git_says_comes_behind_its_gates() {
    let before = Stage::ledgered(1);
    let now = vec![guarded("b", |_| {})];
    let mut stage = Stage::lost(&name(), Class::Service, &before, "b", now);
    stage.settle();
    let record = stage.record(&name());
    assert_eq!(record.stable, before.record(&name()).stable);
    assert_eq!(record.resumed, None);
    assert_eq!(stage.comes(), "b");
    assert!(stage.waits_for("who promotes the stage"));
    assert_eq!(stage.untold(&name()), ["resumed"]);
    stage.ask(Ask::Promote);
    assert_eq!(stage.runs(), "b");
}

#[test]
fn a_lost_service_whose_record_alone_is_gone_goes_on_as_it_runs() {
    let mut stage = Stage::ledgered(1);
    let record = stage.record(&name()).clone();
    let pods = stage.pods();
    let unit = UnitId::Strategy(name().parse().unwrap());
    stage.daemon.records.remove(&unit);
    stage.daemon.ledger.as_mut().unwrap().promoted = Some(Promoted {
        revision: record.stable.clone().unwrap(),
        class: Some(Class::Service),
        desk: Some("rates".to_owned()),
        at: stage.world.now,
        sequence: 1,
        commit: "c0ffee".to_owned(),
    });
    stage.daemon.wake();
    stage.settle();
    assert_eq!(stage.record(&name()).stable, record.stable);
    assert_eq!(stage.pods(), pods);
    stage.change("b");
    assert_eq!(stage.commits(), ("a", "b"));
}

#[test]
fn a_lost_algo_stays_at_0_until_a_person_attests_that_the_old_one_is_dead() {
    let mut before = Stage::new(1, Trouble::default());
    before.push([algo("spread: 5\n")], "a");
    before.settle();
    let quoter = fixture::algo().name.to_string();
    let now = vec![algo("spread: 6\n")];
    let mut stage = Stage::lost(&quoter, Class::Algo, &before, "b", now);
    stage.settle();
    let record = stage.record(&quoter);
    assert_eq!(record.stable, before.record(&quoter).stable);
    let waits = &record.waiting_on;
    assert!(waits.iter().any(|wait| wait.what.contains("who attests")));
    let workload = stage.find("StatefulSet", &quoter).unwrap();
    assert_eq!(workload.number("/spec/replicas"), Some(0));

    let behaviour = record.stable.as_ref().unwrap().behaviour.clone();
    stage.ask_unit(&quoter, Ask::Attest, behaviour);
    let record = stage.record(&quoter);
    assert_eq!(record.phase, Phase::Ready, "{record:#?}");
    let stable = record.stable.as_ref().unwrap();
    assert_eq!(stable.commit.as_deref(), Some("b"));
    assert_eq!(
        stage.untold(&quoter),
        ["resumed", "attest", "promotion"],
        "what ran comes first, then what Git says"
    );
}
