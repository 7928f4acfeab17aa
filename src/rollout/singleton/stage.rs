//! Where a singleton stands, told from what is seen and from nothing else.

use jiff::Timestamp;

use crate::object::Object;

use super::super::advance::Verdict;
use super::super::holdings;
use super::super::recreate::{self, Remedy};
use super::super::unit::{Standing, Unit, changes_template};
use super::super::waiting::{By, Wait};
use super::{by_itself, held, not_taken_in, pods, replicas};

/// Where a singleton stands.
pub(super) enum Stage<'a> {
    /// There is no workload.
    Absent,
    /// Somebody is deleting the workload.
    Terminating(&'a Object),
    /// The change cannot be finished, so it is not begun.
    Held(Verdict),
    /// It is scaled up and must come down.
    Up(&'a Object),
    /// It is scaled to 0, and something of it is still there.
    Ending(Vec<Wait>, Option<Timestamp>),
    /// Nothing of it runs, and something differs.
    Down,
    /// Its controller has not caught up.
    Unsettled(Wait),
    /// Others take its place.
    Blocked(Vec<Wait>),
    /// Nobody knows what runs now.
    Blind(Wait),
    /// It may be scaled up.
    Startable(&'a Object),
    /// It is scaled up, and may be.
    Running(&'a Object),
}

/// Where the unit stands.
pub(super) fn of<'a>(unit: &Unit<'a>) -> Stage<'a> {
    let (Some(desired), Some(live)) = unit.workload() else {
        return Stage::Absent;
    };
    if live.is_terminating() {
        return Stage::Terminating(live);
    }
    if let Some(verdict) = hold(unit) {
        return Stage::Held(verdict);
    }
    if replicas(live) != 0 {
        // One that is settled took its place rightfully, and whoever else is there did not.
        let is_early = !unit.is_settled() && !blocked(unit).is_empty();
        if is_early || must_come_down(unit, desired, live) {
            return Stage::Up(live);
        }
        return Stage::Running(live);
    }
    let (waits, wake_at) = pods::ending(&unit.pods(), live, unit.situation.now);
    if !waits.is_empty() {
        return Stage::Ending(waits, wake_at);
    }
    if differs(unit) {
        return Stage::Down;
    }
    if let Some(wait) = unsettled(live) {
        return Stage::Unsettled(wait);
    }
    let blocked = blocked(unit);
    if !blocked.is_empty() {
        return Stage::Blocked(blocked);
    }
    if let Some(why) = &unit.situation.observed.blind {
        return Stage::Blind(blind(why));
    }
    Stage::Startable(live)
}

/// Something that can only be made anew, and may not be.
fn hold(unit: &Unit<'_>) -> Option<Verdict> {
    let mut waits = Vec::new();
    let mut failure = None;
    for desired in unit.desired() {
        let Standing::Differs(live, _) = unit.standing(desired) else {
            continue;
        };
        match recreate::remedy(unit, live) {
            Remedy::Apply | Remedy::Recreate => {}
            Remedy::Ask(wait) => waits.push(wait),
            Remedy::Refuse(why) => failure = Some(why),
        }
    }
    (!waits.is_empty() || failure.is_some()).then(|| held(waits, failure))
}

/// A template that somebody edited by hand is put back under the pod, as long as the pod itself is
/// right: the partition keeps it as it is.
fn must_come_down(unit: &Unit<'_>, desired: &Object, live: &Object) -> bool {
    let (template, recreate) = match unit.standing(desired) {
        Standing::Differs(live, changes) => (
            changes_template(changes),
            matches!(recreate::remedy(unit, live), Remedy::Recreate),
        ),
        Standing::Absent | Standing::Terminating(_) | Standing::Same => (false, false),
    };
    recreate || pods::wrong(unit, live).is_some() || (template && unit.pods().is_empty())
}

fn differs(unit: &Unit<'_>) -> bool {
    unit.desired()
        .any(|desired| !matches!(unit.standing(desired), Standing::Same))
}

fn unsettled(live: &Object) -> Option<Wait> {
    let current = live.text("/status/currentRevision");
    let is_current = !current.is_empty() && current == live.text("/status/updateRevision");
    (!holdings::is_seen(live) || !is_current).then(|| not_taken_in(live))
}

/// A pod that is started while an older one is not seen would be a second one.
fn blind(why: &str) -> Wait {
    by_itself(
        format!("a view of what runs, which is out of date: {why}"),
        "its watch is up again".to_owned(),
    )
}

fn blocked(unit: &Unit<'_>) -> Vec<Wait> {
    let held = &unit.situation.observed.held_by_others;
    let mut holdings = unit.bundle.holdings.iter();
    let taken = holdings.by_ref().filter_map(|holding| {
        let other = held.get(holding)?;
        Some(Wait::new(
            By::Others,
            format!("{other}, which takes the place on `{holding}`"),
            format!("{other} is gone, scaled down, or on another"),
        ))
    });
    taken.collect()
}
