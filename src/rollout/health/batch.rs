//! Jobs.

use super::condition;
use super::{Health, pod};
use crate::object::Object;

/// A Job is as it should be once it has run to its end.
pub(super) fn job(job: &Object, pods: &[&Object]) -> Health {
    let id = job.id();
    for kind in ["Failed", "FailureTarget"] {
        if let Some(failed) = condition::find(job, kind)
            && failed.status == "True"
        {
            return Health::Failed(format!("{id} failed: {}", failed.text()));
        }
    }
    if condition::is_true(job, "Complete") {
        return Health::Healthy;
    }
    if condition::is_true(job, "Suspended") {
        return Health::Progressing(format!("{id} is suspended"));
    }
    match pod::why_not_ready(pods) {
        Some(why) => Health::Progressing(format!("{id} is running: {why}")),
        None => Health::Progressing(format!("{id} is running")),
    }
}
