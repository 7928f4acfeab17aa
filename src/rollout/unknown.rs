//! A unit that Git says nothing certain about.

use super::waiting::{By, Wait};
use super::{Situation, Step};
use crate::release::{Phase, ReleaseStatus};

/// Leaves it as it is.
pub(super) fn step(record: &ReleaseStatus, situation: &Situation<'_>) -> Step {
    let wait = Wait::new(
        By::Others,
        "its files, which have errors",
        "`tidegate check` finds no error in them",
    );
    let mut record = record.clone();
    let waiting = wait.recorded(&record.waiting_on, situation.now);
    record.waiting_on = vec![waiting];
    record.phase = Phase::Waiting;
    Step {
        record,
        actions: Vec::new(),
        wake_at: None,
    }
}
