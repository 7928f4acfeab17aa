//! Elastic services: their controllers replace pods one by one, and health tells how far they are.

use crate::plan::Action;

use super::actions;
use super::advance::Verdict;
use super::singleton;
use super::stage::transition::{asked, is_ready, number, transition};
use super::stage::{ManifestSet, is_workload};
use super::unit::Unit;

/// Goes to a stage. A singleton that a service takes the place of is stopped first.
pub(super) fn step(unit: &Unit<'_>, set: &ManifestSet) -> Verdict {
    if let Some(verdict) = singleton::give_way(unit, "it is a service now") {
        return verdict;
    }
    let mut verdict = transition(unit, set);
    if verdict.is_in_place() {
        verdict.actions.extend(restart(unit));
    }
    verdict
}

/// Ends one of the pods that a person wants to be started anew, while all others serve: their
/// controller makes another. The pods themselves tell whether they do: what their controller counts
/// is from before the last of them was ended.
fn restart(unit: &Unit<'_>) -> Option<Action> {
    let pods = unit.pods();
    let ready = pods.iter().filter(|pod| is_ready(pod)).count();
    let own = unit.own().values();
    let workloads = own.filter(|it| is_workload(it));
    let wanted: u32 = workloads.map(|live| asked(live)).sum();
    if number(ready) < wanted || pods.iter().any(|pod| pod.is_terminating()) {
        return None;
    }
    let mut pods = pods.into_iter();
    let pod = pods.find(|pod| unit.is_restarting(pod) && !pod.is_terminating())?;
    Some(actions::delete(pod, "a person asked to start it anew"))
}
