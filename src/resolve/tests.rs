use super::fixture;
use super::*;
use crate::diagnostic::{Diagnostic, catalog};

/// Adds files to the whole fleet and wants exactly one finding: its code, file, line and message.
#[track_caller]
fn check(files: &[(&str, &str)], code: &str, place: &str, message: &str) -> Diagnostic {
    let outcome = fixture::resolve(files);
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

fn strategy(outcome: &Outcome, name: &str) -> Strategy {
    let fleet = outcome.fleet.as_ref().expect("the fleet is readable");
    fleet.strategies[&name.parse().unwrap()].clone()
}

#[test]
fn the_small_fleet_has_no_findings() {
    let outcome = fixture::resolve(&[]);
    assert_eq!(outcome.findings, []);
    assert!(!outcome.unreadable);
    let tern = strategy(&outcome, "tern");
    assert_eq!(tern.resources.cpu.as_str(), "500m");
    assert_eq!(tern.engine.name.as_str(), "plain");
    assert_eq!(tern.account.unwrap().exclusive, ["binance-one"]);
    assert_eq!(tern.origins["/resources/cpu"].layer, Layer::Edition);
    assert_eq!(tern.origins["/mode"].layer, Layer::Strategy);
}

#[test]
fn an_account_of_another_desk_is_refused() {
    let finding = check(
        &[(
            "accounts/binance-one.yaml",
            "kind: Account\nspec: {venue: crypto:binance, currency: USDT, exclusive: account, desks: []}\n",
        )],
        "account-not-open",
        "desks/rates/tern.yaml:7:12",
        "account `binance-one` is not open to desk `rates`",
    );
    assert_eq!(finding.labels.len(), 1);
}
