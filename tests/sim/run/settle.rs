//! Turns, and the way to rest.

use jiff::SignedDuration;

use super::Run;
use crate::sim::daemon::Daemon;
use crate::sim::dice::Dice;
use crate::sim::invariant::Invariant;
use crate::sim::world::World;

/// More turns than any script needs to come to rest.
const TURNS: usize = 3000;

/// Longer than any gate waits for what it measures.
const LONGEST: SignedDuration = SignedDuration::from_mins(12);

/// One thing happens: in the cluster, or in the daemon. False if neither has anything to do.
pub(super) fn turn(world: &mut World, daemon: &mut Daemon, dice: &mut Dice) -> bool {
    world.pass(SignedDuration::from_secs(1));
    if world.pods_are_slow && dice.one_in(8) {
        world.wake_all();
    }
    if world.define_halts() {
        daemon.wake_all(world);
    }
    let is_first = dice.one_in(2);
    (is_first && world.act(dice)) || daemon.turn(world, dice) || (!is_first && world.act(dice))
}

/// Lets the cluster and the daemon act until neither has anything to do.
pub(super) fn settle(world: &mut World, daemon: &mut Daemon, dice: &mut Dice) {
    let mut seen = (usize::MAX, world.records.clone());
    let mut since = world.now;
    for _ in 0..TURNS {
        if world.violation.is_some() {
            return;
        }
        if turn(world, daemon, dice) || daemon.is_late() {
            continue;
        }
        if daemon.is_behind(world) {
            daemon.catch_up(world);
            continue;
        }
        let now = (world.events.len(), world.records.clone());
        let is_over = daemon.last_wake().is_none() || world.now.duration_since(since) > LONGEST;
        if now == seen && is_over {
            return;
        }
        if now != seen {
            (seen, since) = (now, world.now);
        }
        // Whoever forgot to look again does so now, and whoever waits has waited long enough.
        daemon.wake_all(world);
        if let Some(at) = daemon.last_wake() {
            world.now = at.max(world.now);
        }
        // Long enough for every pod to end.
        world.pass(SignedDuration::from_secs(31));
        world.wake_all();
    }
    let what = format!("something still happens after {TURNS} turns");
    world.violate(Invariant::Rest, what);
}

impl Run<'_> {
    pub(super) fn turn(&mut self) {
        if self.world.violation.is_none() {
            turn(&mut self.world, &mut self.daemon, &mut self.dice);
            self.take_strikes();
        }
    }

    pub(super) fn settle(&mut self) {
        settle(&mut self.world, &mut self.daemon, &mut self.dice);
        self.take_strikes();
    }
}
