//! What people were able to do once, and what would stop them here. Each is named after its fact.

use super::*;

use crate::spec::window::WindowExpr;

/// Knight Capital, 2012: no second technician looked at the deployment, and no procedure asked for one.
#[test]
fn knight_2012_one_technician_alone_deploys_nothing() {
    let mut desk = waiting(2);
    desk.said().authors = wrote(&["aiko@x.example"]);
    for alone in ["aiko", "aiko-admin", "carla", "carla-laptop"] {
        desk.approve(alone);
        desk.is_held("approval by 2 people of role `risk`");
    }
    desk.approve("dora");
    assert_eq!(desk.runs(), "b");
}

/// Knight Capital, 2012: a function was moved, and what had been tested was the one before.
#[test]
fn knight_2012_what_was_shown_for_an_earlier_digest_counts_for_no_other() {
    let mut desk = waiting(1);
    let tested = desk.approval("carla");
    desk.push(guarded("spread: 7 # moved since\n", 1), "c");
    desk.give(tested);
    desk.is_held("which this is not");
}

/// Infinium, 2010: a protocol of weeks was there, and an algo made the night before skipped it.
#[test]
fn infinium_2010_what_was_made_last_night_does_not_skip_the_protocol() {
    let mut desk = Desk::running(guarded("spread: 5\n", 2));
    // Not by leaving it out, nor by asking fewer, nor by lowering the floor in the same commit.
    desk.push(algo("spread: 1\n"), "b");
    desk.is_held("approval by 2 people of role `risk`");
    desk.push(guarded("spread: 1\n", 1), "c");
    desk.is_held("it would begin without 2 people of role `risk`");
    desk.approve("carla");
    desk.is_held("after carla");
}

/// Goldman Sachs, 2013: somebody lifted what held the orders back, and believed to be allowed to.
#[test]
fn goldman_2013_what_holds_a_change_back_is_lifted_only_by_those_who_may() {
    let windowed = |text: &str, window: Option<&str>| {
        let mut strategy = guarded(text, 1);
        let window = window.map(|it| it.parse::<WindowExpr>().unwrap());
        strategy.rollout.window = window;
        strategy
    };
    let mut desk = Desk::running(windowed("spread: 5\n", Some("open(24x7)")));
    desk.push(windowed("spread: 5\n", None), "b");
    desk.is_held("the window `open(24x7)` is another");
    desk.said().authors = wrote(&["aiko@x.example"]);
    desk.approve("aiko");
    desk.is_held("`aiko` wrote the change");
    desk.approve("ben");
    desk.is_held("`ben` has no role `risk`");
    desk.approve("carla");
    assert_eq!(desk.runs(), "b");
}

/// Two Sigma, 2025: parameters of live models were changed in a place that no review reached.
#[test]
fn two_sigma_2025_an_approval_does_not_reach_changed_parameters() {
    let mut desk = Desk::running(guarded("decay: 0.5\n", 1));
    desk.push(guarded("decay: 0.6\n", 1), "b");
    let approved = desk.approval("carla");
    desk.push(guarded("decay: 0.01\n", 1), "c");
    desk.give(approved);
    desk.is_held("which this is not");
}
