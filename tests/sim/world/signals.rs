//! What rollouts are told from outside the cluster: metrics, and what people ask.

use std::collections::BTreeSet;

use jiff::Timestamp;

use tidegate::compile::UnitId;
use tidegate::intent::{Ask, Asked, IntentSpec};
use tidegate::rollout::gates::{Measurement, Outcome, Query, Source};

use super::World;

/// What a metric says about a behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mood {
    /// Too much.
    Bad,
    /// Nothing.
    Silent,
}

/// A measurement that was taken.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) behaviour: String,
    pub(super) at: Timestamp,
    pub(super) is_good: bool,
}

impl World {
    /// Answers what a gate asks.
    pub(crate) fn measure(&mut self, query: &Query) -> Option<Measurement> {
        let Query::Value(Source::Prometheus { query, .. }) = query else {
            return None;
        };
        let outcome = match self.moods.get(query) {
            _ if self.metrics_down => Outcome::Error("connection refused".to_owned()),
            Some(Mood::Bad) => value(9.0),
            Some(Mood::Silent) => Outcome::NoData("no series".to_owned()),
            None => value(0.0),
        };
        self.tell(|| format!("a metric of {query} is {outcome:?}"));
        let is_good = matches!(outcome, Outcome::Value { value, .. } if value < 1.0);
        self.taken.push(Taken {
            behaviour: query.clone(),
            at: self.now,
            is_good,
        });
        Some(Measurement {
            at: self.now,
            outcome,
        })
    }

    /// A metric of a behaviour says something else from now on.
    pub(crate) fn turn_metric(&mut self, behaviour: &str, mood: Option<Mood>) -> bool {
        let before = match mood {
            Some(mood) => self.moods.insert(behaviour.to_owned(), mood),
            None => self.moods.remove(behaviour),
        };
        before != mood
    }

    /// The behaviours of which metrics are bad.
    pub(crate) fn spoiled(&self) -> BTreeSet<String> {
        let moods = self.moods.iter();
        let bad = moods.filter(|(_, mood)| **mood == Mood::Bad);
        bad.map(|(behaviour, _)| behaviour.clone()).collect()
    }

    /// Every metric is good.
    pub(crate) fn cheer(&mut self) {
        self.moods.clear();
        self.metrics_down = false;
    }

    /// Somebody asks something of a release.
    pub(crate) fn ask(&mut self, unit: &UnitId, action: Ask, behaviour: &str) {
        self.tell(|| format!("a person asks {unit} to {action} {behaviour}"));
        if action == Ask::Lift {
            self.lifted(unit, behaviour);
        }
        let uid = format!("intent-{}", self.next());
        let spec = IntentSpec {
            release: unit.release_name(),
            action,
            behaviour: behaviour.to_owned(),
            stage: None,
            reason: None,
            by: "ann".to_owned(),
        };
        let asked = Asked {
            uid,
            at: self.now,
            spec,
        };
        self.intents.entry(unit.clone()).or_default().push(asked);
    }
}

fn value(value: f64) -> Outcome {
    Outcome::Value {
        value,
        samples: None,
    }
}
