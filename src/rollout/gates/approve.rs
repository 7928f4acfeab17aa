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
    if !tally.is_enough() {
        return Look::new(Verdict::Wait, tally.why(), state).waking(tally.until);
    }
    // Who approved is what the ledger tells of the gate.
    let passed = GateState {
        last: Some(tally.why()),
        ..state.clone()
    };
    Look::new(Verdict::Pass, tally.why(), &passed).waking(tally.until)
}
