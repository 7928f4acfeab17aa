//! A job that runs again and again.
//!
//! Its name is the strategy's and stays: replacing the CronJob would end the run that is under way.
//! One that runs by trading session is suspended, since no cron fields say when that is: it is what
//! Tidegate makes its runs from, and what they belong to.

use serde_json::json;

use super::context::{Api, Context};
use super::fields::Fields;
use super::job;
use crate::object::Object;
use crate::resolve::run::Schedule;

/// How late a run may still start.
const STARTING_DEADLINE_SECONDS: u32 = 600;

/// A day that no year has, for a CronJob that starts nothing by itself.
const NEVER: &str = "0 0 31 2 *";

/// The CronJob of a schedule.
pub(super) fn build(context: &Context<'_>, schedule: &Schedule) -> Object {
    let spec = Fields::new()
        .with("schedule", schedule.cron.as_str())
        .with("startingDeadlineSeconds", STARTING_DEADLINE_SECONDS)
        .with("suspend", false)
        .with("timeZone", schedule.time_zone.as_str());
    cron_job(context, spec)
}

/// The CronJob of runs by session.
pub(super) fn by_session(context: &Context<'_>) -> Object {
    let spec = Fields::new().with("schedule", NEVER).with("suspend", true);
    cron_job(context, spec)
}

/// Its runs are kept by count, so they have no time to live of their own.
fn cron_job(context: &Context<'_>, when: Fields) -> Object {
    let metadata = Fields::new().with_map("labels", context.labels.clone());
    let template = Fields::new()
        .with("metadata", metadata)
        .with("spec", job::spec(context));
    let spec = when
        .with("concurrencyPolicy", json!("Forbid"))
        .with("failedJobsHistoryLimit", 3)
        .with("jobTemplate", template)
        .with("successfulJobsHistoryLimit", 3);
    let fields = Fields::new().with("spec", spec);
    context.object(Api("batch/v1", "CronJob"), context.name(), fields)
}
