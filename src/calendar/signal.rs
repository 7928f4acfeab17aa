//! A truth over time with three values, by Kleene: what is not known stays so under negation.

use super::Verdict;
use super::set::{Interval, Nanos, Set};

/// A truth over a stretch of time. What is neither true nor unknown is false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signal {
    range: Interval,
    yes: Set,
    unknown: Set,
}

impl Signal {
    /// True on one set and unknown on another, of which a part that is true is not unknown.
    pub(super) fn new(range: Interval, yes: &Set, unknown: &Set) -> Self {
        let yes = yes.clipped(range);
        let unknown = unknown.clipped(range).minus(&yes);
        Self {
            range,
            yes,
            unknown,
        }
    }

    pub(super) fn yes(&self) -> &Set {
        &self.yes
    }

    pub(super) fn no(&self) -> Set {
        Set::of([self.range]).minus(&self.yes).minus(&self.unknown)
    }

    pub(super) fn not(&self) -> Self {
        Self {
            range: self.range,
            yes: self.no(),
            unknown: self.unknown.clone(),
        }
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        let yes = self.yes.intersection(&other.yes);
        let no = self.no().union(&other.no());
        let unknown = Set::of([self.range]).minus(&no);
        Self::new(self.range, &yes, &unknown)
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        let yes = self.yes.union(&other.yes);
        Self::new(self.range, &yes, &self.unknown.union(&other.unknown))
    }

    /// What holds for a whole stretch from each instant on. The signal must reach so much further
    /// than the range that is asked for.
    pub(super) fn throughout(&self, by: Nanos, range: Interval) -> Self {
        let never = self.no().reaching(by);
        let unknown = Set::of([range]).minus(&never);
        Self::new(range, &self.yes.eroded(by), &unknown)
    }

    pub(super) fn at(&self, at: Nanos) -> Verdict {
        if self.yes.contains(at) {
            Verdict::Open
        } else if self.unknown.contains(at) {
            Verdict::Unknown
        } else {
            Verdict::Closed
        }
    }

    /// The stretch around an instant in which the verdict is the same.
    pub(super) fn piece(&self, at: Nanos) -> Option<Interval> {
        match self.at(at) {
            Verdict::Open => self.yes.piece(at),
            Verdict::Unknown => self.unknown.piece(at),
            Verdict::Closed => self.no().piece(at),
        }
    }
}
