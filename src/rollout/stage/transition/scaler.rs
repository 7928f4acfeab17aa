//! Autoscalers: held still while a stage is judged, gone before anybody else says how many pods.

use serde_json::json;

use super::super::super::recreate::Remedy;
use super::super::super::waiting::{By, Wait};
use super::super::super::{actions, recreate};
use super::{Way, runtime};
use crate::diff::Change;
use crate::object::{Object, ObjectId, mark};

/// What holds an autoscaler still.
const POLICIES: [&str; 2] = [
    "/behavior/scaleDown/selectPolicy",
    "/behavior/scaleUp/selectPolicy",
];

impl<'a> Way<'a> {
    pub(super) fn scalers(&mut self) {
        for desired in self
            .desired()
            .filter(|it| it.kind() == "HorizontalPodAutoscaler")
        {
            self.scaler(desired);
        }
        for live in self.ended_scalers() {
            if live.is_terminating() {
                self.verdict.terminating(live);
            } else {
                let why = "nothing scales it any more";
                self.verdict.actions.push(actions::delete(live, why));
            }
        }
    }

    /// The autoscalers of workloads that are to have none.
    fn ended_scalers(&self) -> Vec<&'a Object> {
        let mut scalers = self.unit.of_kind("HorizontalPodAutoscaler");
        scalers.retain(|live| {
            let is_wanted = self.desired().any(|desired| desired.id() == live.id());
            let instance = live.label(mark::INSTANCE);
            let mut sides = self.set.sides.iter();
            !is_wanted && sides.any(|side| Some(side.instance.as_str()) == instance)
        });
        scalers
    }

    /// Whether an autoscaler that is on its way out may still say how many pods a workload has.
    pub(super) fn has_ended_scaler(&self, workload: &ObjectId) -> bool {
        let mut ended = self.ended_scalers().into_iter();
        ended.any(|live| live.text("/spec/scaleTargetRef/name") == workload.name)
    }

    /// Whether the autoscaler of a workload is as still as it is to be.
    pub(super) fn is_still(&self, workload: &ObjectId) -> bool {
        let mut scalers = self.desired().filter(|it| {
            it.kind() == "HorizontalPodAutoscaler"
                && it.text("/spec/scaleTargetRef/name") == workload.name
        });
        scalers.all(|desired| {
            let id = desired.id();
            let live = self.unit.live(&id);
            let turned = self.set.turned.get(&id);
            match (live, turned) {
                (Some(live), Some(turned)) => runtime::is_so(live, turned),
                _ => true,
            }
        })
    }

    fn scaler(&mut self, desired: &Object) {
        let id = desired.id();
        let turned = self.turned(&id);
        let is_free = runtime::leaves(&turned).next().is_none();
        let Some(live) = self.unit.live(&id) else {
            if is_free || !self.would_raise(desired) {
                let made = runtime::made_with(desired, &turned);
                self.verdict.actions.push(actions::create(&made));
            }
            return;
        };
        if live.is_terminating() {
            return self.verdict.terminating(live);
        }
        if !runtime::is_so(live, &turned) {
            let turn = actions::turn(
                live,
                runtime::with(live, &turned),
                "a stage is judged at its size",
            );
            return self.verdict.actions.push(turn);
        }
        let is_held = |pointer: &str| runtime::holds(live, mark::RUNTIME_MANAGER, pointer);
        let was_held = POLICIES.into_iter().any(is_held);
        let is_more = fewest(live) < fewest(desired);
        if is_more && (was_held || !is_free) && self.would_raise(desired) {
            return;
        }
        if is_free && was_held {
            let turn = actions::turn(live, json!({}), "nothing is on its way any more");
            return self.verdict.actions.push(turn);
        }
        let mut changes = self.unit.drift(desired, live).to_vec();
        if !is_free {
            changes.retain(|change| !is_policy(change));
        }
        self.change(desired, live, &changes, !is_free);
    }

    /// Whether an autoscaler would raise its workload by itself, to its fewest pods, however still
    /// it is held: the rollout asks for them first, in its own steps.
    fn would_raise(&self, desired: &Object) -> bool {
        let mut seen = self.seen.iter();
        let target = desired.text("/spec/scaleTargetRef/name");
        let target = seen.find(|seen| seen.side.workload.name == target);
        target.is_some_and(|seen| i64::from(seen.pods.asked) < fewest(desired))
    }

    /// Applies what differs, once what the rollout turns is held.
    fn change(&mut self, desired: &Object, live: &Object, changes: &[Change], is_turned: bool) {
        if changes.is_empty() {
            return;
        }
        let held = runtime::to_hold(live, desired).filter(|_| is_turned);
        match (recreate::remedy(self.unit, live), held) {
            (Remedy::Apply, Some(held)) => {
                let turn = actions::turn(live, held, "the rollout must hold what it turns");
                self.verdict.actions.push(turn);
            }
            (Remedy::Apply, None) => {
                self.verdict
                    .actions
                    .push(actions::apply(desired, live, changes));
            }
            (Remedy::Recreate, _) => {
                let why = "it cannot be changed in place, and its consent is there";
                self.verdict.actions.push(actions::delete(live, why));
            }
            (Remedy::Ask(wait), _) => self.verdict.waits.push(wait),
            (Remedy::Refuse(why), _) => self.verdict.fail(why),
        }
    }

    /// Applies what differs of an object whose turned fields are told apart already.
    pub(super) fn differing(&mut self, desired: &Object, live: &Object) {
        let changes = self.unit.drift(desired, live);
        self.change(desired, live, &changes, true);
    }

    /// Something that the cluster gets to by itself.
    pub(super) fn wait(&mut self, what: String, until: &str) {
        self.verdict.waits.push(Wait::new(By::Itself, what, until));
    }
}

/// The fewest pods that an autoscaler leaves a workload with.
fn fewest(scaler: &Object) -> i64 {
    scaler.number("/spec/minReplicas").unwrap_or(1)
}

fn is_policy(change: &Change) -> bool {
    ["scaleDown", "scaleUp"].iter().any(|side| {
        change
            .path
            .starts_with(&["spec", "behavior", side, "selectPolicy"])
    })
}
