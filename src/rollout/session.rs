//! What runs by trading session: a job's runs, each made once and told when it was missed, and the
//! window that a singleton has its pod in.
//!
//! A run is named by the instant at which it was due, so that it cannot be made twice, and belongs
//! to its CronJob, which a new revision changes under it without ending it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::advance::{Verdict, retry_at};
use super::gates::earliest;
use super::unit::Unit;
use super::waiting::{By, Wait};
use super::{actions, hours, job};
use crate::calendar::{Due, Next, Run, State};
use crate::object::{Object, mark};
use crate::plan::Action;
use crate::release::{ReleaseStatus, SessionRuns};
use crate::resolve::When;
use crate::resolve::run::SessionRun;
use crate::spec::run::OnLate;

/// The window that a unit's pod runs in, now; `None` for one that always runs.
pub(super) fn window(unit: &Unit<'_>) -> Option<State> {
    hours::running(unit.bundle, unit.situation.clock())
}

/// The record once the runs that began, or that it is too late for, are noted.
pub(super) fn moved(unit: &Unit<'_>) -> Option<ReleaseStatus> {
    let (run, _) = runs_of(unit)?;
    let now = unit.situation.now;
    let known = unit.record.sessions.clone();
    let mut next = known.clone().unwrap_or(SessionRuns {
        until: now,
        missed: None,
    });
    if let Some(begun) = begun(unit).max().filter(|begun| *begun > next.until) {
        next = SessionRuns {
            until: begun,
            missed: None,
        };
    }
    if let Some(missed) = missed(unit, edges(run), next.until) {
        next = SessionRuns {
            until: missed,
            missed: Some(missed),
        };
    }
    (known.as_ref() != Some(&next)).then(|| ReleaseStatus {
        sessions: Some(next),
        ..unit.record.clone()
    })
}

/// Adds the run that is due, and what is to be told about those before it.
pub(super) fn step(unit: &Unit<'_>, verdict: &mut Verdict) {
    let (Some((run, cron_job)), Some(known)) = (runs_of(unit), &unit.record.sessions) else {
        return;
    };
    let now = unit.situation.now;
    let unfinished: Vec<&Object> = unfinished(unit, cron_job).collect();
    for job in &unfinished {
        verdict.late(unit, run, job);
    }
    if let Some(missed) = known.missed {
        verdict.waits.push(Wait::new(
            By::Nobody,
            format!("the run of {missed}, which was missed: nothing could begin it in time"),
            "the next run begins",
        ));
    }
    match edges(run).due(unit.situation.calendars, known.until, now) {
        Due::Waiting { next } | Due::Missed { next, .. } => verdict.wake(next),
        Due::Unknown => verdict.waits.push(Wait::new(
            By::Others,
            format!("the calendar of {run}, which does not know this day"),
            "`calendars/` of the fleet, or a later Tidegate, knows it",
        )),
        Due::Now { since, deadline } => {
            verdict.wake_at = earliest(verdict.wake_at, deadline);
            if let Some(job) = unfinished.first() {
                verdict.waits.push(Wait::new(
                    By::Nobody,
                    format!(
                        "{}, which still runs while the run of {since} is due",
                        job.id()
                    ),
                    "it has ended",
                ));
            } else if may_begin(unit, verdict) {
                let deadline = deadline.filter(|_| run.on_late == OnLate::Stop);
                verdict.begin(unit, begin(cron_job, since, deadline, now));
            }
        }
    }
}

impl Verdict {
    /// A run whose name is taken, perhaps by one of ours that lost its label, is not made again.
    fn begin(&mut self, unit: &Unit<'_>, run: Option<Action>) {
        let Some(run) = run else { return };
        if !unit.situation.observed.foreign.contains_key(&run.id()) {
            self.actions.push(run);
            return;
        }
        self.waits.push(Wait::new(
            By::Nobody,
            format!(
                "{}, which has the name of the run that is due and is not this unit's",
                run.id()
            ),
            "it is deleted, or the next run is due",
        ));
    }

    fn wake(&mut self, next: Next) {
        match next {
            Next::At(at) => self.wake_at = earliest(self.wake_at, Some(at)),
            Next::Unknown => {}
        }
    }

