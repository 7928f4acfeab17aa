//! `scan`: a scanner knows of nothing worse in the very images that run than what is put up with.
//!
//! A report counts for the digest that it is about and for no other, and only while it is not too
//! old. Without one for every image the gate waits: what nobody looked into is not known to be well.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::count::is_new;
use super::evidence::{Evidence, Measurement, Outcome, Report, Scanned};
use super::query::{Query, ScanCall, Scanner, Wanted};
use super::state::GateState;
use super::{Look, later};
use crate::digest::Digest;
use crate::rollout::verdict::Verdict;
use crate::spec::gate::{Reports, ScanGate, Severity, Waiver};
use crate::spec::image::Image;

/// How many findings are told by name.
const NAMED: usize = 3;

/// How far ahead another clock may be.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn look(
    gate: &ScanGate,
    state: &GateState,
    evidence: &Evidence<'_>,
    now: Timestamp,
) -> Look {
    let digests = match pinned(evidence.images) {
        Ok(digests) => digests,
        Err(why) => return Look::new(Verdict::Wait, why, state),
    };
    let Some(settled) = evidence.settled_at else {
        let why = "a scanner's reports, asked for when the stage is in place";
        return Look::new(Verdict::Wait, why, state);
    };
    let (look, due) = match evidence.fresh() {
        None => {
            let why = "no scanner was asked yet";
            (Look::new(Verdict::Wait, why, state), settled)
        }
        Some(measurement) => {
            let next = later(measurement.at, gate.interval);
            (judge(gate, &digests, measurement, state, now), next)
        }
    };
    let call = ScanCall {
        digests,
        above: gate.max_severity,
        scanner: match &gate.reports {
            Reports::Objects => Scanner::Objects {
                namespace: evidence.subject.namespace.clone(),
            },
            Reports::Server(report) => Scanner::Server(report.clone()),
        },
    };
    look.wanting(Wanted {
        query: Query::Scan(call),
        due,
    })
}

/// The digests of the images, or why there is something that no report can be about.
fn pinned(images: &[Image]) -> Result<BTreeSet<Digest>, String> {
    if images.is_empty() {
        return Err("it is not known which images it runs".to_owned());
    }
    let digest = |image: &Image| {
        let why = || format!("image `{image}` is not pinned, and a report is about a digest");
        image.digest.ok_or_else(why)
    };
    images.iter().map(digest).collect()
}

fn judge(
    gate: &ScanGate,
    digests: &BTreeSet<Digest>,
    measurement: &Measurement,
    before: &GateState,
    now: Timestamp,
) -> Look {
    match &measurement.outcome {
        Outcome::Scanned(scanned) => {
            let is_asked = |it: &&Scanned| digests.contains(&it.digest);
            let scanned: Vec<&Scanned> = scanned.iter().filter(is_asked).collect();
            if scanned.len() == digests.len() {
                return read(gate, &scanned, before, now);
            }
            let why = "a scanner was asked about other images";
            Look::new(Verdict::Wait, why, before)
        }
        Outcome::Error(why) | Outcome::NoData(why) => failing(gate, measurement.at, why, before),
        Outcome::Value { .. } | Outcome::Compared(_) | Outcome::Logged(_) | Outcome::Answer(_) => {
            Look::new(Verdict::Error, "it was asked for something else", before)
        }
    }
}

/// No answer: put up with a few times in a row.
fn failing(gate: &ScanGate, at: Timestamp, why: &str, before: &GateState) -> Look {
    let why = format!("reports cannot be read: {why}");
    let mut state = before.clone();
    let limit = gate.consecutive_errors;
    if is_new(at, before) && state.consecutive_errors <= limit {
        state.consecutive_errors += 1;
        state.counted = Some(at);
        state.last = Some(why.clone());
    }
    let verdict = if state.consecutive_errors > limit {
        Verdict::Error
    } else {
        Verdict::Wait
    };
    Look::new(verdict, why, &state)
}

