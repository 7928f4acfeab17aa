//! `after`: another strategy's rollout reached a stage. Groups promote and abort together: two
//! strategies that each come after the other's stage leave it together, and one that fails takes
//! the other with it.

use super::Look;
use super::evidence::{Evidence, Peer};
use super::state::GateState;
use crate::rollout::verdict::Verdict;
use crate::spec::gate::AfterSpec;

pub(super) fn look(after: &AfterSpec, state: &GateState, evidence: &Evidence<'_>) -> Look {
    let name = &after.strategy;
    let (verdict, why) = match (evidence.peers.get(name), &after.stage) {
        (None, _) => (
            Verdict::Wait,
            format!("strategy `{name}`, of which nothing is known yet"),
        ),
        (Some(Peer::Unknown(why)), _) => (Verdict::Wait, format!("strategy `{name}`: {why}")),
        (Some(Peer::Failed(why)), _) => (Verdict::Fail, format!("strategy `{name}` failed: {why}")),
        (Some(Peer::Through), _) => (Verdict::Pass, format!("strategy `{name}` is through")),
        (Some(Peer::Rolling { reached }), Some(stage)) if reached.contains(stage) => (
            Verdict::Pass,
            format!("strategy `{name}` reached stage `{stage}`"),
        ),
        (Some(Peer::Rolling { .. }), Some(stage)) => (
            Verdict::Wait,
            format!("strategy `{name}` at stage `{stage}`"),
        ),
        (Some(Peer::Rolling { .. }), None) => {
            (Verdict::Wait, format!("strategy `{name}` to be through"))
        }
    };
    Look::new(verdict, why, state)
}
