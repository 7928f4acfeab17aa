//! From the days of a calendar to intervals of instants.

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::set::{Interval, Nanos, Set, instant, nanos};
use super::{Calendar, DayRule};
use crate::spec::calendar::{ClockRange, Hours};
use crate::spec::window::Phase;

/// What a calendar does around some instants. It reaches beyond them, so that what begins or ends
/// inside them really does so there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trading {
    pub(super) regular: Set,
    pub(super) breaks: Set,
    pub(super) pre: Set,
    pub(super) post: Set,
    pub(super) maintenance: Set,
    /// From the first open of a day to its last close, breaks included.
    pub(super) sessions: Set,
}

impl Trading {
    /// The instants of a phase; `None` for what is left when every other is taken away.
    pub(super) fn phase(&self, phase: Phase) -> Option<&Set> {
        match phase {
            Phase::Regular => Some(&self.regular),
            Phase::Break => Some(&self.breaks),
            Phase::Pre => Some(&self.pre),
            Phase::Post => Some(&self.post),
            Phase::Closed => None,
        }
    }

    /// Everything but the closed phase.
    pub(super) fn any(&self) -> Set {
        let sets = [&self.regular, &self.breaks, &self.pre, &self.post];
        Set::of(sets.into_iter().flat_map(Set::intervals).copied())
    }
}

impl Calendar {
    /// What it does around some instants.
    pub(super) fn trading(&self, range: Interval) -> Trading {
        let mut parts = Parts::default();
        for date in dates(&self.clock, range) {
            self.add_maintenance(date, &mut parts);
            if let Some(day) = self.day(date) {
                parts.add(&self.clock, date, day);
            }
        }
        for (phase, interval) in &self.sessions {
            parts.add_session(*phase, *interval);
        }
        parts.maintenance.extend(&self.maintenance);
        parts.settle()
    }

    /// What a day is like; days out of its validity are like nothing.
    fn day(&self, date: Date) -> Option<&DayRule> {
        let (first, last) = self.valid;
        if date < first || date > last {
            return None;
        }
        let rule = || {
            let matching = |rule: &&super::WeekRule| {
                rule.from <= date && date <= rule.until && rule.days.contains(date.weekday())
            };
            self.week.iter().rev().find(matching).map(|rule| &rule.day)
        };
        self.days.get(&date).or_else(rule)
    }

    fn add_maintenance(&self, date: Date, parts: &mut Parts) {
        let today = self
            .weekly_maintenance
            .iter()
            .filter(|(days, _)| days.contains(date.weekday()));
        for range in today.flat_map(|(_, hours)| hours.ranges()) {
            parts
                .maintenance
                .extend(interval(&self.clock, date, *range));
        }
    }
}

/// The days that can have something to do with some instants, and those around them.
pub(super) fn dates(clock: &TimeZone, range: Interval) -> impl Iterator<Item = Date> {
    let date = |at: Nanos| instant(at).to_zoned(clock.clone()).date();
    let first = date(range.from).saturating_sub(3.days());
    let last = date(range.to).saturating_add(3.days());
    first.series(1.day()).take_while(move |date| *date <= last)
}

/// The instant at which the clock shows so many seconds from a day's midnight. Where the clock is
/// put forward over it, the instant behind the gap; where it is put back, the first of the two.
pub(super) fn at_clock(clock: &TimeZone, date: Date, seconds: i32) -> Option<Nanos> {
    let day = i64::from(seconds.div_euclid(86_400));
    let rest = i64::from(seconds.rem_euclid(86_400));
    let date = date.checked_add(day.days()).ok()?;
    let time = Time::midnight().checked_add(rest.seconds()).ok()?;
    let local = date.to_datetime(time);
    clock.to_timestamp(local).ok().map(nanos)
}

fn interval(clock: &TimeZone, date: Date, range: ClockRange) -> Option<Interval> {
    let from = at_clock(clock, date, range.from)?;
    let to = at_clock(clock, date, range.to)?;
    Some(Interval::new(from, to))
}

#[derive(Default)]
struct Parts {
    regular: Vec<Interval>,
    breaks: Vec<Interval>,
    pre: Vec<Interval>,
    post: Vec<Interval>,
    maintenance: Vec<Interval>,
    sessions: Vec<Interval>,
}

impl Parts {
    fn add(&mut self, clock: &TimeZone, date: Date, day: &DayRule) {
        let intervals = |hours: &Option<Hours>| -> Vec<Interval> {
            let ranges = hours.iter().flat_map(Hours::ranges);
            ranges
                .filter_map(|range| interval(clock, date, *range))
                .collect()
        };
        let regular = intervals(&day.regular);
        let gaps = regular.iter().zip(regular.iter().skip(1));
        self.breaks
            .extend(gaps.map(|(before, after)| Interval::new(before.to, after.from)));
        if let (Some(first), Some(last)) = (regular.first(), regular.last()) {
            self.sessions.push(Interval::new(first.from, last.to));
        }
        self.regular.extend(regular);
        self.pre.extend(intervals(&day.pre));
        self.post.extend(intervals(&day.post));
    }

    fn add_session(&mut self, phase: Phase, interval: Interval) {
        match phase {
            Phase::Regular => {
                self.regular.push(interval);
                self.sessions.push(interval);
            }
            Phase::Break => {
                self.breaks.push(interval);
                self.sessions.push(interval);
            }
            Phase::Pre => self.pre.push(interval),
            Phase::Post => self.post.push(interval),
            Phase::Closed => {}
        }
    }

    /// One phase at a time: what trades regularly is no break, what is either is not before or
    /// after it.
    fn settle(self) -> Trading {
        let regular = Set::of(self.regular);
        let breaks = Set::of(self.breaks).minus(&regular);
        let inside = regular.union(&breaks);
        let pre = Set::of(self.pre).minus(&inside);
        let post = Set::of(self.post).minus(&inside).minus(&pre);
        Trading {
            regular,
            breaks,
            pre,
            post,
            maintenance: Set::of(self.maintenance),
            sessions: Set::of(self.sessions),
        }
    }
}
