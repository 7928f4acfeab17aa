//! What only the whole fleet can tell about a strategy.

mod cluster;
mod cycle;
mod group;
mod holding;
mod rename;

use std::collections::{BTreeMap, BTreeSet};

use super::Strategy;
use super::read::{StrategyDoc, duplicate};
use crate::diagnostic::Diagnostic;
use crate::spec::kind::Kind;
use crate::spec::names::{ClusterName, StrategyName};

/// What is wrong between strategies, and which of them it stops.
#[derive(Debug, Default)]
pub(super) struct Clashes {
    /// What is wrong.
    pub(super) findings: Vec<Diagnostic>,
    /// Whom it stops.
    pub(super) stopped: BTreeSet<StrategyName>,
}

/// Tells strategies of the same name.
pub(super) fn duplicates(documents: &[StrategyDoc]) -> Clashes {
    let mut clashes = Clashes::default();
    let mut first: BTreeMap<&StrategyName, &StrategyDoc> = BTreeMap::new();
    for document in documents {
        if let Some(known) = first.get(&document.name) {
            let name = document.name.as_str();
            let second = document.span.clone();
            clashes
                .findings
                .push(duplicate(Kind::Strategy, name, second, known.span.clone()));
            clashes.stopped.insert(document.name.clone());
        } else {
            first.insert(&document.name, document);
        }
    }
    clashes
}

/// Tells what stands between strategies that have no error by themselves.
pub(super) fn check(placed: &[(&Strategy, &ClusterName)]) -> Clashes {
    let strategies: Vec<&Strategy> = placed.iter().map(|(strategy, _)| *strategy).collect();
    let strategies = strategies.as_slice();
    let mut clashes = Clashes::default();
    holding::check(strategies, &mut clashes);
    cycle::check(strategies, &mut clashes);
    group::check(strategies, &mut clashes);
    rename::check(strategies, &mut clashes);
    cluster::check(placed, &mut clashes);
    clashes
}
