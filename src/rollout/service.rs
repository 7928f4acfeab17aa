//! Elastic services: their controllers replace pods one by one, and health tells how far they are.

use serde_json::json;

use super::advance::{Verdict, reconcile};
use super::unit::Unit;
use super::waiting::{By, Wait};
use super::{actions, singleton};

/// Applies what differs. A singleton that a service takes the place of is stopped first.
pub(super) fn step(unit: &Unit<'_>) -> Verdict {
    let mut verdict = Verdict::default();
    for old in singleton::others(unit).filter(|old| singleton::is_one(old)) {
        if old.number("/spec/replicas") != Some(0) {
            let turn = actions::turn(old, json!({"replicas": 0}), "it is a service now");
            verdict.actions.push(turn);
        } else if let Some(pod) = singleton::pods_of(unit, old).first() {
            verdict.waits.push(Wait::new(
                By::Itself,
                format!("{}, which the service takes the place of", pod.id()),
                "it is gone",
            ));
        }
    }
    if verdict.actions.is_empty() && verdict.waits.is_empty() {
        return reconcile(unit);
    }
    verdict
}
