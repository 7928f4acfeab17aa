//! Sets of instants as intervals: the one arithmetic that everything about windows rests on.

use jiff::Timestamp;

/// An instant in nanoseconds of Unix time: enough for the years 1677 to 2262.
pub(super) type Nanos = i64;

/// A second.
pub(super) const SECOND: Nanos = 1_000_000_000;

/// A day of 24 hours.
pub(super) const DAY: Nanos = 86_400 * SECOND;

/// The instant as a number; what is out of range is as far as there is.
pub(super) fn nanos(at: Timestamp) -> Nanos {
    let limit = if at.as_second() < 0 {
        Nanos::MIN
    } else {
        Nanos::MAX
    };
    Nanos::try_from(at.as_nanosecond()).unwrap_or(limit)
}

/// The number as an instant.
pub(super) fn instant(at: Nanos) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at)).unwrap_or(Timestamp::MAX)
}

/// From an instant until just before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Interval {
    pub(super) from: Nanos,
    pub(super) to: Nanos,
}

impl Interval {
    pub(super) fn new(from: Nanos, to: Nanos) -> Self {
        Self { from, to }
    }

    /// The instant alone.
    pub(super) fn at(at: Nanos) -> Self {
        Self::new(at, at.saturating_add(1))
    }

    pub(super) fn contains(self, at: Nanos) -> bool {
        self.from <= at && at < self.to
    }

    /// The interval with so much more on both sides.
    pub(super) fn widened(self, by: Nanos) -> Self {
        Self::new(self.from.saturating_sub(by), self.to.saturating_add(by))
    }

    fn is_empty(self) -> bool {
        self.from >= self.to
    }
}

/// Instants, as intervals in their order that do not touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Set(Vec<Interval>);

impl Set {
    /// The instants of any of the intervals.
    pub(super) fn of(intervals: impl IntoIterator<Item = Interval>) -> Self {
        let mut sorted: Vec<Interval> = intervals.into_iter().collect();
        sorted.retain(|interval| !interval.is_empty());
        sorted.sort_unstable();
        let mut merged: Vec<Interval> = Vec::with_capacity(sorted.len());
        for interval in sorted {
            match merged.last_mut() {
                Some(last) if interval.from <= last.to => last.to = last.to.max(interval.to),
                _ => merged.push(interval),
            }
        }
        Self(merged)
    }

    pub(super) fn intervals(&self) -> &[Interval] {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, at: Nanos) -> bool {
        self.piece(at).is_some()
    }

    /// The interval that an instant is in.
    pub(super) fn piece(&self, at: Nanos) -> Option<Interval> {
        let after = self.0.partition_point(|interval| interval.from <= at);
        let candidate = self.0.get(after.checked_sub(1)?).copied();
        candidate.filter(|interval| interval.contains(at))
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).copied())
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        let mut common = Vec::new();
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            common.push(Interval::new(a.from.max(b.from), a.to.min(b.to)));
            if a.to <= b.to {
                left.next();
            } else {
                right.next();
            }
        }
        Self::of(common)
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        let mut rest = Vec::new();
        let mut cuts = other.0.iter().copied().peekable();
        for interval in &self.0 {
            let mut from = interval.from;
            while let Some(cut) = cuts.peek().filter(|cut| cut.from < interval.to) {
                rest.push(Interval::new(from, cut.from));
                from = from.max(cut.to);
                if cut.to > interval.to {
                    break;
                }
                cuts.next();
            }
            rest.push(Interval::new(from, interval.to));
        }
        Self::of(rest)
    }

    pub(super) fn clipped(&self, range: Interval) -> Self {
        self.intersection(&Self::of([range]))
    }

    /// The instants from which so long a stretch is inside, its end included.
    pub(super) fn eroded(&self, by: Nanos) -> Self {
        Self::of(
            self.0
                .iter()
                .map(|interval| Interval::new(interval.from, interval.to.saturating_sub(by))),
        )
    }

    /// The instants from which so long a stretch, its end included, meets the set.
    pub(super) fn reaching(&self, by: Nanos) -> Self {
        Self::of(
            self.0
                .iter()
                .map(|interval| Interval::new(interval.from.saturating_sub(by), interval.to)),
        )
    }

    /// How much time it is in total.
    pub(super) fn total(&self) -> Nanos {
        let lengths = self
            .0
            .iter()
            .map(|interval| interval.to.saturating_sub(interval.from));
        lengths.fold(0, Nanos::saturating_add)
    }
}
