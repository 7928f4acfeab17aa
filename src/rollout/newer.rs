//! A record that a later Tidegate wrote.

use super::waiting::{By, Wait};
use super::{Situation, Step};
use crate::release::ReleaseStatus;

/// Touches nothing: what a later version began is not ours to judge.
pub(super) fn step(record: &ReleaseStatus, situation: &Situation<'_>) -> Step {
    let wait = Wait::new(
        By::Others,
        "a later Tidegate, which wrote this record",
        "the Tidegate that runs is at least as new as the record's `version`",
    );
    let mut record = record.clone();
    let waiting = wait.recorded(&record.waiting_on, situation.now);
    record.waiting_on = vec![waiting];
    Step {
        record,
        actions: Vec::new(),
        wake_at: None,
    }
}
