//! `for`: a stage stood for so long.

use jiff::Timestamp;

use super::evidence::Evidence;
use super::state::GateState;
use super::{Look, later};
use crate::rollout::verdict::Verdict;
use crate::spec::gate::{Bake, OpenBake};
use crate::spec::measure::Duration;

pub(super) fn look(
    bake: &Bake,
    state: &GateState,
    evidence: &Evidence<'_>,
    now: Timestamp,
) -> Look {
    let Some(settled) = evidence.settled_at else {
        let why = format!("{bake}, counted from when the stage is in place");
        return Look::new(Verdict::Wait, why, state);
    };
    match bake {
        Bake::Wall(span) => wall(*span, settled, state, now),
        Bake::Open(open) => market(open, state, evidence, now),
    }
}

/// A clock that jumps back makes it longer, never shorter.
fn wall(span: Duration, settled: Timestamp, state: &GateState, now: Timestamp) -> Look {
    let over = later(settled, span);
    if now >= over {
        return Look::new(Verdict::Pass, format!("stood for {span}"), state);
    }
    let why = format!("{span}, until {over}");
    Look::new(Verdict::Wait, why, state).waking(Some(over))
}

fn market(bake: &OpenBake, state: &GateState, evidence: &Evidence<'_>, now: Timestamp) -> Look {
    let OpenBake { open, of } = bake;
    let Some(time) = evidence.open else {
        let why = format!("{open} of open {of}, of which the calendars say nothing");
        return Look::new(Verdict::Wait, why, state);
    };
    if time.seconds >= u64::from(open.seconds()) {
        return Look::new(
            Verdict::Pass,
            format!("stood for {open} of open {of}"),
            state,
        );
    }
    let full_at = time.full_at.filter(|at| *at > now);
    let why = match full_at {
        Some(at) => format!("{open} of open {of}, until {at}"),
        None => format!("{open} of open {of}, for which the calendar does not say enough"),
    };
    Look::new(Verdict::Wait, why, state).waking(full_at)
}
