//! `pause`: a person promotes it. Everything else of the stage goes on being judged.

use super::Look;
use super::evidence::Evidence;
use super::state::GateState;
use crate::rollout::verdict::Verdict;

pub(super) fn look(state: &GateState, evidence: &Evidence<'_>) -> Look {
    if let Some(promotion) = evidence.promoted {
        let why = format!("promoted by {}", promotion.by);
        return Look::new(Verdict::Pass, why, state);
    }
    let strategy = &evidence.subject.strategy;
    let why = format!("a person: `tidegate promote {strategy}`");
    Look::new(Verdict::Wait, why, state)
}
