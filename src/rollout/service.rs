//! Elastic services: their controllers replace pods one by one, and health tells how far they are.

use super::advance::Verdict;
use super::singleton;
use super::stage::{ManifestSet, transition::transition};
use super::unit::Unit;

/// Goes to a stage, or to rest. A singleton that a service takes the place of is stopped first.
pub(super) fn step(unit: &Unit<'_>, set: &ManifestSet) -> Verdict {
    singleton::give_way(unit, "it is a service now").unwrap_or_else(|| transition(unit, set))
}
