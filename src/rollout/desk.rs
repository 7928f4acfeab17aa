//! A desk's namespace and what surrounds its strategies.

use super::advance::{Verdict, reconcile};
use super::unit::{Standing, Unit};

/// Nothing can be made in a namespace that is being deleted, so that is waited for first.
pub(super) fn step(unit: &Unit<'_>) -> Verdict {
    let mut namespaces = unit.desired().filter(|it| it.kind() == "Namespace");
    if let Some(namespace) = namespaces.next()
        && let Standing::Terminating(live) = unit.standing(namespace)
    {
        let mut verdict = Verdict::default();
        verdict.terminating(live);
        return verdict;
    }
    reconcile(unit)
}
