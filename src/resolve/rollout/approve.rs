//! The approvals that a plan asks for.

use super::Rollout;
use crate::spec::gate::{ApproveGate, Gate, GateKind};

impl Rollout {
    /// The approvals that it asks for: before it begins, and at its stages.
    pub fn approvals(&self) -> impl Iterator<Item = &ApproveGate> {
        self.approve.iter().chain(self.approvals_on_the_way())
    }

    /// Those of its stages.
    pub fn approvals_on_the_way(&self) -> impl Iterator<Item = &ApproveGate> {
        let gates = self.stages.iter().flat_map(|stage| &stage.gates);
        gates.filter_map(|gate| match &gate.kind {
            GateKind::Approve(approve) => Some(approve),
            _ => None,
        })
    }

    /// Whether it asks for as much as a gate, before it begins or at one of its stages.
    pub fn asks_for(&self, floor: &Gate) -> bool {
        let mut gates = self.stages.iter().flat_map(|stage| &stage.gates);
        gates.any(|gate| gate.is_at_least(floor)) || self.begins_with(floor)
    }

    /// Whether a gate is an approval that it asks for before it begins.
    pub fn begins_with(&self, gate: &Gate) -> bool {
        let GateKind::Approve(asked) = &gate.kind else {
            return false;
        };
        self.approve.iter().any(|it| it.is_at_least(asked))
    }
}
