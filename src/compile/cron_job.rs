//! A job that runs on a schedule.
//!
//! Its name is the strategy's and stays: replacing the CronJob would end the run that is under way.

use serde_json::json;

use super::context::{Api, Context};
use super::fields::Fields;
use super::job;
use crate::object::Object;
use crate::resolve::Schedule;

/// How late a run may still start.
const STARTING_DEADLINE_SECONDS: u32 = 600;

/// The CronJob. Its runs are kept by count, so they have no time to live of their own.
pub(super) fn build(context: &Context<'_>, schedule: &Schedule) -> Object {
    let metadata = Fields::new().with_map("labels", context.labels.clone());
    let template = Fields::new()
        .with("metadata", metadata)
        .with("spec", job::spec(context));
    let spec = Fields::new()
        .with("concurrencyPolicy", json!("Forbid"))
        .with("failedJobsHistoryLimit", 3)
        .with("jobTemplate", template)
        .with("schedule", schedule.cron.as_str())
        .with("startingDeadlineSeconds", STARTING_DEADLINE_SECONDS)
        .with("successfulJobsHistoryLimit", 3)
        .with("suspend", false)
        .with("timeZone", schedule.time_zone.as_str());
    let fields = Fields::new().with("spec", spec);
    context.object(Api("batch/v1", "CronJob"), context.name(), fields)
}
