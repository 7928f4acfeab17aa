//! `window`: a window is open. What is not known denies.

use super::Look;
use super::evidence::{Evidence, WindowState};
use super::state::GateState;
use crate::rollout::verdict::Verdict;
use crate::spec::window::WindowExpr;

pub(super) fn look(window: &WindowExpr, state: &GateState, evidence: &Evidence<'_>) -> Look {
    let Some(seen) = evidence.window else {
        let why = format!("window `{window}`, of which the calendars say nothing");
        return Look::new(Verdict::Wait, why, state);
    };
    let (verdict, word) = match seen.state {
        WindowState::Open => (Verdict::Pass, "open"),
        WindowState::Closed => (Verdict::Wait, "closed"),
        WindowState::Unknown => (Verdict::Wait, "not known"),
    };
    let why = format!("window `{window}` is {word}: {}", seen.why);
    Look::new(verdict, why, state).waking(seen.changes_at)
}
