//! `freeze`: nothing is frozen.

use super::evidence::{Evidence, Freeze};
use super::state::GateState;
use super::{Look, earliest};
use crate::rollout::verdict::Verdict;

pub(super) fn look(state: &GateState, evidence: &Evidence<'_>) -> Look {
    let Some(freezes) = evidence.freezes else {
        let why = "the freezes of the fleet cannot be read";
        return Look::new(Verdict::Wait, why, state);
    };
    if freezes.is_empty() {
        return Look::new(Verdict::Pass, "nothing is frozen", state);
    }
    let why: Vec<String> = freezes.iter().map(describe).collect();
    let ends = freezes.iter().fold(None, |at, it| earliest(at, it.until));
    Look::new(Verdict::Wait, why.join("; "), state).waking(ends)
}

fn describe(freeze: &Freeze) -> String {
    let Freeze {
        scope,
        reason,
        until,
    } = freeze;
    match until {
        Some(until) => format!("the {scope} is frozen until {until}: {reason}"),
        None => format!("the {scope} is frozen: {reason}"),
    }
}
