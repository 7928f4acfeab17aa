//! What was decided in a span of time, for whoever has to answer for it.
//!
//! Everything comes from the ledger and from the fleet's own files, and each column says which rule
//! it gives evidence for. Whether that is enough is not for a program to say.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod change;
mod csv;
mod inventory;
mod markdown;
mod said;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::ledger::{Chain, Entry, Head};
use crate::resolve::Fleet;

pub use change::{Change, Outcome};
pub use csv::csv;
pub use inventory::Line;
pub use markdown::markdown;
pub use said::Said;

/// A span of time: from an instant on, and before another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first instant.
    pub from: Timestamp,
    /// The first one after it.
    pub to: Timestamp,
}

impl Span {
    fn has(self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// What a report rests on.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The fleet, as its files are now.
    pub fleet: &'a Fleet,
    /// All entries of its ledger.
    pub entries: &'a [&'a Entry],
    /// What they say together.
    pub chain: &'a Chain,
    /// How many things are wrong with the ledger.
    pub findings: usize,
}

/// A report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The fleet's name.
    pub fleet: String,
    /// Its time.
    pub span: Span,
    /// Where the ledger ends.
    pub head: Option<Head>,
    /// How many things are wrong with it.
    pub findings: usize,
    /// What there is.
    pub inventory: Vec<Line>,
    /// What changed, or was to.
    pub changes: Vec<Change>,
    /// What people said besides.
    pub said: Vec<Said>,
}

/// The tables of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// What there is.
    Inventory,
    /// What changed, or was to.
    Changes,
    /// What people said besides.
    Said,
}

/// Draws a report up.
pub fn report(basis: &Basis<'_>, span: Span) -> Report {
    Report {
        fleet: basis.fleet.name.to_string(),
        span,
        head: basis.chain.head(),
        findings: basis.findings,
        inventory: inventory::lines(basis),
        changes: change::all(basis.entries, span),
        said: said::all(basis.entries, span),
    }
}

impl Table {
    /// Its heading.
    fn title(self) -> &'static str {
        match self {
            Self::Inventory => "What there is",
            Self::Changes => "What changed, or was to",
            Self::Said => "What people said besides",
        }
    }

    /// Its columns, each with the rule that it gives evidence for.
    fn columns(self) -> &'static [Column] {
        match self {
            Self::Inventory => inventory::COLUMNS,
            Self::Changes => change::COLUMNS,
            Self::Said => said::COLUMNS,
        }
    }

    fn rows(self, report: &Report) -> Vec<Vec<String>> {
        match self {
            Self::Inventory => report.inventory.iter().map(Line::cells).collect(),
            Self::Changes => report.changes.iter().map(Change::cells).collect(),
            Self::Said => report.said.iter().map(Said::cells).collect(),
        }
    }
}

/// A column: its name, and the rule that it gives evidence for; empty for none.
type Column = (&'static str, &'static str);
