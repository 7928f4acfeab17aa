//! Changes: from the first stage that was passed to how it ended.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Column, Span};
use crate::calendar::whole_second;
use crate::digest::short;
use crate::ledger::{Entry, Event};
use crate::release::{GateStatus, Revision};
use crate::rollout::verdict::Verdict;

pub(super) const COLUMNS: &[Column] = &[
    ("when", "RTS 6 art. 5(7)"),
    ("cluster", ""),
    ("desk", ""),
    ("what", "RTS 6 art. 5(7)"),
    ("outcome", ""),
    ("from", "RTS 6 art. 5(7)"),
    ("to", "RTS 6 art. 5(7)"),
    ("commit", "RTS 6 art. 5(7)"),
    ("approved or promoted by", "RTS 6 art. 5(2)"),
    ("evidence", "RTS 6 art. 6 and 7"),
    ("entry", ""),
];

/// A change, or one that was to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// When it ended.
    pub at: Timestamp,
    /// In which cluster.
    pub cluster: String,
    /// Of which desk.
    pub desk: String,
    /// Of what: the name of its Release.
    pub release: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What ran before.
    pub before: Option<Revision>,
    /// What came, or was to.
    pub revision: Revision,
    /// Who approved it, or let it go on.
    pub people: Vec<String>,
    /// What was judged: each stage that was passed, with its gates.
    pub evidence: Vec<String>,
    /// The number of the entry that tells how it ended.
    pub entry: u64,
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It runs.
    Promoted,
    /// It failed, and why.
    Failed(String),
    /// A person gave it up.
    GivenUp(String),
    /// A person asked to go back to it: its promotion follows.
    WentBack(String),
}

/// What was seen of a change that has not ended yet.
#[derive(Default)]
struct Open {
    people: Vec<String>,
    evidence: Vec<String>,
}

/// The changes that ended in a span of time, in the order of the ledger.
pub(super) fn all(entries: &[&Entry], span: Span) -> Vec<Change> {
    let mut open: BTreeMap<(&str, &str, &str), Open> = BTreeMap::new();
    let mut runs: BTreeMap<(&str, &str), &Revision> = BTreeMap::new();
    let mut changes = Vec::new();
    for entry in entries {
        let fact = &entry.fact;
        if let (Some(release), Event::Approval { behaviour, by, .. }) = (&fact.release, &fact.event)
        {
            let open = open.entry((&*fact.cluster, &**release, &**behaviour));
            open.or_default().people.push(by.to_string());
            continue;
        }
        let (Some(release), Some(revision)) = (&fact.release, fact.event.revision()) else {
            continue;
        };
        let key = (&*fact.cluster, &**release, &*revision.behaviour);
        if let Event::Passed {
            stage, gates, by, ..
        } = &fact.event
        {
            let open = open.entry(key).or_default();
            open.evidence.push(evidence(stage, gates));
            open.people.extend(by.as_ref().map(ToString::to_string));
            continue;
        }
        let Some((outcome, before)) = ended(&fact.event) else {
            continue;
        };
        let before = before.or_else(|| runs.get(&(key.0, key.1)).copied());
        if outcome == Outcome::Promoted {
            runs.insert((key.0, key.1), revision);
        }
        let Open { people, evidence } = match outcome {
            Outcome::WentBack(_) => Open::default(),
            _ => open.remove(&key).unwrap_or_default(),
        };
        if span.has(fact.at) {
            changes.push(Change {
                at: fact.at,
                cluster: fact.cluster.clone(),
                desk: fact.desk.clone().unwrap_or_default(),
                release: release.clone(),
                outcome,
                before: before.cloned(),
                revision: revision.clone(),
                people,
                evidence,
                entry: entry.sequence,
            });
        }
    }
    changes
}

/// How a change ended, and what ran before; `None` for what ends none.
fn ended(event: &Event) -> Option<(Outcome, Option<&Revision>)> {
    match event {
        Event::Promotion { before, .. } => Some((Outcome::Promoted, before.as_ref())),
        Event::Failure { why, .. } => Some((Outcome::Failed(why.clone()), None)),
        Event::Abort { by, .. } => Some((Outcome::GivenUp(by.to_string()), None)),
        Event::Rollback { by, before, .. } => {
            Some((Outcome::WentBack(by.to_string()), before.as_ref()))
        }
        Event::Passed { .. }
        | Event::Approval { .. }
        | Event::Lift { .. }
        | Event::Restart { .. }
        | Event::Halt { .. }
        | Event::Unhalt { .. }
        | Event::Drill { .. }
        | Event::Override { .. }
        | Event::Resumed { .. }
        | Event::Attest { .. }
        | Event::Retired { .. }
        | Event::Other => None,
    }
}

fn evidence(stage: &str, gates: &[GateStatus]) -> String {
    let gates: Vec<String> = gates.iter().map(gate).collect();
    if gates.is_empty() {
        return format!("{stage}: no gate");
    }
    format!("{stage}: {}", gates.join("; "))
}

fn gate(gate: &GateStatus) -> String {
    let verdict = match gate.state.verdict {
        Verdict::Pass => "passed",
        Verdict::Wait => "waited",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Fail => "failed",
        Verdict::Error => "in error",
    };
    match gate.state.last.as_deref().filter(|last| !last.is_empty()) {
        Some(last) => format!("{} {verdict} ({last})", gate.gate),
        None => format!("{} {verdict}", gate.gate),
    }
}

impl Change {
    pub(super) fn cells(&self) -> Vec<String> {
        let digits = |revision: &Revision| short(&revision.behaviour).to_owned();
        let commit = self.revision.commit.as_deref().map(short);
        let outcome = match &self.outcome {
            Outcome::Promoted => "promoted".to_owned(),
            Outcome::Failed(why) => format!("failed: {why}"),
            Outcome::GivenUp(by) => format!("given up by {by}"),
            Outcome::WentBack(by) => format!("{by} asked to go back to it"),
        };
        vec![
            whole_second(self.at).to_string(),
            self.cluster.clone(),
            self.desk.clone(),
            self.release.clone(),
            outcome,
            self.before.as_ref().map_or_else(String::new, digits),
            digits(&self.revision),
            commit.unwrap_or("not committed").to_owned(),
            self.people.join("; "),
            self.evidence.join(" · "),
            self.entry.to_string(),
        ]
    }
}
