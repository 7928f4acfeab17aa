//! Jobs, which run once, and CronJobs, which make them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::{Object, ObjectId};
use crate::release::{CompletedJob, JobEnd, ReleaseStatus};

use super::advance::Verdict;
use super::health::{self, Health};
use super::unit::Unit;

/// How many ended runs the record remembers.
const REMEMBERED: usize = 50;

/// Applies what differs. A Job that ran to its end is never made again.
pub(super) fn step(unit: &Unit<'_>, completed: &[CompletedJob]) -> Verdict {
    let mut verdict = Verdict::default();
    for desired in unit.desired() {
        let has_ended = completed.iter().any(|job| job.name == desired.name());
        if desired.kind() == "Job" && has_ended {
            continue;
        }
        verdict.object(unit, desired);
    }
    if verdict.actions.is_empty() {
        for desired in unit.desired() {
            let health = health_of(unit, desired, completed);
            verdict.health = verdict.health.and(health);
        }
    }
    verdict
}

fn health_of(unit: &Unit<'_>, desired: &Object, completed: &[CompletedJob]) -> Health {
    let ended = completed.iter().find(|job| job.name == desired.name());
    match (unit.live(&desired.id()), ended) {
        (Some(live), _) => health::of(live, &unit.pods()),
        (None, Some(job)) if job.end == JobEnd::Failed => {
            Health::Failed(format!("{} failed; the Job itself is gone", desired.id()))
        }
        (None, _) => Health::Healthy,
    }
}

/// The Jobs that ran to their end, with those that were seen to just now.
pub(super) fn completed(
    record: &ReleaseStatus,
    own: &BTreeMap<ObjectId, &Object>,
) -> Vec<CompletedJob> {
    let mut completed = record.completed.clone();
    let listed = record.inventory.iter().filter(|entry| entry.kind == "Job");
    for entry in listed {
        let end = match own.get(&entry.id()) {
            Some(live) => end(live),
            // A Job that was seen, and was removed before its end was: it has run.
            None => entry.uid.as_ref().map(|_| JobEnd::Unseen),
        };
        let is_new = !completed.iter().any(|job| job.name == entry.name);
        if let Some(end) = end.filter(|_| is_new) {
            completed.push(CompletedJob {
                name: entry.name.clone(),
                end,
            });
        }
    }
    let excess = completed.len().saturating_sub(REMEMBERED);
    completed.drain(..excess);
    completed
}

/// How a Job ended, if it did.
pub(super) fn end(job: &Object) -> Option<JobEnd> {
    let conditions = job.value().pointer("/status/conditions")?.as_array()?;
    let is_true = |kind: &str| {
        conditions.iter().any(|condition| {
            let text = |key: &str| condition.get(key).and_then(Value::as_str);
            text("type") == Some(kind) && text("status") == Some("True")
        })
    };
    if is_true("Complete") {
        return Some(JobEnd::Succeeded);
    }
    is_true("Failed").then_some(JobEnd::Failed)
}

/// Whether a CronJob has a run that did not end yet.
pub(super) fn has_running(cron_job: &Object, own: &BTreeMap<ObjectId, &Object>) -> bool {
    let is_its = |job: &&&Object| {
        let owners = job.value().pointer("/metadata/ownerReferences");
        let owners = owners.and_then(Value::as_array).into_iter().flatten();
        let uids: Vec<_> = owners
            .filter_map(|owner| owner.get("uid")?.as_str())
            .collect();
        cron_job.uid().is_some_and(|uid| uids.contains(&uid))
    };
    own.values()
        .filter(|object| object.kind() == "Job")
        .filter(is_its)
        .any(|job| end(job).is_none())
}
