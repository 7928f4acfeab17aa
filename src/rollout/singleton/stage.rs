//! Where a singleton stands, told from what is seen and from nothing else.

use std::iter;

use jiff::Timestamp;

use crate::calendar::{self, State};
use crate::compile::UnitId;
use crate::object::Object;
use crate::resolve::Class;

use super::super::Dependent;
use super::super::advance::Verdict;
use super::super::holdings;
use super::super::recreate::{self, Remedy};
use super::super::resumed;
use super::super::session;
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
    /// The window that it runs in is not open.
    Resting(Wait, Option<Timestamp>),
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
        let is_early = !unit.is_settled() && taken(unit).next().is_some();
        if is_early {
            return Stage::Up(live);
        }
        if must_come_down(unit, desired, live) {
            let needed = needed(unit);
            return if needed.is_empty() {
                Stage::Up(live)
            } else {
                Stage::Blocked(needed)
            };
        }
        return Stage::Running(live);
    }
    let workloads: Vec<_> = iter::once(live).chain(super::others(unit)).collect();
    let (waits, wake_at) = pods::ending(&unit.pods(), &workloads, unit.situation.now);
    if !waits.is_empty() {
        return Stage::Ending(waits, wake_at);
    }
    if differs(unit) {
        return Stage::Down;
    }
    if let Some(wait) = unsettled(live) {
        return Stage::Unsettled(wait);
    }
    if let Some(State { verdict, until, .. }) = session::window(unit)
        && !verdict.allows()
    {
        return Stage::Resting(resting(unit, verdict, until), until);
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
    if !holdings::is_seen(live) {
        return Some(not_taken_in(live));
    }
    let current = live.text("/status/currentRevision");
    let is_current = !current.is_empty() && current == live.text("/status/updateRevision");
    (!is_current).then(|| {
        by_itself(
            format!(
                "the StatefulSet controller, which has not made the template of {} current",
                live.id()
            ),
            "its `currentRevision` is its `updateRevision`".to_owned(),
        )
    })
}

/// Nobody need do anything about a window that opens by itself.
fn resting(unit: &Unit<'_>, verdict: calendar::Verdict, until: Option<Timestamp>) -> Wait {
    let window = unit.bundle.run.as_ref();
    let window = window.map(ToString::to_string).unwrap_or_default();
    let (by, when) = match (verdict, until) {
        (calendar::Verdict::Unknown, _) => (
            By::Others,
            "the calendars say whether it is open".to_owned(),
        ),
        // What is judged has to run.
        (_, Some(until)) if unit.record.rollout.is_some() => {
            (By::Itself, format!("it opens at {until}"))
        }
        (_, Some(until)) => (By::Nobody, format!("it opens at {until}")),
        (_, None) => (
            By::Others,
            "the window or a calendar is changed in Git".to_owned(),
        ),
    };
    Wait::new(by, format!("its time to run: {window}"), when)
}

/// A pod that is started while an older one is not seen would be a second one.
fn blind(why: &str) -> Wait {
    by_itself(
        format!("a view of what runs, which is out of date: {why}"),
        "its watch is up again".to_owned(),
    )
}

/// Who needs a gateway loses its orders when it goes, so it goes once they are gone.
pub(super) fn needed(unit: &Unit<'_>) -> Vec<Wait> {
    let is_gateway = unit.bundle.class == Some(Class::Gateway);
    let dependents = unit.situation.observed.dependents.iter();
    let dependents = dependents.filter(|_| is_gateway);
    let wait = |Dependent { strategy, runs }: &Dependent| {
        Wait::for_unit(
            &UnitId::Strategy(strategy.clone()),
            format!("{runs}, whose strategy requires this gateway"),
            format!("{runs} is gone or scaled down"),
        )
    };
    dependents.map(wait).collect()
}

/// A gateway that is down or about to change is waited for: it changes while nobody needs it.
fn lacking(unit: &Unit<'_>) -> impl Iterator<Item = Wait> {
    let gateways = unit.situation.observed.gateways.iter();
    gateways.filter_map(|(name, state)| {
        let why = state.as_ref().err()?;
        Some(Wait::for_unit(
            &UnitId::Strategy(name.clone()),
            format!("gateway `{name}`, which it requires: {why}"),
            format!("strategy `{name}` is ready"),
        ))
    })
}

fn blocked(unit: &Unit<'_>) -> Vec<Wait> {
    let unattested = resumed::unattested(unit.record);
    let waits = taken(unit).chain(lacking(unit));
    waits.chain(unattested).collect()
}

/// The places that it needs and others take.
fn taken(unit: &Unit<'_>) -> impl Iterator<Item = Wait> {
    let held = &unit.situation.observed.held_by_others;
    unit.bundle.holdings.iter().filter_map(|holding| {
        let other = held.get(holding)?;
        Some(Wait::new(
            By::Others,
            format!("{other}, which takes the place on `{holding}`"),
            format!("{other} is gone, scaled down, or on another"),
        ))
    })
}
