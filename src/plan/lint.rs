//! What no plan may ever hold. Every plan that a test makes passes here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use crate::object::{Object, ObjectId, mark};
use crate::resolve::Consent;
use crate::rollout::consent;

use super::{Action, Seen, Verb};

/// What a plan is held against.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// What the step saw.
    pub live: &'a BTreeMap<ObjectId, Object>,
    /// The workload that may have one pod at most, if the unit has such a one.
    pub singleton: Option<&'a ObjectId>,
    /// Who takes a place of a holding that the singleton needs.
    pub held_by: Option<&'a ObjectId>,
    /// What may be deleted.
    pub consents: &'a [Consent],
    /// The time.
    pub now: Timestamp,
}

/// What is wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Two actions write to one object.
    Twice(ObjectId),
    /// A Namespace, claim or CRD is deleted without a consent of its own.
    Unconsented(ObjectId),
    /// An action's preconditions are not what was seen.
    Blind(ObjectId),
    /// Something exists already that is to be created.
    Exists(ObjectId),
    /// A singleton would get more than one pod, or one at once on creation.
    Overscaled(ObjectId),
    /// A singleton would be scaled up while a pod of its own or of another unit exists.
    Overlap(ObjectId),
    /// A singleton's template would change under a running pod.
    Underfoot(ObjectId),
    /// A ConfigMap or Secret is deleted that a pod refers to.
    Referred(ObjectId),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice(id) => write!(f, "two actions write to {id}"),
            Self::Unconsented(id) => write!(f, "{id} is deleted without a consent of its own"),
            Self::Blind(id) => write!(f, "the preconditions for {id} are not what was seen"),
            Self::Exists(id) => write!(f, "{id} is created, but exists"),
            Self::Overscaled(id) => write!(f, "{id} would get more pods than it may"),
            Self::Overlap(id) => write!(f, "{id} is scaled up beside a pod that exists"),
            Self::Underfoot(id) => write!(f, "the template of {id} changes under a running pod"),
            Self::Referred(id) => write!(f, "{id} is deleted, but a pod refers to it"),
        }
    }
}

/// Everything that is wrong with a plan, in the order of its actions.
pub fn lint(actions: &[Action], around: &Surroundings<'_>) -> Vec<Fault> {
    let mut written = BTreeSet::new();
    let mut faults = Vec::new();
    for action in actions {
        let id = action.id();
        if !matches!(action.verb, Verb::Rehearse { .. }) && !written.insert(id.clone()) {
            faults.push(Fault::Twice(id.clone()));
        }
        faults.extend(lint_action(action, &id, around));
    }
    faults
}

fn lint_action(action: &Action, id: &ObjectId, around: &Surroundings<'_>) -> Vec<Fault> {
    let is_singleton = around.singleton == Some(id);
    let mut faults = Vec::new();
    let mut check = |fault: fn(ObjectId) -> Fault, wrong: bool| {
        if wrong {
            faults.push(fault(id.clone()));
        }
    };
    match &action.verb {
        Verb::Create(object) => {
            check(Fault::Exists, around.live.contains_key(id));
            let up = object.number("/spec/replicas") != Some(0);
            check(Fault::Overscaled, is_singleton && up);
        }
        Verb::Apply { object, seen, .. } => {
            check(Fault::Blind, is_blind(id, seen, around));
            check(
                Fault::Underfoot,
                is_singleton && is_underfoot(object, around),
            );
        }
        Verb::Rehearse { seen, .. } => check(Fault::Blind, is_blind(id, seen, around)),
        Verb::Turn { spec, seen, .. } => {
            check(Fault::Blind, is_blind(id, seen, around));
            let replicas = spec.get("replicas").and_then(Value::as_u64);
            check(Fault::Overscaled, is_singleton && replicas > Some(1));
            check(
                Fault::Overlap,
                is_singleton && replicas == Some(1) && is_overlap(id, around),
            );
        }
        Verb::Delete { seen, .. } => {
            check(Fault::Blind, is_blind(id, seen, around));
            check(Fault::Unconsented, is_unconsented(id, around));
            check(Fault::Referred, is_referred(id, around));
        }
    }
    faults
}

fn is_blind(id: &ObjectId, seen: &Seen, around: &Surroundings<'_>) -> bool {
    around
        .live
        .get(id)
        .is_none_or(|live| Seen::of(live) != *seen || live.uid().is_none())
}

fn is_unconsented(id: &ObjectId, around: &Surroundings<'_>) -> bool {
    consent::is_protected(id)
        && around
            .live
            .get(id)
            .is_none_or(|live| !consent::object_consented(live, around.consents, around.now))
}

/// Scaling up from nothing, beside any pod. From above, the first pod stays and the others go.
fn is_overlap(id: &ObjectId, around: &Surroundings<'_>) -> bool {
    let from = around
        .live
        .get(id)
        .and_then(|live| live.number("/spec/replicas"));
    from == Some(0) && (around.held_by.is_some() || pods(around).next().is_some())
}

/// An apply may put a template back to what the pod was made from, never to anything else.
fn is_underfoot(object: &Object, around: &Surroundings<'_>) -> bool {
    let behaviour = template_behaviour(object);
    let runs = |live: &Object| live.number("/spec/replicas") != Some(0);
    let up = around.live.get(&object.id()).is_some_and(runs);
    let mut others = pods(around).filter(|pod| pod.annotation(mark::BEHAVIOUR) != behaviour);
    let template_differs = around
        .live
        .get(&object.id())
        .is_some_and(|live| template_behaviour(live) != behaviour);
    others.next().is_some() || (up && template_differs && pods(around).next().is_none())
}

fn template_behaviour(workload: &Object) -> Option<&str> {
    let annotations = workload.at("/spec/template/metadata/annotations")?;
    annotations.get(mark::BEHAVIOUR)?.as_str()
}

fn is_referred(id: &ObjectId, around: &Surroundings<'_>) -> bool {
    pods(around)
        .filter(|pod| !matches!(pod.text("/status/phase"), "Succeeded" | "Failed"))
        .any(|pod| crate::rollout::references::of_pod(pod).contains(id))
}

fn pods<'a>(around: &Surroundings<'a>) -> impl Iterator<Item = &'a Object> + use<'a> {
    around.live.values().filter(|object| object.kind() == "Pod")
}

#[cfg(test)]
mod tests;
