//! Gates by which rollouts wait for each other: the stage that one waits for must be there, and no
//! two may wait for each other in such a way that neither moves.

use std::collections::{BTreeMap, BTreeSet};

use super::Clashes;
use crate::diagnostic::{Diagnostic, Span, suggest};
use crate::resolve::Strategy;
use crate::spec::gate::{AfterSpec, GateKind};
use crate::spec::names::StrategyName;

/// That a strategy reached one of its stages; one more than it has is that it is through.
type Reached<'a> = (&'a StrategyName, usize);

/// One gate that waits for another strategy.
struct Wait<'a> {
    strategy: &'a Strategy,
    /// The stage that it keeps the strategy in.
    stage: usize,
    after: &'a AfterSpec,
    span: Span,
}

pub(super) fn check(strategies: &[&Strategy], clashes: &mut Clashes) {
    let by_name: BTreeMap<&StrategyName, &Strategy> =
        strategies.iter().map(|it| (&it.name, *it)).collect();
    let waits: Vec<Wait> = strategies.iter().flat_map(|it| waits(it)).collect();
    let mut needs: BTreeMap<Reached<'_>, Vec<Reached<'_>>> = BTreeMap::new();
    for wait in &waits {
        let Some(other) = by_name.get(&wait.after.strategy) else {
            continue;
        };
        if let Some(stage) = target(other, wait.after) {
            let next = (&wait.strategy.name, wait.stage + 1);
            needs.entry(next).or_default().push((&other.name, stage));
        } else {
            clashes.stopped.insert(wait.strategy.name.clone());
            clashes.findings.push(unknown_stage(wait, other));
        }
    }
    let mut told = BTreeSet::new();
    for wait in &waits {
        let next = (&wait.strategy.name, wait.stage + 1);
        let circle = circle(next, &needs);
        if circle.is_empty() || !told.insert(circle.clone()) {
            continue;
        }
        clashes
            .stopped
            .extend(circle.iter().map(|name| (*name).clone()));
        clashes.findings.push(in_a_circle(wait, &circle));
    }
}

fn waits(strategy: &Strategy) -> Vec<Wait<'_>> {
    let stages = strategy.rollout.stages.iter().enumerate();
    let gates = stages.flat_map(|(index, stage)| stage.gates.iter().map(move |it| (index, it)));
    let afters = gates.filter_map(|(stage, gate)| match &gate.kind {
        GateKind::After(after) => Some((stage, after)),
        _ => None,
    });
    let spans = strategy.origins.iter();
    let mut spans = spans
        .filter(|(pointer, _)| {
            pointer.starts_with("/rollout") && pointer.ends_with("/after/strategy")
        })
        .map(|(_, origin)| origin.span.clone().unwrap_or_else(|| strategy.span.clone()));
    afters
        .map(|(stage, after)| Wait {
            strategy,
            stage,
            after,
            span: spans.next().unwrap_or_else(|| strategy.span.clone()),
        })
        .collect()
}

/// The stage that is waited for, if there is one of that name.
fn target(other: &Strategy, after: &AfterSpec) -> Option<usize> {
    let stages = &other.rollout.stages;
    match &after.stage {
        None => Some(stages.len()),
        Some(name) => stages.iter().position(|stage| stage.name == *name),
    }
}

/// The strategies on the way from something back to itself; a stage comes after the one before it.
fn circle<'a>(
    start: Reached<'a>,
    needs: &BTreeMap<Reached<'a>, Vec<Reached<'a>>>,
) -> BTreeSet<&'a StrategyName> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![start]];
    while let Some(way) = ways.pop() {
        let Some((name, stage)) = way.last().copied() else {
            continue;
        };
        let before = stage.checked_sub(1).map(|stage| (name, stage));
        let others = needs.get(&(name, stage)).into_iter().flatten().copied();
        for next in others.chain(before) {
            if next == start {
                return way.iter().map(|(name, _)| *name).collect();
            }
            if seen.insert(next) {
                let mut longer = way.clone();
                longer.push(next);
                ways.push(longer);
            }
        }
    }
    BTreeSet::new()
}

fn unknown_stage(wait: &Wait<'_>, other: &Strategy) -> Diagnostic {
    let stage = wait.after.stage.as_deref().unwrap_or_default();
    let names = other.rollout.stages.iter().map(|stage| stage.name.as_str());
    let message = format!("strategy `{}` has no stage `{stage}`", other.name);
    let finding = Diagnostic::error("unknown-stage", wait.span.clone(), message);
    let finding = finding.with_label(other.span.clone(), "its rollout is here");
    if let Some(meant) = suggest(stage, names.clone()) {
        return finding.with_help(format!("did you mean `{meant}`?"));
    }
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    finding.with_help(format!("its stages are {}", names.join(", ")))
}

fn in_a_circle(wait: &Wait<'_>, circle: &BTreeSet<&StrategyName>) -> Diagnostic {
    let names: Vec<String> = circle.iter().map(|name| format!("`{name}`")).collect();
    let message = format!(
        "the rollouts of {} wait for each other, so that none of them moves",
        names.join(", ")
    );
    Diagnostic::error("after-cycle", wait.span.clone(), message).with_help(
        "let each wait for the stage that the other is in at the same time, not for a later one",
    )
}
