//! Kinds without many states, and kinds that are not known.

use super::Health;
use super::condition;
use crate::object::Object;

/// A claim waits for its first pod where the storage class says so, and that is as it should be.
pub(super) fn claim(claim: &Object) -> Health {
    match claim.text("/status/phase") {
        "Lost" => Health::Failed(format!(
            "{} has lost its volume `{}`: restore the volume, or the claim from a backup",
            claim.id(),
            claim.text("/spec/volumeName")
        )),
        _ => Health::Healthy,
    }
}

/// A namespace is there, or on its way out.
pub(super) fn namespace(namespace: &Object) -> Health {
    match namespace.text("/status/phase") {
        "Terminating" => Health::Progressing(format!("{} is being deleted", namespace.id())),
        _ => Health::Healthy,
    }
}

/// A budget is judged by its controller's own view, if it has one.
pub(super) fn budget(budget: &Object) -> Health {
    match condition::find(budget, "DisruptionAllowed") {
        Some(allowed) if allowed.reason == "SyncFailed" => {
            Health::Failed(format!("{}: {}", budget.id(), allowed.text()))
        }
        _ => Health::Healthy,
    }
}

/// `Stalled`, `Reconciling` and `Ready`, where an object has them.
pub(super) fn by_conditions(object: &Object) -> Health {
    let id = object.id();
    if let Some(stalled) = condition::find(object, "Stalled")
        && stalled.status == "True"
    {
        return Health::Failed(format!("{id} is stalled: {}", stalled.text()));
    }
    if let Some(reconciling) = condition::find(object, "Reconciling")
        && reconciling.status == "True"
    {
        return Health::Progressing(format!("{id} is on its way: {}", reconciling.text()));
    }
    match condition::find(object, "Ready") {
        Some(ready) if ready.status != "True" => {
            Health::Progressing(format!("{id} is not ready: {}", ready.text()))
        }
        _ => Health::Healthy,
    }
}
