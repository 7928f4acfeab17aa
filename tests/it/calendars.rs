//! The built-in calendars agree with `exchange_calendars` of PyPI, day by day, within the days that
//! they know: opens, closes, breaks, half days, and the weeks in which clocks change. Where they
//! differ on purpose is in `tests/calendars/markets.json`, each with its source.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use tidegate::calendar::Tables;

use crate::python;

/// What `exchange_calendars` says about a market.
#[derive(Deserialize)]
struct Market {
    mic: String,
    zone: String,
    from: String,
    to: String,
    /// For each session its parts between breaks, in seconds of Unix time.
    sessions: Vec<Vec<(i64, i64)>>,
}

fn second(at: i64) -> Timestamp {
    Timestamp::from_second(at).expect("it is near")
}

/// Pairs that only one side has, for a message.
fn differences<T: Ord + Copy + std::fmt::Debug>(ours: &[T], theirs: &[T]) -> String {
    let ours: BTreeSet<T> = ours.iter().copied().collect();
    let theirs: BTreeSet<T> = theirs.iter().copied().collect();
    let only = |a: &BTreeSet<T>, b| a.difference(b).copied().take(5).collect::<Vec<T>>();
    format!(
        "only ours {:?}, only theirs {:?}",
        only(&ours, &theirs),
        only(&theirs, &ours)
    )
}

#[track_caller]
fn same(what: &str, ours: &[(Timestamp, Timestamp)], theirs: &[(Timestamp, Timestamp)]) {
    assert!(ours == theirs, "{what}: {}", differences(ours, theirs));
}

fn check(market: &Market, tables: &Tables) {
    let name = market.mic.parse().expect("it is a MIC");
    let calendar = tables.get(&name).expect("it is built in");
    let mic = &market.mic;
    assert_eq!(calendar.zone.as_str(), market.zone, "{mic}");
    let (first, last) = calendar.valid;
    assert_eq!(
        (first.to_string(), last.to_string()),
        (market.from.clone(), market.to.clone())
    );

    let stretches = |pairs: Vec<(i64, i64)>| -> Vec<(Timestamp, Timestamp)> {
        pairs
            .into_iter()
            .map(|(a, b)| (second(a), second(b)))
            .collect()
    };
    let parts = stretches(market.sessions.iter().flatten().copied().collect());
    let gaps = market.sessions.iter().flat_map(|parts| {
        let gaps = parts.iter().zip(parts.iter().skip(1));
        gaps.map(|((_, end), (begin, _))| (*end, *begin))
    });
    let gaps = stretches(gaps.collect());
    let days = market.sessions.iter().filter_map(|parts| {
        let ((open, _), (_, close)) = (parts.first()?, parts.last()?);
        Some((*open, *close))
    });
    let days = stretches(days.collect());

    // From the day before the first one: its session may begin there.
    let (from, to) = calendar.known();
    let from = from - jiff::SignedDuration::from_hours(24);
    same(
        &format!("parts of {mic}"),
        &calendar.regular(from, to),
        &parts,
    );
    same(
        &format!("breaks of {mic}"),
        &calendar.breaks(from, to),
        &gaps,
    );
    same(
        &format!("sessions of {mic}"),
        &calendar.sessions(from, to),
        &days,
    );
    assert!(days.len() > 230, "{mic} has {} sessions", days.len());
}

#[test]
fn the_table_agrees_with_exchange_calendars() {
    let printed = python::run("calendars/requirements.txt", "calendars/compare.py", "");
    let tables = Tables::built_in();
    let markets: Vec<Market> = printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert!(markets.len() >= 20, "{} markets", markets.len());
    for market in &markets {
        check(market, &tables);
    }
    // Nothing that looks like an exchange is left out of the comparison.
    let compared: BTreeSet<&str> = markets.iter().map(|it| it.mic.as_str()).collect();
    for name in tables.names() {
        let exchange = name.as_str().len() == 4 && name.as_str() != "24x7";
        assert!(
            !exchange || compared.contains(name.as_str()),
            "{name} is not compared"
        );
    }
}

#[test]
fn every_exception_has_its_source() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calendars/markets.json");
    let text = std::fs::read_to_string(path).expect("it is there");
    let markets: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let calendars = markets["calendars"].as_object().expect("a mapping");
    for (mic, market) in calendars {
        let says = |key: &str| market[key].as_str().is_some_and(|text| text.len() > 20);
        assert!(market.get("close").is_none() || says("exception"), "{mic}");
        let extended = market.get("pre").or(market.get("post"));
        assert!(extended.is_none() || says("extendedSource"), "{mic}");
    }
}
