//! Windows: when a change may happen, written as an expression over exchange calendars.
//!
//! ```text
//! closed(XNYS) && until_open(XNYS) >= 30m && !maintenance(crypto:coinbase)
//! ```
//!
//! Only the form is known here; [`crate::calendar`] says what holds when. `!` binds stronger than
//! `&&`, and that stronger than `||`.

mod parse;
#[cfg(test)]
mod tests;
mod token;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};

use super::calendar::CalendarName;
use super::clock::ZoneName;
use super::measure::Duration;
use super::text::text_type;
pub(super) use parse::{clock_time, weekday};

/// The longest text of a window.
pub const MAX_LENGTH: usize = 1000;

/// How deep parentheses and negations may nest.
pub const MAX_DEPTH: usize = 32;

/// The longest span of time that a window may compare with: further than that, nobody plans.
pub const MAX_SPAN: u32 = 60 * 86_400;

/// When a change may happen: an expression, kept with its own text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WindowExpr {
    text: String,
    root: Expr,
}

text_type!(
    WindowExpr,
    "window",
    "When something may happen, such as `closed(XNYS) && until_open(XNYS) >= 30m`."
);

/// A node of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A condition.
    Is(Atom),
    /// The contrary.
    Not(Box<Self>),
    /// All of them.
    All(Vec<Self>),
    /// At least one of them.
    Any(Vec<Self>),
}

/// A condition and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Atom {
    /// What has to be so.
    pub condition: Condition,
    /// Its bytes in the text.
    pub place: Range<usize>,
}

/// What has to be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A calendar is in one of these phases: `open(XNYS)`, `closed(XTKS, breaks)`.
    In {
        /// The phases that count.
        phases: BTreeSet<Phase>,
        /// Whose.
        calendar: CalendarName,
    },
    /// A venue is being maintained: `maintenance(crypto:coinbase)`.
    Maintenance {
        /// Whose.
        calendar: CalendarName,
    },
    /// How far it is to an edge of trading: `until_open(XNYS) >= 30m`.
    Far {
        /// From where to where.
        measure: Measure,
        /// Whose edge.
        calendar: CalendarName,
        /// How the distance is compared.
        comparison: Comparison,
        /// With what.
        span: Duration,
    },
    /// A time of the day or of the week: `between(Mon 09:00, Fri 17:00, Europe/London)`.
    Between(Between),
}

/// What a calendar is in at an instant: exactly one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// No session.
    Closed,
    /// Trading before the regular session.
    Pre,
    /// The regular session.
    Regular,
    /// A break of the regular session.
    Break,
    /// Trading after the regular session.
    Post,
}

/// A distance in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// To the next start of regular trading, after a break too.
    UntilOpen,
    /// From the last start of regular trading.
    SinceOpen,
    /// To the next end of regular trading, before a break too.
    UntilClose,
    /// From the last end of regular trading.
    SinceClose,
}

/// How a distance is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`
    AtLeast,
    /// `>`
    MoreThan,
    /// `<=`
    AtMost,
    /// `<`
    LessThan,
}

/// A time of the day or of the week, from one instant of the clock to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Between {
    /// Its beginning and its end.
    pub span: ClockSpan,
    /// Whose clock.
    pub zone: ZoneName,
}

/// From one time to another; it ends on a later day when its end is not behind its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockSpan {
    /// Every day.
    Daily {
        /// From.
        from: ClockTime,
        /// To.
        to: ClockTime,
    },
    /// Every week.
    Weekly {
        /// From.
        from: (Weekday, ClockTime),
        /// To.
        to: (Weekday, ClockTime),
    },
}

/// A time of the day, in seconds from midnight by the clock on the wall: at most `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockTime(pub u32);

/// Why a text is no window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a window: {reason}, at character {}", self.character())]
pub struct ParseWindowError {
    /// The text.
    pub text: String,
    /// What is wrong.
    pub reason: String,
    /// The byte of the text where it is wrong.
    pub at: usize,
}

impl ParseWindowError {
    /// The place of the mistake, in characters from 1.
    pub fn character(&self) -> usize {
        let before = self.text.get(..self.at).unwrap_or(&self.text);
        before.chars().count() + 1
    }
}

impl WindowExpr {
    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The expression.
    pub fn root(&self) -> &Expr {
        &self.root
    }

    /// The words of a condition.
    pub fn words(&self, atom: &Atom) -> &str {
        self.text.get(atom.place.clone()).unwrap_or(&self.text)
    }

    /// Every condition, in the order of the text.
    pub fn atoms(&self) -> Vec<&Atom> {
        let mut atoms = Vec::new();
        let mut open = vec![&self.root];
        while let Some(node) = open.pop() {
            match node {
                Expr::Is(atom) => atoms.push(atom),
                Expr::Not(inner) => open.push(inner),
                Expr::All(parts) | Expr::Any(parts) => open.extend(parts.iter().rev()),
            }
        }
        atoms
    }

    /// Every calendar that the window names, in alphabetical order.
    pub fn calendars(&self) -> BTreeSet<&CalendarName> {
        let atoms = self.atoms().into_iter();
        atoms.filter_map(|atom| atom.condition.calendar()).collect()
    }
}

impl Condition {
    /// The calendar it asks, if it asks one.
    pub fn calendar(&self) -> Option<&CalendarName> {
        match self {
            Self::In { calendar, .. }
            | Self::Maintenance { calendar }
            | Self::Far { calendar, .. } => Some(calendar),
            Self::Between(_) => None,
        }
    }
}

impl FromStr for WindowExpr {
    type Err = ParseWindowError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let root = parse::expression(text).map_err(|mistake| ParseWindowError {
            text: text.to_owned(),
            reason: mistake.reason,
            at: mistake.at,
        })?;
        Ok(Self {
            text: text.to_owned(),
            root,
        })
    }
}

impl From<WindowExpr> for String {
    fn from(window: WindowExpr) -> Self {
        window.text
    }
}

impl fmt::Display for WindowExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for ClockTime {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        parse::clock_time(text, 24).map(Self).ok_or(())
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 3600, self.0 / 60 % 60)?;
        match self.0 % 60 {
            0 => Ok(()),
            seconds => write!(f, ":{seconds:02}"),
        }
    }
}
