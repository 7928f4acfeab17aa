//! Takes what gates want to have measured, each when it is due, and wakes its unit with the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::keeper::Keeper;
use crate::release::ReleaseStatus;
use crate::rollout::gates::{Measurement, Query, Wanted};

/// What is measured for whom: a unit, and the key of one of its gates.
type Asked = (String, String);

/// The measurements of a term. The next one takes its own: none of them is believed for long.
#[derive(Debug, Default)]
pub(super) struct Measurements {
    /// The latest, by unit and by the key of its gate.
    taken: BTreeMap<String, BTreeMap<String, Measurement>>,
    /// What is to be asked.
    due: BTreeMap<Asked, Query>,
    /// What is being asked.
    under_way: BTreeSet<Asked>,
}

impl Measurements {
    /// The latest ones of a unit.
    pub(super) fn of(&self, unit: &str) -> BTreeMap<String, Measurement> {
        self.taken.get(unit).cloned().unwrap_or_default()
    }

    /// Forgets those of a unit.
    pub(super) fn forget(&mut self, unit: &str) {
        self.taken.remove(unit);
        self.due.retain(|(of, _), _| of != unit);
    }

    fn want(&mut self, unit: &str, gate: String, query: Query) {
        let asked = (unit.to_owned(), gate);
        if !self.under_way.contains(&asked) {
            self.due.insert(asked, query);
        }
    }

    fn take_due(&mut self) -> Vec<(Asked, Query)> {
        let due: Vec<_> = std::mem::take(&mut self.due).into_iter().collect();
        self.under_way
            .extend(due.iter().map(|(asked, _)| asked.clone()));
        due
    }

    fn taken(&mut self, asked: &Asked, measurement: Option<Measurement>) {
        self.under_way.remove(asked);
        let (unit, gate) = asked.clone();
        if let Some(measurement) = measurement {
            let taken = self.taken.entry(unit).or_default();
            taken.insert(gate, measurement);
        }
    }
}

impl Keeper {
    /// Takes note of what a unit's gates want; what is not due yet, it asks for again when it is.
    pub(super) fn want(&self, unit: &str, status: &ReleaseStatus, wants: BTreeMap<String, Wanted>) {
        let mut memory = self.memory();
        if status.rollout.is_none() {
            memory.measurements.forget(unit);
        }
        let now = Timestamp::now();
        let mut is_due = false;
        for (gate, wanted) in wants.into_iter().filter(|(_, wanted)| wanted.due <= now) {
            memory.measurements.want(unit, gate, wanted.query);
            is_due = true;
        }
        drop(memory);
        if is_due {
            self.wanting.notify_one();
        }
    }

    /// Takes measurements as they are wanted. How many at a time is for the measurer to say.
    pub(super) async fn measure(self: Arc<Self>) {
        let mut asking = JoinSet::new();
        loop {
            for (asked, query) in self.memory().measurements.take_due() {
                let measurer = self.measurer.clone();
                asking.spawn(async move {
                    let measurement = measurer.take(&query, Timestamp::now()).await;
                    (asked, measurement)
                });
            }
            tokio::select! {
                () = self.wanting.notified() => {}
                Some(answer) = asking.join_next() => {
                    let (asked, measurement) = answer.expect("asking does not panic");
                    self.memory().measurements.taken(&asked, measurement);
                    self.queue.add(&asked.0);
                }
            }
        }
    }
}
