//! Times in which nothing changes: of the fleet, of a desk, of a venue.

use std::collections::BTreeSet;

use super::Freeze;
use super::case::unknown;
use super::read::Documents;
use super::tables::Tables;
use crate::diagnostic::Diagnostic;
use crate::spec::names::DeskName;
use crate::spec::net::Venue;
use crate::yaml::Node;

/// The freezes as they were given; whoever heeds them looks at the clock.
pub(super) fn settle(tables: &Tables) -> Vec<Freeze> {
    let freezes = tables.fleet_spec.freezes.iter().map(|freeze| Freeze {
        desk: freeze.desk.clone(),
        venue: freeze.venue.clone(),
        until: freeze.until.map(|until| until.0),
        reason: freeze.reason.clone(),
    });
    freezes.collect()
}

/// Tells of freezes that freeze nothing.
pub(super) fn check(tables: &Tables, documents: &Documents) -> Vec<Diagnostic> {
    let mut findings = desks(tables);
    findings.extend(venues(tables, documents));
    findings
}

fn desks(tables: &Tables) -> Vec<Diagnostic> {
    let freezes = tables.fleet_spec.freezes.iter().enumerate();
    let named = freezes.filter_map(|(index, freeze)| Some((index, freeze.desk.as_ref()?)));
    let strange = named.filter(|(_, desk)| !tables.desks.contains_key(*desk));
    strange
        .map(|(index, desk)| {
            unknown(
                "unknown-desk",
                tables.fleet_span(&format!("/spec/freezes/{index}/desk")),
                "desk",
                desk.as_str(),
                tables.desks.keys().map(DeskName::as_str),
                "correct the name: this freezes nothing",
            )
        })
        .collect()
}

fn venues(tables: &Tables, documents: &Documents) -> Vec<Diagnostic> {
    let freezes = tables.fleet_spec.freezes.iter().enumerate();
    let named: Vec<(usize, &Venue)> = freezes
        .filter_map(|(index, freeze)| Some((index, freeze.venue.as_ref()?)))
        .collect();
    // Where an account cannot be read, its venue is not known either.
    if named.is_empty() || tables.accounts.values().any(|it| it.spec.is_none()) {
        return Vec::new();
    }
    let traded = traded(tables, documents);
    let strange = named
        .into_iter()
        .filter(|(_, venue)| !traded.contains(venue.as_str()));
    strange
        .map(|(index, venue)| {
            unknown(
                "unknown-venue",
                tables.fleet_span(&format!("/spec/freezes/{index}/venue")),
                "venue",
                venue.as_str(),
                traded.iter().copied(),
                "correct the name: no account is there, and no strategy has it in its `limits`, so that this freezes nothing",
            )
        })
        .collect()
}

/// The venues of accounts, and those that limits let strategies trade on.
fn traded<'a>(tables: &'a Tables, documents: &'a Documents) -> BTreeSet<&'a str> {
    let accounts = tables.accounts.values();
    let accounts = accounts.filter_map(|account| Some(account.spec.as_ref()?.venue.as_str()));
    let mut traded: BTreeSet<&str> = accounts.collect();
    let strategies = documents.strategies.iter().map(|it| &it.node);
    let desks = tables.desks.values().map(|it| &it.node);
    for node in strategies.chain(desks).chain([&tables.fleet.node]) {
        limited(node, &mut traded);
    }
    traded
}

/// The venues of `limits`, at whichever layer they stand.
fn limited<'a>(node: &'a Node, found: &mut BTreeSet<&'a str>) {
    for entry in node.entries() {
        if entry.key == "limits" {
            let venues = entry.node.get("venues").map_or(&[][..], Node::items);
            found.extend(venues.iter().filter_map(Node::as_str));
        } else {
            limited(&entry.node, found);
        }
    }
}
