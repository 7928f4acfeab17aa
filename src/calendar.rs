//! Exchange calendars and what windows over them mean: pure arithmetic on instants.
//!
//! A calendar is expanded into UTC intervals only around the instants that are asked for, each
//! edge by the time zone's own rules, so that no answer rests on arithmetic with local clocks.
//! Outside the days that a calendar knows everything is [`Verdict::Unknown`], which denies, and
//! so does its negation.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod alias;
mod build;
mod built_in;
mod expand;
mod open_time;
mod run;
mod set;
mod signal;
mod tables;
#[cfg(test)]
mod tests;
mod why;
mod window;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use build::CalendarError;
pub use run::{Due, Next, Run};
pub use tables::Tables;
pub use why::{human_span, whole_second};
pub use window::{Opening, State, Window};

use crate::source::RepoPath;
use crate::spec::calendar::{CalendarName, Hours, Weekdays};
use crate::spec::clock::ZoneName;
use crate::spec::window::Phase;
use set::{Interval, Nanos};

/// When a venue trades.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// Its name.
    pub name: CalendarName,
    /// Whose clock its hours are on.
    pub zone: ZoneName,
    /// The first and the last day it knows.
    pub valid: (Date, Date),
    /// Where it is from: the table first, then the documents that correct it.
    pub sources: Vec<Origin>,
    clock: TimeZone,
    known: Interval,
    week: Vec<WeekRule>,
    days: BTreeMap<Date, DayRule>,
    sessions: Vec<(Phase, Interval)>,
    weekly_maintenance: Vec<(Weekdays, Hours)>,
    maintenance: Vec<Interval>,
}

/// Where a calendar is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The source, such as a program and its version.
    pub text: String,
    /// The day on which it was taken from there.
    pub generated_at: Option<Date>,
    /// The fleet's document; `None` for what Tidegate brings itself.
    pub file: Option<RepoPath>,
}

/// What some days of the week are like, while it is so.
#[derive(Debug, Clone, PartialEq, Eq)]
struct WeekRule {
    days: Weekdays,
    from: Date,
    until: Date,
    day: DayRule,
}

/// What a day is like; without any hours, it is a holiday.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct DayRule {
    regular: Option<Hours>,
    pre: Option<Hours>,
    post: Option<Hours>,
}

/// A truth with three values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds: the window is open.
    Open,
    /// It does not hold.
    Closed,
    /// It cannot be told, which denies.
    Unknown,
}

impl Verdict {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Unknown => "unknown",
        }
    }

    /// Whether something may happen.
    pub fn allows(self) -> bool {
        match self {
            Self::Open => true,
            Self::Closed | Self::Unknown => false,
        }
    }
}

impl Calendar {
    /// The instants it knows: from the first until just before the second.
    pub fn known(&self) -> (Timestamp, Timestamp) {
        (set::instant(self.known.from), set::instant(self.known.to))
    }

    /// Whether it lists any maintenance at all.
    pub fn lists_maintenance(&self) -> bool {
        !self.weekly_maintenance.is_empty() || !self.maintenance.is_empty()
    }

    /// Whether it knows what is at an instant.
    fn knows(&self, at: Nanos) -> bool {
        self.known.contains(at)
    }
}
