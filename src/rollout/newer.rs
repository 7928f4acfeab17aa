//! A record that a later Tidegate wrote.

use std::collections::BTreeMap;

use super::Step;
use crate::release::ReleaseStatus;

/// Touches nothing, the record included: writing it would lose what we do not know of it, and what
/// a later version began is not ours to judge.
pub(super) fn step(record: &ReleaseStatus) -> Step {
    Step {
        record: record.clone(),
        actions: Vec::new(),
        wake_at: None,
        wants: BTreeMap::new(),
    }
}
