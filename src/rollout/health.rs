//! Whether an object is as it should be, and if not, why, in words a person can act on.
//!
//! What the controllers say is believed only once they have seen the object as it is now. The
//! texts are stable: no counters and no times, so that a reason that stays the same reads the same.

mod batch;
mod condition;
mod deployment;
mod generic;
mod pod;
mod stateful_set;

use std::fmt;

use crate::object::Object;

/// How an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// As it should be.
    Healthy,
    /// On its way, and what is missing.
    Progressing(String),
    /// It will not get there by itself, and why.
    Failed(String),
}

impl Health {
    /// Whether it is as it should be.
    pub fn is_healthy(&self) -> bool {
        matches!(self, Self::Healthy)
    }

    /// The worse of two; of equally bad ones, the first.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if other.badness() > self.badness() {
            other
        } else {
            self
        }
    }

    fn badness(&self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Progressing(_) => 1,
            Self::Failed(_) => 2,
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healthy => f.write_str("healthy"),
            Self::Progressing(reason) | Self::Failed(reason) => f.write_str(reason),
        }
    }
}

/// The health of an object. `pods` are those it made, for the reasons; others are ignored.
pub fn of(object: &Object, pods: &[&Object]) -> Health {
    let id = object.id();
    if object.is_terminating() {
        return Health::Progressing(format!("{id} {}", deletion(object)));
    }
    if let Some(observed) = object.number("/status/observedGeneration")
        && object
            .number("/metadata/generation")
            .is_some_and(|now| now != observed)
    {
        return Health::Progressing(format!(
            "{id}: its controller has not seen the latest change"
        ));
    }
    match (id.group.as_str(), object.kind()) {
        ("apps", "Deployment") => deployment::health(object, pods),
        ("apps", "StatefulSet") => stateful_set::health(object, pods),
        ("batch", "Job") => batch::job(object, pods),
        ("batch", "CronJob") => Health::Healthy,
        ("", "Pod") => pod::health(object),
        ("", "PersistentVolumeClaim") => generic::claim(object),
        ("", "Namespace") => generic::namespace(object),
        ("policy", "PodDisruptionBudget") => generic::budget(object),
        (_, _) => generic::by_conditions(object),
    }
}

/// That an object is being deleted, and what holds it.
pub(super) fn deletion(object: &Object) -> String {
    format!("is being deleted{}", finalizers(object))
}

fn finalizers(object: &Object) -> String {
    let names: Vec<_> = object
        .at("/metadata/finalizers")
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
        .map(|name| format!("`{name}`"))
        .collect();
    if names.is_empty() {
        return String::new();
    }
    format!(" and held by finalizer {}", names.join(", "))
}

#[cfg(test)]
mod tests;
