//! Runs by trading session: when a job is due, and whether it was missed.

use jiff::{SignedDuration, Timestamp};

use super::set::{DAY, Interval, Nanos, SECOND, instant, nanos};
use super::window::chunks;
use super::{Calendar, Tables};
use crate::spec::edge::{Edge, EdgeExpr};

/// A run after the edge of each session: `after: close(XNYS)+30m, finishBefore: open(XNYS)-60m`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run<'a> {
    /// When it is due.
    pub after: &'a EdgeExpr,
    /// Until when it must be done.
    pub finish_before: Option<&'a EdgeExpr>,
}

/// When something is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Then.
    At(Timestamp),
    /// Not within what can be known: the calendar has no such edge, or ends before it.
    Unknown,
}

/// What is to be done about a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing, until the next one.
    Waiting {
        /// When that is.
        next: Next,
    },
    /// It is to be started.
    Now {
        /// Since when.
        since: Timestamp,
        /// Until when it must be done.
        deadline: Option<Timestamp>,
    },
    /// It was not started, and it is too late for it.
    Missed {
        /// When it was due.
        since: Timestamp,
        /// Until when it had to be done.
        deadline: Timestamp,
        /// When the next one is.
        next: Next,
    },
    /// The calendar does not know this instant, so nothing is started.
    Unknown,
}

/// How far back a run is looked for: no market is closed for longer.
const LOOK_BACK: Nanos = 40 * DAY;

impl Run<'_> {
    /// What is to be done now. `started` is when a run was started last, or since when there is
    /// this run at all: sessions that ended before it are none of its business.
    pub fn due(&self, tables: &Tables, started: Timestamp, now: Timestamp) -> Due {
        let Some(calendar) = tables.get(self.after.calendar()) else {
            return Due::Unknown;
        };
        if !calendar.knows(nanos(now).saturating_sub(offset(self.after))) {
            return Due::Unknown;
        }
        let next = self.next(tables, now);
        let Some(since) = last(calendar, self.after, nanos(now)).filter(|at| *at > nanos(started))
        else {
            return Due::Waiting { next };
        };
        let deadline = self.deadline(tables, since);
        match deadline {
            Some(deadline) if deadline <= now => Due::Missed {
                since: instant(since),
                deadline,
                next,
            },
            _ => Due::Now {
                since: instant(since),
                deadline,
            },
        }
    }

    /// The first time after an instant at which it is due.
    pub fn next(&self, tables: &Tables, after: Timestamp) -> Next {
        tables
            .get(self.after.calendar())
            .and_then(|calendar| first(calendar, self.after, nanos(after)))
            .map_or(Next::Unknown, |at| Next::At(instant(at)))
    }

    /// Every time at which it was due behind one instant and up to another.
    pub fn between(&self, tables: &Tables, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        let Some(calendar) = tables.get(self.after.calendar()) else {
            return Vec::new();
        };
        let range = Interval::new(nanos(from).saturating_add(1), nanos(to).saturating_add(1));
        let edges = edges(calendar, self.after, range).into_iter();
        edges.map(instant).collect()
    }

    /// Until when a run must be done; the end of what is known when the edge lies behind it.
    fn deadline(&self, tables: &Tables, since: Nanos) -> Option<Timestamp> {
        let edge = self.finish_before?;
        let calendar = tables.get(edge.calendar());
        let end =
            calendar.and_then(|calendar| first(calendar, edge, since).or(Some(calendar.known.to)));
        Some(end.map_or_else(|| instant(since), instant))
    }

    /// How much time a run has.
    pub fn time(&self, tables: &Tables, since: Timestamp) -> Option<SignedDuration> {
        let deadline = self.deadline(tables, nanos(since))?;
        Some(deadline.duration_since(since))
    }
}

/// The last edge up to an instant.
fn last(calendar: &Calendar, edge: &EdgeExpr, until: Nanos) -> Option<Nanos> {
    let range = Interval::new(until.saturating_sub(LOOK_BACK), until.saturating_add(1));
    edges(calendar, edge, range).last().copied()
}

/// The first edge behind an instant.
fn first(calendar: &Calendar, edge: &EdgeExpr, after: Nanos) -> Option<Nanos> {
    chunks(after.saturating_add(1)).find_map(|chunk| edges(calendar, edge, chunk).first().copied())
}

/// The edges in a stretch of time that the calendar knows of.
fn edges(calendar: &Calendar, edge: &EdgeExpr, range: Interval) -> Vec<Nanos> {
    let offset = offset(edge);
    let wanted = Interval::new(
        range.from.saturating_sub(offset),
        range.to.saturating_sub(offset),
    );
    let trading = calendar.trading(wanted);
    let sessions = trading.sessions.intervals().iter();
    let found = sessions.map(|session| match edge.edge() {
        Edge::Open => session.from,
        Edge::Close => session.to,
    });
    found
        .filter(|at| wanted.contains(*at) && calendar.knows(*at))
        .map(|at| at.saturating_add(offset))
        .collect()
}

fn offset(edge: &EdgeExpr) -> Nanos {
    edge.offset_seconds().saturating_mul(SECOND)
}