    /// A run that should have been done is told, unless it is ended by itself.
    fn late(&mut self, unit: &Unit<'_>, run: &SessionRun, job: &Object) {
        let (Some(due), OnLate::Alert) = (due_of(job), run.on_late) else {
            return;
        };
        let calendars = unit.situation.calendars;
        let Some(time) = edges(run).time(calendars, due) else {
            return;
        };
        let deadline = due.saturating_add(time).unwrap_or(due);
        if unit.situation.now < deadline {
            self.wake_at = earliest(self.wake_at, Some(deadline));
            return;
        }
        self.waits.push(Wait::new(
            By::Nobody,
            format!("{}, which should have been done by {deadline}", job.id()),
            "it has ended",
        ));
    }
}

fn edges(run: &SessionRun) -> Run<'_> {
    Run {
        after: &run.after,
        finish_before: run.finish_before.as_ref(),
    }
}

/// The runs of a unit, and the CronJob that they are made from.
fn runs_of<'a>(unit: &Unit<'a>) -> Option<(&'a SessionRun, &'a Object)> {
    let Some(When::Session(run)) = &unit.bundle.run else {
        return None;
    };
    let cron_job = unit.workload().1.filter(|live| !live.is_terminating())?;
    (cron_job.kind() == "CronJob").then_some((run, cron_job))
}

/// The latest run that it is too late for: past its deadline, or followed by another.
fn missed(unit: &Unit<'_>, run: Run<'_>, until: Timestamp) -> Option<Timestamp> {
    let (calendars, now) = (unit.situation.calendars, unit.situation.now);
    match run.due(calendars, until, now) {
        Due::Missed { since, .. } => Some(since),
        Due::Now { since, .. } => {
            let mut before = run.between(calendars, until, now).into_iter();
            before.rfind(|due| *due < since)
        }
        Due::Waiting { .. } | Due::Unknown => None,
    }
}

/// When the runs that are there were due.
fn begun(unit: &Unit<'_>) -> impl Iterator<Item = Timestamp> {
    unit.of_kind("Job").into_iter().filter_map(due_of)
}

/// The runs that are under way, those too that a person made from the CronJob.
fn unfinished<'a>(
    unit: &Unit<'a>,
    cron_job: &'a Object,
) -> impl Iterator<Item = &'a Object> + use<'a> {
    let jobs = unit.of_kind("Job").into_iter();
    let is_of = |job: &&Object| Some(job.text("/metadata/ownerReferences/0/uid")) == cron_job.uid();
    jobs.filter(is_of).filter(|job| job::end(job).is_none())
}

fn due_of(job: &Object) -> Option<Timestamp> {
    job.annotation(mark::DUE)?.parse().ok()
}

/// What differs is applied before a run is made from it, unless that fails: then the run is of
/// what is there.
fn may_begin(unit: &Unit<'_>, verdict: &Verdict) -> bool {
    let observed = unit.situation.observed;
    observed.namespace.is_none()
        && match &observed.failed {
            None => verdict.actions.is_empty(),
            Some(failed) => unit.situation.now >= retry_at(failed),
        }
}

/// A run, from the template of its CronJob.
fn begin(
    cron_job: &Object,
    due: Timestamp,
    deadline: Option<Timestamp>,
    now: Timestamp,
) -> Option<Action> {
    let template = cron_job.at("/spec/jobTemplate")?;
    let labels = template.pointer("/metadata/labels")?.clone();
    let mut spec = template.get("spec")?.as_object()?.clone();
    if let Some(deadline) = deadline {
        let left = deadline.duration_since(now).as_secs().max(1);
        let given = spec.get("activeDeadlineSeconds").and_then(Value::as_i64);
        let left = given.map_or(left, |given| given.min(left));
        spec.insert("activeDeadlineSeconds".to_owned(), left.into());
    }
    let owner = json!({
        "apiVersion": cron_job.api_version(),
        "controller": true,
        "kind": cron_job.kind(),
        "name": cron_job.name(),
        "uid": cron_job.uid()?,
    });
    let mut annotations = Map::new();
    annotations.insert(mark::DUE.to_owned(), due.to_string().into());
    let value = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "annotations": annotations,
            "labels": labels,
            "name": format!("{}-{}", cron_job.name(), due.as_second()),
            "namespace": cron_job.namespace(),
            "ownerReferences": [owner],
        },
        "spec": spec,
    });
    let job = Object::new(value)?;
    Some(Action {
        // Whatever else is to be done, and may fail, comes after it.
        wave: 0,
        reason: format!("its run of {due} is due"),
        ..actions::create(&job)
    })
}
