//! A unit that Git says nothing certain about.

use std::collections::BTreeMap;

use super::waiting::{By, Wait};
use super::{Doubt, Situation, Step};
use crate::release::{Phase, ReleaseStatus};

/// Leaves it as it is.
pub(super) fn step(record: &ReleaseStatus, situation: &Situation<'_>, doubt: Doubt) -> Step {
    let (what, until) = match doubt {
        Doubt::Errors => (
            "its files, which have errors",
            "`tidegate check` finds no error in them",
        ),
        Doubt::Unreadable => (
            "the rest of the fleet, of which a part cannot be read; it may be in there",
            "`tidegate check` finds nothing unreadable",
        ),
        Doubt::Rewritten => (
            "a new commit: the branch was rewritten, and the strategy's files went away with it",
            "a commit on top of the rewritten branch is pushed; then it is retired, unless its files are back",
        ),
    };
    let wait = Wait::new(By::Others, what, until);
    let mut record = record.clone();
    let waiting = wait.recorded(&record.waiting_on, situation.now);
    record.waiting_on = vec![waiting];
    record.phase = Phase::Waiting;
    Step {
        record,
        actions: Vec::new(),
        wake_at: None,
        wants: BTreeMap::new(),
    }
}
