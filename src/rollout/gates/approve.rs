//! `approve`: enough people who did not write it say yes. Everything else of the stage goes on being
//! judged, and what fails withdraws the question.

use super::Look;
use super::evidence::Evidence;
use super::state::GateState;
use crate::rollout::verdict::Verdict;

pub(super) fn look(state: &GateState, evidence: &Evidence<'_>) -> Look {
    let Some(tally) = evidence.tally else {
        let why = "an approval, and it is not known who could give it";
        return Look::new(Verdict::Wait, why, state);
    };
    let verdict = if tally.is_enough() {
        Verdict::Pass
    } else {
        Verdict::Wait
    };
    Look::new(verdict, tally.why(), state).waking(tally.until)
}
