//! A job that runs once.

use serde_json::{Value, json};

use super::context::{Api, Context};
use super::fields::Fields;
use super::pod::{self, Restart};
use crate::object::Object;
use crate::resolve::Strategy;

/// A week: long enough to look into a run after a holiday.
const KEPT_SECONDS: u32 = 7 * 24 * 3600;

/// The Job, under the strategy's name until its behaviour is known.
pub(super) fn build(context: &Context<'_>) -> Object {
    let spec = spec(context)
        .with("suspend", false)
        .with("ttlSecondsAfterFinished", KEPT_SECONDS);
    let fields = Fields::new().with("spec", spec);
    context.object(Api("batch/v1", "Job"), context.name(), fields)
}

/// What a run is, whether it runs once or on a schedule.
pub(super) fn spec(context: &Context<'_>) -> Fields {
    let shape = &context.strategy.job;
    let fields = match shape.completions {
        None => Fields::new().with("backoffLimit", shape.retries),
        Some(completions) => Fields::new()
            .with("completionMode", "Indexed")
            .with("completions", completions)
            .with("parallelism", shape.parallelism.max(1))
            .with("backoffLimitPerIndex", shape.retries),
    };
    fields
        .with_some("activeDeadlineSeconds", shape.deadline_seconds)
        .with_some("podFailurePolicy", failure_policy(context.strategy))
        .with("template", pod::template(context, Restart::Never))
}

fn failure_policy(strategy: &Strategy) -> Option<Value> {
    let preempted = json!({"type": "DisruptionTarget", "status": "True"});
    let rule = json!({"action": "Ignore", "onPodConditions": [preempted]});
    let ignored = strategy.job.ignore_preemption;
    ignored.then(|| json!({"rules": [rule]}))
}
