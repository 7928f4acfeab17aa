mod calendars;
mod documents;
mod files;
mod incidents;
mod jobs;
mod layers;
mod metrics;
mod references;
mod rollouts;
mod scales;
mod scans;
mod secrets;

use super::fixture::{self, ALGO, WHOLE};
use super::*;
use crate::diagnostic::{Diagnostic, catalog};
use crate::source::{Entry, Sources};

/// Adds files to the whole fleet and wants exactly one finding: its code, place and message.
#[track_caller]
fn check(files: &[(&str, &str)], code: &str, place: &str, message: &str) -> Diagnostic {
    only(&fixture::resolve(files), code, place, message)
}

/// Wants exactly one finding.
#[track_caller]
fn only(outcome: &Outcome, code: &str, place: &str, message: &str) -> Diagnostic {
    let [finding] = outcome.findings.as_slice() else {
        panic!("{:#?}", outcome.findings);
    };
    let start = finding.span.start;
    let found = format!("{}:{}:{}", finding.span.file, start.line, start.column);
    assert_eq!(
        (finding.code, found.as_str(), finding.message.as_str()),
        (code, place, message)
    );
    assert!(finding.help.is_some(), "every finding says what to do");
    assert!(catalog::find(code).is_some(), "`{code}` is explained");
    finding.clone()
}

/// Adds lines to the algo `tern`; they begin in line 8.
fn tern(lines: &str) -> String {
    format!("{}{lines}", ALGO.1)
}

/// Resolves the fleet with lines added to the algo `tern`.
fn with(lines: &str) -> Outcome {
    fixture::resolve(&[(ALGO.0, &tern(lines))])
}

/// Wants exactly one finding after lines were added to the algo `tern`.
#[track_caller]
fn check_tern(lines: &str, code: &str, place: (usize, usize), message: &str) -> Diagnostic {
    let place = format!("{}:{}:{}", ALGO.0, place.0, place.1);
    only(&with(lines), code, &place, message)
}

/// The codes of the findings.
fn codes(outcome: &Outcome) -> Vec<&str> {
    outcome.findings.iter().map(|it| it.code).collect()
}

fn fleet(outcome: &Outcome) -> &Fleet {
    outcome.fleet.as_ref().expect("the fleet resolves")
}

fn strategy(outcome: &Outcome, name: &str) -> Strategy {
    let strategies = &fleet(outcome).strategies;
    let found = strategies.get(&name.parse().unwrap());
    found
        .unwrap_or_else(|| panic!("{:#?}", outcome.findings))
        .clone()
}

/// The names of the strategies that have an error.
fn broken(outcome: &Outcome) -> Vec<&str> {
    let broken = &fleet(outcome).broken;
    broken.keys().map(StrategyName::as_str).collect()
}

#[test]
fn the_small_fleet_has_no_findings() {
    let outcome = fixture::resolve(&[]);
    assert_eq!(outcome.findings, []);
    assert!(!outcome.unreadable);
    assert_eq!(broken(&outcome), [] as [&str; 0]);
    assert_eq!(fleet(&outcome).cluster.monitoring_namespace, "monitoring");
    assert_eq!(fleet(&outcome).deletion_cap, 10);
}

#[test]
fn the_same_files_give_the_same_fleet() {
    assert_eq!(fixture::resolve(&[]), fixture::resolve(&[]));
}

#[test]
fn a_strategy_with_an_error_stops_only_itself() {
    let outcome = fixture::resolve(&[(
        "desks/rates/skua.yaml",
        "kind: Strategy\nspec: {class: service}\n",
    )]);
    assert_eq!(codes(&outcome), ["missing-field"]);
    assert_eq!(broken(&outcome), ["skua"]);
    assert_eq!(fleet(&outcome).strategies.len(), 1);
    assert!(!outcome.unreadable);
}
