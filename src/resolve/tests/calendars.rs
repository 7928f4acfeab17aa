//! The fleet's own calendars, and windows that ask calendars.

use super::*;
use crate::calendar::Window;

fn with_window(window: &str, files: &[(&str, &str)]) -> Outcome {
    let algo = tern(&format!("  rollout: {{window: '{window}'}}\n"));
    let mut all = vec![(ALGO.0, algo.as_str())];
    all.extend(files);
    fixture::resolve(&all)
}

/// The codes of what is wrong, but that the block is not enforced.
fn told(outcome: &Outcome) -> Vec<&str> {
    let all = codes(outcome).into_iter();
    all.filter(|code| *code != "not-enforced").collect()
}

#[test]
fn a_window_asks_calendars_that_are_there() {
    for (window, code, help) in [
        ("closed(XNYS) && !maintenance(crypto:coinbase)", None, ""),
        (
            "closed(NYSE)",
            Some("unknown-calendar"),
            "did you mean `XNYS`?",
        ),
        (
            "closed(XQQQ)",
            Some("unknown-calendar"),
            "add `calendars/*.yaml`",
        ),
        (
            "!maintenance(crypto:binance)",
            Some("no-maintenance-known"),
            "add what the venue announces",
        ),
    ] {
        let outcome = with_window(window, &[]);
        assert_eq!(told(&outcome), Vec::from_iter(code), "{window}");
        let finding = outcome.findings.iter().find(|it| Some(it.code) == code);
        let found = finding.and_then(|it| it.help.clone()).unwrap_or_default();
        assert!(found.contains(help), "{found}");
        let broken = code == Some("unknown-calendar");
        assert_eq!(outcome.has_errors(), broken, "{window}");
    }
}

#[test]
fn every_calendar_of_a_rollout_is_looked_up() {
    let rollout =
        "  rollout: {watch: {for: {open: 2h, of: XQQQ}, gates: [{window: closed(XWWW)}]}}\n";
    let outcome = with(rollout);
    assert_eq!(told(&outcome), ["unknown-calendar", "unknown-calendar"]);
}

#[test]
fn a_fleet_adds_a_calendar_and_corrects_another() {
    let own = "\
kind: Calendar
metadata: {name: 'test:pulse'}
spec:
  zone: Etc/UTC
  validFrom: 2026-01-01
  validTo: 2027-12-31
  sessions:
  - {from: 2026-11-23T12:00:00Z, to: 2026-11-23T12:00:05Z}
---
kind: Calendar
metadata: {name: XNYS}
spec: {source: mourning, holidays: [2026-12-03]}
";
    let outcome = with_window(
        "open(test:pulse) || closed(XNYS)",
        &[("calendars/own.yaml", own)],
    );
    assert_eq!(told(&outcome), [""; 0]);
    let tables = &fleet(&outcome).calendars;
    let pulse = tables.get(&"test:pulse".parse().unwrap()).unwrap();
    assert_eq!(
        pulse.sources[0].file.as_ref().unwrap().as_str(),
        "calendars/own.yaml"
    );
    let window = "open(XNYS)".parse().unwrap();
    let at = |text: &str| Window::new(&window).verdict(tables, text.parse().unwrap());
    assert!(!at("2026-12-03T15:00:00Z").allows());
    assert!(at("2026-12-04T15:00:00Z").allows());
}

#[test]
fn a_calendar_with_errors_is_unknown_and_stops_who_asks_it() {
    for (text, code, place) in [
        (
            "kind: Calendar\nspec: {holidays: [2026-02-30]}\n",
            "invalid-value",
            "2:19",
        ),
        (
            "kind: Calendar\nspec: {holidays: [2026-01-02, 2026-01-02]}\n",
            "invalid-calendar",
            "2:31",
        ),
        (
            "kind: Calendar\nspec: {week: [{days: Mon-Foo}]}\n",
            "invalid-value",
            "2:22",
        ),
        (
            "kind: Calendar\nspec: {weeks: []}\n",
            "unknown-field",
            "2:8",
        ),
    ] {
        let outcome = with_window("closed(XNYS)", &[("calendars/XNYS.yaml", text)]);
        assert_eq!(told(&outcome), [code, "depends-on-error"], "{text}");
        let span = &outcome.findings[0].span;
        assert_eq!(format!("{}:{}", span.start.line, span.start.column), place);
        assert_eq!(broken(&outcome), ["tern"]);
        let calendars = &fleet(&outcome).calendars;
        assert!(calendars.get(&"XNYS".parse().unwrap()).is_none());
    }
    let stray = with_window(
        "closed(XQQQ)",
        &[("calendars/XQQQ.yaml", "kind: Calendar\nspec: {}\n")],
    );
    assert_eq!(told(&stray), ["invalid-calendar", "depends-on-error"]);
    let unnamed = with_window(
        "closed(XNYS)",
        &[("calendars/new-york.yaml", "kind: Calendar\nspec: {}\n")],
    );
    assert_eq!(told(&unnamed), ["invalid-name"]);
    assert!(unnamed.unreadable);
}

#[test]
fn a_calendar_that_ends_is_told_sixty_days_before() {
    let outcome = with_window("closed(XSHG)", &[]);
    let at = |text: &str| {
        let findings = outcome.findings_at(text.parse().unwrap());
        let codes = findings.iter().map(|it| it.code);
        codes.filter(|it| *it != "not-enforced").collect::<Vec<_>>()
    };
    assert_eq!(at("2026-11-01T15:59:59Z"), [""; 0]);
    assert_eq!(at("2026-11-01T16:00:00Z"), ["calendar-ends"]);
    assert_eq!(
        at("2027-01-01T00:00:00Z"),
        ["calendar-ends", "window-stays-closed"]
    );
}

#[test]
fn a_window_that_stays_closed_is_told() {
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    for (window, code) in [
        ("open(XNYS) && closed(XNYS)", Some("window-stays-closed")),
        ("open(XNYS) && open(XLON)", None),
    ] {
        let outcome = with_window(window, &[]);
        let findings = outcome.findings_at(now);
        let found = findings.iter().map(|it| it.code);
        let found: Vec<_> = found.filter(|it| *it != "not-enforced").collect();
        assert_eq!(found, Vec::from_iter(code), "{window}");
    }
    let tight = "  rollout: {window: break(XTKS), mustFinishWithin: 2h}\n";
    let findings = with(tight).findings_at(now);
    assert!(findings.iter().any(|it| it.code == "window-stays-closed"));
}
