//! Metrics as they were recorded.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::rollout::statistics::Point;
use crate::spec::measure::Duration;
use crate::spec::metric::MetricName;

/// Whose values they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Those of what ran.
    Stable,
    /// Those of what was on its way.
    Candidate,
}

impl Side {
    /// The word in a recording.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Candidate => "candidate",
        }
    }
}

/// Values of metrics over time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recording {
    series: BTreeMap<(MetricName, Side), BTreeMap<Timestamp, Point>>,
}

/// A value counts for so long, as one does in Prometheus.
pub(super) const LASTS: SignedDuration = SignedDuration::from_mins(5);

impl Recording {
    /// Adds a value; `false` if there is one of that instant already.
    pub fn add(&mut self, metric: &MetricName, side: Side, point: Point) -> bool {
        let series = self.series.entry((metric.clone(), side)).or_default();
        series.insert(point.at, point).is_none()
    }

    /// The first instant in it.
    pub fn first(&self) -> Option<Timestamp> {
        let firsts = self.series.values().filter_map(|it| it.keys().next());
        firsts.min().copied()
    }

    /// The last instant in it.
    pub fn last(&self) -> Option<Timestamp> {
        let lasts = self.series.values().filter_map(|it| it.keys().next_back());
        lasts.max().copied()
    }

    /// Whether it has anything of a metric.
    pub(super) fn knows(&self, metric: &MetricName) -> bool {
        self.series.keys().any(|(name, _)| name == metric)
    }

    /// The value at an instant: the last one, unless that is too old.
    pub(super) fn at(&self, metric: &MetricName, side: Side, at: Timestamp) -> Option<Point> {
        let series = self.series.get(&(metric.clone(), side))?;
        let (_, last) = series.range(..=at).next_back()?;
        (at.duration_since(last.at) < LASTS).then_some(*last)
    }

    /// The values from one instant to another, at most one a step: the last of each.
    pub(super) fn between(
        &self,
        metric: &MetricName,
        side: Side,
        (from, until): (Timestamp, Timestamp),
        step: Duration,
    ) -> Vec<Point> {
        let Some(series) = self.series.get(&(metric.clone(), side)) else {
            return Vec::new();
        };
        let step = i64::from(step.seconds()).max(1);
        let mut last = BTreeMap::new();
        for (at, point) in series.range(from..=until).filter(|(at, _)| **at > from) {
            last.insert(at.duration_since(from).as_secs() / step, *point);
        }
        last.into_values().collect()
    }
}
