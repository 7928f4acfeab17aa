//! A deployment can wait only for what its own cluster sees.

use std::collections::BTreeMap;

use super::Clashes;
use crate::diagnostic::Diagnostic;
use crate::resolve::Strategy;
use crate::spec::names::{ClusterName, StrategyName};

pub(super) fn check(placed: &[(&Strategy, &ClusterName)], clashes: &mut Clashes) {
    let homes: BTreeMap<&StrategyName, &ClusterName> = placed
        .iter()
        .map(|(strategy, cluster)| (&strategy.name, *cluster))
        .collect();
    for (strategy, home) in placed {
        for other in &strategy.after {
            let Some(elsewhere) = homes.get(other).filter(|cluster| *cluster != home) else {
                continue;
            };
            let message = format!(
                "`{}` waits for `{other}`, which runs in cluster `{elsewhere}` and not in `{home}`",
                strategy.name
            );
            let finding = Diagnostic::error("after-elsewhere", strategy.span.clone(), message)
                .with_help("remove it from `after`, or run both in one cluster");
            clashes.findings.push(finding);
            clashes.stopped.insert(strategy.name.clone());
        }
    }
}
