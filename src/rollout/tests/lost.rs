//! Records that are gone while what they told of still runs.

use super::stages::{beside, guarded, name};
use super::*;
use crate::intent::Ask;

impl Stage {
    fn lose_record(&mut self) {
        let unit = UnitId::Strategy(name().parse().unwrap());
        self.daemon.records.remove(&unit);
        self.daemon.wake();
    }
}

#[test]
fn a_record_that_is_lost_in_a_rollout_leaves_what_runs_as_it_is() {
    let mut stage = Stage::running(&["a", "b"], beside);
    let before = stage.pods();
    stage.lose_record();
    stage.settle();
    assert_eq!(stage.pods(), before);
    assert_eq!((stage.runs(), stage.comes()), ("", ""));
    assert!(stage.waits_for("the record of what runs is gone, and Deployment"));
    assert_eq!(stage.service().phase, Phase::Waiting);
}

#[test]
fn a_record_that_is_lost_is_made_anew_of_what_runs_as_git_says() {
    let mut stage = Stage::running(&["a"], beside);
    let before = stage.pods();
    stage.lose_record();
    stage.settle();
    assert_eq!(stage.pods(), before);
    assert_eq!((stage.runs(), stage.comes()), ("a", ""));
}

#[test]
fn what_runs_as_git_says_is_taken_over_on_the_track_where_it_stands() {
    let mut stage = Stage::running(&["a", "b"], beside);
    stage.ask(Ask::Promote);
    let before = stage.pods();
    stage.lose_record();
    stage.settle();
    assert_eq!(stage.pods(), before);
    assert_eq!((stage.runs(), stage.comes()), ("b", ""));
}

#[test]
fn what_comes_in_place_waits_too_until_git_says_what_runs() {
    let mut stage = Stage::running(&["a"], |_| {});
    let before = stage.pods();
    stage.lose_record();
    stage.push([guarded("b", |_| {})], "b");
    stage.settle();
    assert_eq!(stage.pods(), before);
    assert!(stage.waits_for("the record of what runs is gone, and Deployment"));
    stage.push([guarded("a", |_| {})], "c");
    stage.settle();
    assert_eq!((stage.runs(), stage.comes()), ("c", ""));
    stage.push([guarded("b", |_| {})], "d");
    stage.settle();
    assert_eq!((stage.runs(), stage.comes()), ("c", "d"));
    assert!(stage.waits_for("who promotes the stage"));
}
