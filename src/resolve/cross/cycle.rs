//! `after` orders deployments, so it must not lead back to where it began.

use std::collections::{BTreeMap, BTreeSet};

use super::Clashes;
use crate::diagnostic::Diagnostic;
use crate::resolve::Strategy;
use crate::spec::names::StrategyName;

pub(super) fn check(strategies: &[&Strategy], clashes: &mut Clashes) {
    let by_name: BTreeMap<&StrategyName, &Strategy> =
        strategies.iter().map(|it| (&it.name, *it)).collect();
    let mut told: BTreeSet<&StrategyName> = BTreeSet::new();
    for strategy in strategies {
        if told.contains(&strategy.name) {
            continue;
        }
        let Some(cycle) = find(&by_name, &strategy.name) else {
            continue;
        };
        told.extend(&cycle);
        clashes
            .stopped
            .extend(cycle.iter().map(|name| (*name).clone()));
        clashes.findings.push(finding(strategy, &cycle, &by_name));
    }
}

/// The way from a strategy back to itself, if there is one.
fn find<'a>(
    strategies: &BTreeMap<&'a StrategyName, &'a Strategy>,
    start: &'a StrategyName,
) -> Option<Vec<&'a StrategyName>> {
    let mut seen: BTreeSet<&StrategyName> = BTreeSet::new();
    let mut ways = vec![vec![start]];
    while let Some(way) = ways.pop() {
        let last = way.last().and_then(|name| strategies.get(name));
        for next in last.iter().flat_map(|strategy| &strategy.after) {
            if next == start {
                return Some(way);
            }
            if seen.insert(next) {
                let mut longer = way.clone();
                longer.push(next);
                ways.push(longer);
            }
        }
    }
    None
}

fn finding(
    strategy: &Strategy,
    cycle: &[&StrategyName],
    strategies: &BTreeMap<&StrategyName, &Strategy>,
) -> Diagnostic {
    let mut names: Vec<String> = cycle.iter().map(|name| format!("`{name}`")).collect();
    names.push(format!("`{}`", strategy.name));
    let message = format!("`after` goes in a circle: {}", names.join(" after "));
    let finding = Diagnostic::error("after-cycle", strategy.span.clone(), message)
        .with_help("remove one `after` of the circle");
    let others = cycle.iter().skip(1).filter_map(|name| strategies.get(name));
    others.fold(finding, |finding, other| {
        finding.with_label(other.span.clone(), "in the circle too")
    })
}
