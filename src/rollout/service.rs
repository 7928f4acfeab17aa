//! Elastic services: their controllers replace pods one by one, and health tells how far they are.

use super::advance::{Verdict, reconcile};
use super::singleton;
use super::unit::Unit;

/// Applies what differs. A singleton that a service takes the place of is stopped first.
pub(super) fn step(unit: &Unit<'_>) -> Verdict {
    singleton::give_way(unit, "it is a service now").unwrap_or_else(|| reconcile(unit))
}