/// What a report comes to, the worst last.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reading {
    Clean(String),
    Lacking(String),
    Bad(String),
}

fn read(gate: &ScanGate, scanned: &[&Scanned], before: &GateState, now: Timestamp) -> Look {
    let mut state = GateState {
        consecutive_errors: 0,
        ..before.clone()
    };
    let mut readings: Vec<Reading> = scanned.iter().map(|it| of_one(gate, it, now)).collect();
    readings.sort();
    let (verdict, why) = worst(readings);
    // What it was judged on is what people are shown, and what the ledger tells of the gate. That
    // a report is as good as the one before is nothing to write down.
    if verdict != Verdict::Pass || before.verdict != Verdict::Pass {
        state.last = Some(why.clone());
    }
    Look::new(verdict, why, &state).waking(changes_at(gate, scanned, now))
}

/// The worst of them; if all is well, all of them.
fn worst(mut readings: Vec<Reading>) -> (Verdict, String) {
    let mut clean = Vec::new();
    while let Some(reading) = readings.pop() {
        match reading {
            Reading::Bad(why) => return (Verdict::Fail, why),
            Reading::Lacking(why) => return (Verdict::Wait, why),
            Reading::Clean(why) => clean.push(why),
        }
    }
    clean.reverse();
    (Verdict::Pass, clean.join("; "))
}

fn of_one(gate: &ScanGate, scanned: &Scanned, now: Timestamp) -> Reading {
    let image = format!("image `sha256:{}`", scanned.digest.short());
    let (made, findings) = match &scanned.report {
        Report::Missing(why) => return Reading::Lacking(format!("no report on {image}: {why}")),
        Report::Found { made, findings } => (*made, findings),
    };
    let bad = findings.iter().filter(|(id, severity)| {
        **severity > gate.max_severity && !gate.waivers.iter().any(|it| waives(it, id, now))
    });
    let mut bad: Vec<(&String, Severity)> = bad.map(|(id, severity)| (id, *severity)).collect();
    if !bad.is_empty() {
        // The worst first.
        bad.sort_by_key(|(id, severity)| (std::cmp::Reverse(*severity), *id));
        return Reading::Bad(format!("{image} has {}", told(&bad)));
    }
    if made > now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX) {
        return Reading::Lacking(format!("the report on {image} is of {made}, yet to come"));
    }
    if now >= later(made, gate.max_age) {
        let most = gate.max_age;
        return Reading::Lacking(format!(
            "the report on {image} is of {made}, more than {most} ago"
        ));
    }
    let most = gate.max_severity;
    Reading::Clean(format!(
        "{image} has nothing above `{most}` in the report of {made}"
    ))
}

fn waives(waiver: &Waiver, id: &str, now: Timestamp) -> bool {
    waiver.id == id && now < waiver.until.0
}

fn told(bad: &[(&String, Severity)]) -> String {
    let named = bad.iter().take(NAMED);
    let named: Vec<String> = named
        .map(|(id, severity)| format!("`{id}` ({severity})"))
        .collect();
    let more = match bad.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", named.join(", "))
}

/// When the same reports say something else: one gets too old, or a waiver ends.
fn changes_at(gate: &ScanGate, scanned: &[&Scanned], now: Timestamp) -> Option<Timestamp> {
    let ages = scanned.iter().filter_map(|it| match &it.report {
        Report::Found { made, .. } => Some(later(*made, gate.max_age)),
        Report::Missing(_) => None,
    });
    let waivers = gate.waivers.iter().map(|it| it.until.0);
    ages.chain(waivers).filter(|at| *at > now).min()
}

/// Reports of that instant in which nothing is.
pub fn clean(call: &ScanCall, at: Timestamp) -> Outcome {
    let scanned = call.digests.iter().map(|digest| Scanned {
        digest: *digest,
        report: Report::Found {
            made: at,
            findings: [].into(),
        },
    });
    Outcome::Scanned(scanned.collect())
}
