//! `after` orders deployments, so it must not lead back to where it began.

use std::collections::{BTreeMap, BTreeSet};

use super::Clashes;
use crate::diagnostic::Diagnostic;
use crate::resolve::Strategy;
use crate::spec::names::StrategyName;

pub(super) fn check(strategies: &[&Strategy], clashes: &mut Clashes) {
    let by_name = stuck(strategies);
    let mut told: BTreeSet<&StrategyName> = BTreeSet::new();
    for (name, strategy) in &by_name {
        if told.contains(name) {
            continue;
        }
        let Some(cycle) = find(&by_name, name) else {
            continue;
        };
        told.extend(&cycle);
        let names = cycle.iter().map(|name| (*name).clone());
        clashes.stopped.extend(names);
        clashes.findings.push(finding(strategy, &cycle, &by_name));
    }
}

/// The strategies that never get their turn when each waits for those in its `after`. Mostly there
/// are none, so that looking for circles costs nothing.
fn stuck<'a>(strategies: &[&'a Strategy]) -> BTreeMap<&'a StrategyName, &'a Strategy> {
    let mut left: BTreeMap<&StrategyName, &Strategy> =
        strategies.iter().map(|it| (&it.name, *it)).collect();
    let mut waiting: BTreeMap<&StrategyName, usize> = BTreeMap::new();
    let mut followers: BTreeMap<&StrategyName, Vec<&StrategyName>> = BTreeMap::new();
    for strategy in strategies {
        let before: BTreeSet<_> = strategy.after.iter().collect();
        let before = before.into_iter().filter(|name| left.contains_key(*name));
        for name in before {
            *waiting.entry(&strategy.name).or_default() += 1;
            followers.entry(name).or_default().push(&strategy.name);
        }
    }
    let mut ready: Vec<&StrategyName> = left.keys().copied().collect();
    ready.retain(|name| !waiting.contains_key(name));
    while let Some(name) = ready.pop() {
        left.remove(name);
        for follower in followers.remove(name).unwrap_or_default() {
            let count = waiting.entry(follower).or_default();
            *count = count.saturating_sub(1);
            if *count == 0 {
                ready.push(follower);
            }
        }
    }
    left
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
