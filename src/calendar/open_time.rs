//! Time that counts only while a market is open: two hours of trading, not two hours.

use jiff::{SignedDuration, Timestamp};

use super::set::{Interval, Nanos, Set, instant, nanos};
use super::window::chunks;
use super::{Calendar, Verdict};
use crate::spec::window::Phase;

impl Calendar {
    /// What it is in at an instant; `None` outside of what it knows.
    pub fn phase(&self, at: Timestamp) -> Option<Phase> {
        let at = nanos(at);
        self.knows(at).then(|| super::window::phase(self, at))
    }

    /// How much of a stretch of time is in its regular session; `None` when it does not know all
    /// of it.
    pub fn open_time(&self, from: Timestamp, to: Timestamp) -> Option<SignedDuration> {
        let range = Interval::new(nanos(from), nanos(to.max(from)));
        self.covers(range).then(|| {
            let open = self.trading(range).regular.clipped(range);
            SignedDuration::from_nanos(open.total())
        })
    }

    /// When so much time of its regular session has passed from an instant on; `None` when that is
    /// not known, or further than the horizon.
    pub fn after_open_time(&self, from: Timestamp, amount: SignedDuration) -> Option<Timestamp> {
        let mut missing = Nanos::try_from(amount.as_nanos()).ok()?.max(0);
        if missing == 0 {
            return Some(from);
        }
        for chunk in chunks(nanos(from)) {
            let open = self.trading(chunk).regular.clipped(chunk);
            for interval in open.intervals() {
                let length = interval.to - interval.from;
                if length >= missing {
                    let end = interval.from + missing;
                    return self
                        .covers(Interval::new(nanos(from), end))
                        .then(|| instant(end));
                }
                missing -= length;
            }
        }
        None
    }

    /// Its regular sessions that begin in a stretch of time: the parts between breaks.
    pub fn regular(&self, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let range = Interval::new(nanos(from), nanos(to));
        listed(&self.trading(range).regular, range)
    }

    /// The breaks of its sessions that begin in a stretch of time.
    pub fn breaks(&self, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let range = Interval::new(nanos(from), nanos(to));
        listed(&self.trading(range).breaks, range)
    }

    /// Its sessions that begin in a stretch of time, from the first open to the last close.
    pub fn sessions(&self, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let range = Interval::new(nanos(from), nanos(to));
        listed(&self.trading(range).sessions, range)
    }

    /// Whether it is being maintained at an instant.
    pub fn maintenance(&self, at: Timestamp) -> Verdict {
        let at = nanos(at);
        if !self.knows(at) {
            return Verdict::Unknown;
        }
        if self.trading(Interval::at(at)).maintenance.contains(at) {
            Verdict::Open
        } else {
            Verdict::Closed
        }
    }

    fn covers(&self, range: Interval) -> bool {
        self.known.from <= range.from && range.to <= self.known.to
    }
}

fn listed(set: &Set, range: Interval) -> Vec<(Timestamp, Timestamp)> {
    let inside = set.intervals().iter().filter(|it| range.contains(it.from));
    inside
        .map(|it| (instant(it.from), instant(it.to)))
        .collect()
}
