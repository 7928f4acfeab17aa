//! How far a strategy's rollout is, as the gates of another one see it.

use super::gates::Peer;
use crate::compile::Bundle;
use crate::digest::Digest;
use crate::release::ReleaseStatus;
use crate::spec::gate::GateKind;
use crate::spec::names::StrategyName;

/// How far a rollout is. `wanted` is the bundle that Git says.
pub fn peer(status: Option<&ReleaseStatus>, wanted: Option<Digest>) -> Peer {
    let Some(status) = status else {
        return Peer::Unknown("it is not deployed yet".to_owned());
    };
    if let Some(failed) = status.quarantine.last() {
        return Peer::Failed(failed.why.clone());
    }
    let Some(at) = &status.rollout else {
        let runs = status.stable.as_ref().map(|stable| stable.bundle.clone());
        return match wanted {
            Some(wanted) if runs == Some(wanted.to_string()) => Peer::Through,
            Some(_) => Peer::Rolling {
                reached: Vec::new(),
            },
            None => Peer::Unknown("it is not in Git, or has errors".to_owned()),
        };
    };
    if let Some(stop) = &at.stopped {
        return Peer::Failed(stop.why.clone());
    }
    let stage = usize::try_from(at.stage).unwrap_or(usize::MAX);
    let in_place = usize::from(at.settled_at.is_some());
    let reached = at.stages.iter().take(stage.saturating_add(in_place));
    Peer::Rolling {
        reached: reached.cloned().collect(),
    }
}

/// The strategies that the gates of a bundle come after.
pub fn peers(bundle: &Bundle) -> impl Iterator<Item = &StrategyName> {
    let stages = bundle.rollout.iter().flat_map(|rollout| &rollout.stages);
    let gates = stages.flat_map(|stage| &stage.gates);
    gates.filter_map(|gate| match &gate.kind {
        GateKind::After(after) => Some(&after.strategy),
        _ => None,
    })
}
