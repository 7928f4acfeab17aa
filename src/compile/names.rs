//! The names of objects that have another name than their strategy.
//!
//! Two strategies never derive the same name: what is appended ends in a fixed form, or starts with
//! a dot, which no strategy's name has. None can change once somebody runs it.

use crate::digest::Digest;
use crate::resolve::{StateVolume, Strategy};

/// A Job: a change of behaviour is another run, under another name.
pub(super) fn job(strategy: &Strategy, behaviour: &Digest) -> String {
    format!("{}-{}", strategy.name, behaviour.short())
}

/// A ConfigMap, named by what it holds.
pub(super) fn config_map(strategy: &Strategy, content: &Digest) -> String {
    format!("{}-config-{}", strategy.name, content.short())
}

/// A claim. It keeps the name of the strategy that first made it: a renamed strategy mounts it.
pub(super) fn claim(strategy: &Strategy, state: &StateVolume) -> String {
    let first = strategy.renamed_from.as_ref().unwrap_or(&strategy.name);
    format!("{first}.{}", state.name)
}

/// The headless Service of a StatefulSet that has another Service for its clients.
pub(super) fn pods(strategy: &Strategy) -> String {
    format!("{}-pods", strategy.name)
}
