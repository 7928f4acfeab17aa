//! A service under a Halt: its stable version keeps running, and nothing else of it.

use jiff::Timestamp;

use super::super::gates::earliest;
use super::super::stage::{self, Track, is_workload, transition::transition};
use super::super::unit::Unit;
use super::super::waiting::{By, Wait};
use super::super::{Situation, lost, unit};
use super::{GRACE, Stopping, replicas};
use crate::compile::Bundle;
use crate::digest::Digest;
use crate::object::{Object, mark};
use crate::plan::{Action, Verb};
use crate::release::ReleaseStatus;
use crate::resolve::Class;

/// Stops what is not the stable version. Without its bundle nobody knows the way back for requests:
/// then only the pods of other tracks are stopped.
pub(super) fn stop(
    stopping: &mut Stopping,
    record: &ReleaseStatus,
    situation: &Situation<'_>,
    stable: Option<&Bundle>,
    heeded: Timestamp,
) {
    let others = Others::of(record, situation);
    if others.workloads.is_empty() && others.pods.is_empty() && stable.is_none() {
        return;
    }
    let Some(revision) = &record.stable else {
        return first(stopping, record, &others);
    };
    let due = heeded.saturating_add(GRACE).unwrap_or(heeded);
    let mut is_due = situation.now >= due;
    match stable {
        Some(bundle) if bundle.class == Some(Class::Service) => {
            lead_away(stopping, record, situation, bundle, &others);
        }
        Some(_) => {}
        None => {
            is_due = true;
            stopping.waits.push(Wait::new(
                By::Others,
                format!(
                    "bundle {}, which is not stored: requests may still be led to what is stopped",
                    crate::digest::short(&revision.bundle)
                ),
                "its commit is pushed again",
            ));
        }
    }
    let running = others.running();
    stopping.running.extend(running.iter().map(|it| it.id()));
    let stable_track = record.tracks.stable_label();
    // What runs is no service: then nothing that serves is part of it, whatever its track.
    let is_another_class = stable.is_some_and(|it| it.class != Some(Class::Service));
    let beside = running.iter().filter(|live| {
        let is_workload = live.kind() != "Pod";
        let is_beside = is_another_class || live.label(mark::TRACK) != Some(stable_track);
        is_workload && replicas(live) != 0 && is_beside
    });
    for live in beside {
        if is_due {
            stopping.scale_down(live, "a Halt stands, and requests had time to go elsewhere");
        } else {
            stopping.wake_at = earliest(stopping.wake_at, Some(due));
        }
    }
}

/// Nothing ran before, so nothing is to keep running; unless nobody knows what ran.
fn first(stopping: &mut Stopping, record: &ReleaseStatus, others: &Others<'_>) {
    if lost::is_blank(record) {
        let running = others.running();
        stopping.waits.extend(running.first().map(|live| {
            Wait::new(
                By::Others,
                format!(
                    "a person: the record of what runs is gone, so {} is left as it is",
                    live.id()
                ),
                "the Halt is lifted, or a person scales it to 0",
            )
        }));
        return;
    }
    for live in others.running() {
        if live.kind() != "Pod" && replicas(live) != 0 {
            stopping.scale_down(live, "a Halt stands, and nothing of it ran before");
        } else {
            stopping.running.push(live.id());
        }
    }
}

/// What there is of a service that is not of its stable version.
struct Others<'a> {
    workloads: Vec<&'a Object>,
    pods: Vec<&'a Object>,
}

impl<'a> Others<'a> {
    fn of(record: &ReleaseStatus, situation: &Situation<'a>) -> Self {
        let own = unit::own(None, record, situation.observed);
        let stable = record.stable.as_ref();
        let stable = stable.and_then(|it| it.behaviour.parse::<Digest>().ok());
        let stable = stable.map(|digest| digest.hex());
        let is_service =
            |object: &Object| object.label("app.kubernetes.io/component") == Some("service");
        let is_other = |behaviour: Option<&str>| stable.is_none() || behaviour != stable.as_deref();
        let all = own.values().copied().filter(|object| is_service(object));
        let workloads = all
            .clone()
            .filter(|object| is_workload(object) && !object.is_terminating());
        let pods = all.filter(|object| {
            let is_over = matches!(object.text("/status/phase"), "Succeeded" | "Failed");
            object.kind() == "Pod" && !is_over
        });
        Self {
            workloads: workloads
                .filter(|object| is_other(lost::behaviour(object)))
                .collect(),
            pods: pods
                .filter(|object| is_other(object.annotation(mark::BEHAVIOUR)))
                .collect(),
        }
    }

    /// Those that are not stopped.
    fn running(&self) -> Vec<&'a Object> {
        let up = self.workloads.iter().filter(|live| replicas(live) != 0);
        up.chain(&self.pods).copied().collect()
    }
}

/// Leads requests back to the stable version, and lets the others go as it takes over: the way that a
/// rollout that was given up goes, but that nothing is made and nothing is removed on it.
fn lead_away(
    stopping: &mut Stopping,
    record: &ReleaseStatus,
    situation: &Situation<'_>,
    bundle: &Bundle,
    others: &Others<'_>,
) {
    let set = stage::steady(bundle, &Track::named(&record.tracks.stable));
    let unit = Unit::new(&set.bundle, record, situation);
    let verdict = transition(&unit, &set);
    let is_off = others.running().is_empty();
    let stops = verdict
        .actions
        .into_iter()
        .filter(|action| is_stopping(action, is_off));
    stopping.actions.extend(stops);
    if !is_off {
        stopping.waits.extend(verdict.waits);
        stopping.wake_at = earliest(stopping.wake_at, verdict.wake_at);
    }
}

/// Whether an action leads requests or takes pods away; once there is nothing to take away, whatever
/// somebody changes of the workloads stays as they want it.
fn is_stopping(action: &Action, is_off: bool) -> bool {
    let kind = action.id().kind;
    match &action.verb {
        Verb::Create(_) | Verb::Rehearse { .. } => false,
        Verb::Delete { .. } => {
            !is_off && matches!(kind.as_str(), "Pod" | "HorizontalPodAutoscaler")
        }
        Verb::Apply { .. } | Verb::Turn { .. } => {
            !is_off
                || matches!(
                    kind.as_str(),
                    "Service" | "HTTPRoute" | "HorizontalPodAutoscaler"
                )
        }
    }
}
