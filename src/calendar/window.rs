//! What a window means at an instant and over a stretch of time.

mod evaluate;

pub(super) use evaluate::{clock_of, condition, phase};

use jiff::Timestamp;
use serde::Serialize;

use super::set::{DAY, Interval, Nanos, SECOND, Set, instant, nanos};
use super::signal::Signal;
use super::{Tables, Verdict, why};
use crate::spec::measure::Duration;
use crate::spec::window::WindowExpr;

/// A window: when something may begin, and how long it may take.
///
/// It is evaluated over whole stretches by interval arithmetic, so that what lies between two
/// instants counts as much as they do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window<'a> {
    expr: &'a WindowExpr,
    finish: Option<Duration>,
}

/// What a window says at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// Whether something may begin.
    pub verdict: Verdict,
    /// Why, for a person.
    pub why: String,
    /// When the verdict changes; `None` when that is further than [`Window::HORIZON_DAYS`].
    pub until: Option<Timestamp>,
}

/// A stretch in which something may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Opening {
    /// Its beginning, or the instant that was asked from.
    pub from: Timestamp,
    /// Its end; `None` when that is further than [`Window::HORIZON_DAYS`].
    pub until: Option<Timestamp>,
}

impl<'a> Window<'a> {
    /// How far ahead anything is looked for.
    pub const HORIZON_DAYS: i32 = 400;

    /// The window of an expression.
    pub fn new(expr: &'a WindowExpr) -> Self {
        Self { expr, finish: None }
    }

    /// The same, but only for what takes at most so long: the window must be open throughout.
    #[must_use]
    pub fn finishing_within(self, finish: Option<Duration>) -> Self {
        Self { finish, ..self }
    }

    /// What it says at an instant, and why.
    pub fn state(self, tables: &Tables, at: Timestamp) -> State {
        State {
            verdict: self.verdict(tables, at),
            why: why::explain(self.expr, self.finish, tables, at),
            until: self.next_change(tables, at),
        }
    }

    /// What it says at an instant.
    pub fn verdict(self, tables: &Tables, at: Timestamp) -> Verdict {
        let at = nanos(at);
        self.signal(tables, Interval::at(at)).at(at)
    }

    /// When its verdict changes next; `None` when that is further than [`Self::HORIZON_DAYS`].
    pub fn next_change(self, tables: &Tables, at: Timestamp) -> Option<Timestamp> {
        let start = nanos(at);
        let verdict = self.verdict(tables, at);
        chunks(start).find_map(|chunk| {
            let signal = self.signal(tables, chunk);
            if signal.at(chunk.from) != verdict {
                return Some(instant(chunk.from));
            }
            let end = signal.piece(chunk.from)?.to;
            (end < chunk.to).then(|| instant(end))
        })
    }

    /// The next stretches in which something may begin, the present one included.
    pub fn openings(self, tables: &Tables, from: Timestamp, count: usize) -> Vec<Opening> {
        let mut found = Set::default();
        let mut searched = nanos(from);
        for chunk in chunks(searched) {
            found = found.union(self.signal(tables, chunk).yes());
            searched = chunk.to;
            let ended = found.intervals().iter().filter(|it| it.to < searched);
            if ended.count() >= count {
                break;
            }
        }
        let openings = found.intervals().iter().take(count);
        openings
            .map(|interval| Opening {
                from: instant(interval.from),
                until: (interval.to < searched).then(|| instant(interval.to)),
            })
            .collect()
    }

    /// Whether something may begin at any instant of a stretch.
    pub fn opens_between(self, tables: &Tables, from: Timestamp, to: Timestamp) -> bool {
        let range = Interval::new(nanos(from), nanos(to));
        !self.signal(tables, range).yes().is_empty()
    }

    /// The stretches between two instants in which something may begin.
    pub fn allowed(
        self,
        tables: &Tables,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(Timestamp, Timestamp)> {
        let range = Interval::new(nanos(from), nanos(to));
        let signal = self.signal(tables, range);
        let stretches = signal.yes().intervals().iter();
        stretches
            .map(|it| (instant(it.from), instant(it.to)))
            .collect()
    }

    pub(super) fn signal(self, tables: &Tables, range: Interval) -> Signal {
        let Some(finish) = self.finish else {
            return evaluate::signal(self.expr.root(), tables, range);
        };
        let by = span(finish);
        let further = Interval::new(range.from, range.to.saturating_add(by));
        evaluate::signal(self.expr.root(), tables, further).throughout(by, range)
    }
}

/// A span in nanoseconds.
pub(super) fn span(span: Duration) -> Nanos {
    Nanos::from(span.seconds()).saturating_mul(SECOND)
}

/// Stretches one after the other up to the horizon, longer and longer: most answers are near.
pub(super) fn chunks(start: Nanos) -> impl Iterator<Item = Interval> {
    let horizon = start.saturating_add(Nanos::from(Window::HORIZON_DAYS) * DAY);
    let first = Some(Interval::new(start, start.saturating_add(2 * DAY)));
    std::iter::successors(first, move |last| {
        let length = (last.to - last.from).saturating_mul(4).min(64 * DAY);
        let to = last.to.saturating_add(length).min(horizon);
        (last.to < horizon && last.to < to).then(|| Interval::new(last.to, to))
    })
}
