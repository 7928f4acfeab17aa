//! Jobs, which run once, and CronJobs, which make them.

use serde_json::Value;

use crate::object::Object;
use crate::release::{JobEnd, JobRun};

use super::advance::Verdict;
use super::health::{self, Health};
use super::singleton;
use super::unit::{Own, Unit};

/// How many runs the record remembers.
const REMEMBERED: usize = 50;

/// Applies what differs. A Job that ran to its end is never made again, and a singleton that a job
/// takes the place of is stopped first.
pub(super) fn step(unit: &Unit<'_>, runs: &[JobRun]) -> Verdict {
    if let Some(verdict) = singleton::give_way(unit, "it is a job now") {
        return verdict;
    }
    let mut verdict = Verdict::default();
    for desired in unit.desired() {
        if unit.live(desired.identity()).is_none() && ended(desired, runs).is_some() {
            continue;
        }
        verdict.object(unit, desired);
    }
    if verdict.actions.is_empty() {
        for desired in unit.desired() {
            let health = health_of(unit, desired, runs);
            verdict.health = verdict.health.and(health);
        }
    }
    verdict
}

fn health_of(unit: &Unit<'_>, desired: &Object, runs: &[JobRun]) -> Health {
    match (unit.live(desired.identity()), ended(desired, runs)) {
        (Some(live), _) => health::of(live, &unit.pods()),
        (None, Some(JobEnd::Failed)) => {
            Health::Failed(format!("{} failed; the Job itself is gone", desired.id()))
        }
        (None, _) => Health::Healthy,
    }
}

/// How the Job ended, as the record says; `None` for one that did not, and for any other object.
pub(super) fn ended(desired: &Object, runs: &[JobRun]) -> Option<JobEnd> {
    let mut runs = runs.iter().filter(|_| desired.kind() == "Job");
    runs.find(|run| run.name == desired.name())?.end
}

/// The Jobs that ran, with what was seen of them just now.
pub(super) fn runs(unit: &Unit<'_>) -> Vec<JobRun> {
    let mut runs = unit.record.runs.clone();
    for live in unit.of_kind("Job") {
        if unit.desired().any(|it| it.identity() == live.identity()) {
            note(&mut runs, live);
        }
    }
    for run in &mut runs {
        if run.end.is_none() && may_have_ended(unit, run) {
            run.end = Some(JobEnd::Unseen);
        }
    }
    let excess = runs.len().saturating_sub(REMEMBERED);
    runs.drain(..excess);
    runs
}

fn note(runs: &mut Vec<JobRun>, live: &Object) {
    let Ok(since) = live.text("/metadata/creationTimestamp").parse() else {
        return;
    };
    let run = JobRun {
        name: live.name().to_owned(),
        since,
        end: end(live),
    };
    match runs.iter_mut().find(|known| known.name == run.name) {
        Some(known) => *known = run,
        None => runs.push(run),
    }
}

/// A Job that is gone without its end having been seen was deleted by a person, unless so much time
/// has passed that it can have ended and outlived its time to live.
fn may_have_ended(unit: &Unit<'_>, run: &JobRun) -> bool {
    let is_it = |object: &&Object| object.kind() == "Job" && object.name() == run.name;
    let Some(desired) = unit.desired().find(is_it) else {
        return false;
    };
    let kept = desired.number("/spec/ttlSecondsAfterFinished");
    unit.live(desired.identity()).is_none()
        && kept.is_some_and(|kept| unit.situation.now.duration_since(run.since).as_secs() >= kept)
}

/// How a Job ended, if it did.
pub(super) fn end(job: &Object) -> Option<JobEnd> {
    let conditions = job.at("/status/conditions")?.as_array()?;
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
pub(super) fn has_running(cron_job: &Object, own: &Own<'_>) -> bool {
    let is_its = |job: &&&Object| {
        let owners = job.at("/metadata/ownerReferences");
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
