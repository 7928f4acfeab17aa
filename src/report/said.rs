//! What people said that is no change: restarts, quarantines lifted, clusters made anew.

use jiff::Timestamp;

use super::{Column, Span};
use crate::calendar::whole_second;
use crate::digest::short;
use crate::ledger::{Entry, Event, Fact, Kind};

pub(super) const COLUMNS: &[Column] = &[
    ("when", "RTS 6 art. 18"),
    ("cluster", ""),
    ("about", ""),
    ("what", ""),
    ("behaviour", ""),
    ("by", "RTS 6 art. 18"),
    ("reason", ""),
    ("entry", ""),
];

/// Something that a person said, or that happened by itself and is no change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// When.
    pub at: Timestamp,
    /// In which cluster.
    pub cluster: String,
    /// About what.
    pub about: String,
    /// What.
    pub kind: Kind,
    /// Of which behaviour.
    pub behaviour: String,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The number of its entry.
    pub entry: u64,
}

pub(super) fn all(entries: &[&Entry], span: Span) -> Vec<Said> {
    let entries = entries.iter();
    let inside = entries.filter(|entry| span.has(entry.fact.at) && is_said(&entry.fact.event));
    inside.map(|entry| said(entry)).collect()
}

fn is_said(event: &Event) -> bool {
    match event {
        Event::Lift { .. }
        | Event::Restart { .. }
        | Event::Halt { .. }
        | Event::Unhalt { .. }
        | Event::Drill { .. }
        | Event::Override { .. }
        | Event::Resumed { .. }
        | Event::Attest { .. }
        | Event::Retired { .. }
        | Event::Other => true,
        Event::Passed { .. }
        | Event::Approval { .. }
        | Event::Promotion { .. }
        | Event::Failure { .. }
        | Event::Abort { .. }
        | Event::Rollback { .. } => false,
    }
}

fn said(entry: &Entry) -> Said {
    let fact = &entry.fact;
    let by = fact.event.by();
    let revision = fact.event.revision();
    Said {
        at: fact.at,
        cluster: fact.cluster.clone(),
        about: about(fact),
        kind: fact.event.kind(),
        behaviour: revision.map_or_else(String::new, |it| short(&it.behaviour).to_owned()),
        by: by.map_or_else(String::new, |by| by.who.clone()),
        reason: reason(&fact.event),
        entry: entry.sequence,
    }
}

/// Why; and of what was overridden, what that was.
fn reason(event: &Event) -> String {
    let reason = event.by().and_then(|by| by.reason.clone());
    let reason = reason.unwrap_or_default();
    match event {
        Event::Override { what, until, .. } => {
            format!("{what}, until {}: {reason}", whole_second(*until))
        }
        _ => reason,
    }
}

fn about(fact: &Fact) -> String {
    let scope = fact.event.scope().map(|reach| reach.scope().to_string());
    let about = fact.release.clone().or(scope);
    about.unwrap_or_else(|| "the fleet".to_owned())
}

impl Said {
    pub(super) fn cells(&self) -> Vec<String> {
        vec![
            whole_second(self.at).to_string(),
            self.cluster.clone(),
            self.about.clone(),
            self.kind.to_string(),
            self.behaviour.clone(),
            self.by.clone(),
            self.reason.clone(),
            self.entry.to_string(),
        ]
    }
}
