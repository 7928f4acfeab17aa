//! From an expression to its truth over a stretch of time.

use jiff::civil::{Date, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::span;
use crate::calendar::expand::{at_clock, dates};
use crate::calendar::set::{DAY, Interval, Nanos, Set};
use crate::calendar::signal::Signal;
use crate::calendar::{Calendar, Tables};
use crate::spec::clock::ZoneName;
use crate::spec::window::{
    Between, ClockSpan, ClockTime, Comparison, Condition, Expr, Measure, Phase,
};

/// The truth of an expression over a stretch.
pub(super) fn signal(expr: &Expr, tables: &Tables, range: Interval) -> Signal {
    let inner = |part: &Expr| signal(part, tables, range);
    match expr {
        Expr::Is(atom) => condition(&atom.condition, tables, range),
        Expr::Not(part) => inner(part).not(),
        Expr::All(parts) => join(
            parts.iter().map(inner),
            Signal::and,
            constant(range, Known::Yes),
        ),
        Expr::Any(parts) => join(
            parts.iter().map(inner),
            Signal::or,
            constant(range, Known::No),
        ),
    }
}

fn join(
    mut signals: impl Iterator<Item = Signal>,
    with: fn(&Signal, &Signal) -> Signal,
    empty: Signal,
) -> Signal {
    let Some(first) = signals.next() else {
        return empty;
    };
    signals.fold(first, |all, one| with(&all, &one))
}

#[derive(Clone, Copy)]
enum Known {
    Yes,
    No,
    Nothing,
}

fn constant(range: Interval, known: Known) -> Signal {
    let (whole, none) = (Set::of([range]), Set::default());
    match known {
        Known::Yes => Signal::new(range, &whole, &none),
        Known::No => Signal::new(range, &none, &none),
        Known::Nothing => Signal::new(range, &none, &whole),
    }
}

/// The truth of a condition over a stretch. Nothing is known of a calendar that nobody has.
pub(in crate::calendar) fn condition(
    condition: &Condition,
    tables: &Tables,
    range: Interval,
) -> Signal {
    if let Condition::Between(between) = condition {
        return Signal::new(range, &clock(between, range), &Set::default());
    }
    let calendar = condition.calendar().and_then(|name| tables.get(name));
    let Some(calendar) = calendar else {
        return constant(range, Known::Nothing);
    };
    let known = Set::of([calendar.known]);
    let unknown = Set::of([range]).minus(&known);
    let yes = match condition {
        Condition::In { phases, .. } => {
            let trading = calendar.trading(range);
            let mut yes: Vec<Interval> = Vec::new();
            for phase in phases {
                match trading.phase(*phase) {
                    Some(set) => yes.extend(set.intervals()),
                    None => yes.extend(Set::of([range]).minus(&trading.any()).intervals()),
                }
            }
            Set::of(yes)
        }
        Condition::Maintenance { .. } => calendar.trading(range).maintenance,
        Condition::Far {
            measure,
            comparison,
            span: by,
            ..
        } => return far(calendar, *measure, *comparison, span(*by), range),
        Condition::Between(_) => Set::default(),
    };
    Signal::new(range, &yes.intersection(&known), &unknown)
}

/// Whether the distance to an edge is so long, over a stretch.
fn far(
    calendar: &Calendar,
    measure: Measure,
    comparison: Comparison,
    span: Nanos,
    range: Interval,
) -> Signal {
    let reach = range.widened(span.saturating_add(1));
    let regular = calendar.trading(reach).regular;
    let intervals = regular.intervals().iter();
    let edges: Vec<Nanos> = match measure {
        Measure::UntilOpen | Measure::SinceOpen => intervals.map(|it| it.from).collect(),
        Measure::UntilClose | Measure::SinceClose => intervals.map(|it| it.to).collect(),
    };
    let inside = edges.into_iter().filter(|edge| reach.contains(*edge));
    let around = |edge: Nanos| near(measure, comparison, span, edge);
    let known = Set::of([calendar.known]);
    // Beyond what is known there may be an edge at once.
    let hidden = match measure {
        Measure::UntilOpen | Measure::UntilClose => around(calendar.known.to),
        Measure::SinceOpen | Measure::SinceClose => around(calendar.known.from.saturating_sub(1)),
    };
    let near = Set::of(inside.map(around)).intersection(&known);
    let unknown = Set::of([range])
        .minus(&known)
        .union(&Set::of([hidden]))
        .minus(&near);
    let near = Signal::new(range, &near, &unknown);
    match comparison {
        Comparison::AtMost | Comparison::LessThan => near,
        Comparison::AtLeast | Comparison::MoreThan => near.not(),
    }
}

/// The instants from which an edge is nearer than a span: less than it where the span itself
/// counts as far, at most it where it does not.
fn near(measure: Measure, comparison: Comparison, span: Nanos, edge: Nanos) -> Interval {
    let includes = match comparison {
        Comparison::AtLeast | Comparison::LessThan => 0,
        Comparison::MoreThan | Comparison::AtMost => 1,
    };
    let reach = span.saturating_add(includes);
    match measure {
        Measure::UntilOpen | Measure::UntilClose => {
            Interval::new(edge.saturating_sub(reach).saturating_add(1), edge)
        }
        Measure::SinceOpen | Measure::SinceClose => Interval::new(edge, edge.saturating_add(reach)),
    }
}

/// The instants at which a clock shows a time of the day or of the week.
fn clock(between: &Between, range: Interval) -> Set {
    let zone = clock_of(&between.zone);
    let wide = range.widened(8 * DAY);
    let stretches = dates(&zone, wide).filter_map(|date| stretch(&zone, between.span, date));
    Set::of(stretches)
}

/// The stretch that begins on a day.
fn stretch(zone: &TimeZone, span: ClockSpan, date: Date) -> Option<Interval> {
    let (from, to, days) = match span {
        ClockSpan::Daily { from, to } => (from, to, i32::from(to <= from)),
        ClockSpan::Weekly {
            from: (first, from),
            to: (last, to),
        } => {
            if date.weekday() != first {
                return None;
            }
            (from, to, days_until(first, last, to <= from))
        }
    };
    let begin = at_clock(zone, date, seconds(from))?;
    let end = at_clock(zone, date, seconds(to) + days * 86_400)?;
    Some(Interval::new(begin, end))
}

fn days_until(first: Weekday, last: Weekday, wraps: bool) -> i32 {
    match i32::from(first.until(last)) {
        0 if wraps => 7,
        days => days,
    }
}

fn seconds(time: ClockTime) -> i32 {
    i32::try_from(time.0).unwrap_or(i32::MAX)
}

/// The clock of a zone.
pub(in crate::calendar) fn clock_of(zone: &ZoneName) -> TimeZone {
    TimeZoneDatabase::bundled()
        .get(zone.as_str())
        .expect("a zone was looked up when it was read")
}

/// The phase of a calendar at an instant.
pub(in crate::calendar) fn phase(calendar: &Calendar, at: Nanos) -> Phase {
    let trading = calendar.trading(Interval::at(at));
    [Phase::Regular, Phase::Break, Phase::Pre, Phase::Post]
        .into_iter()
        .find(|phase| trading.phase(*phase).is_some_and(|set| set.contains(at)))
        .unwrap_or(Phase::Closed)
}
