//! The Deployment of a service without state.

use serde_json::json;

use super::context::{Api, Context};
use super::fields::Fields;
use super::labels;
use super::pod::{self, Restart};
use crate::object::Object;

/// The Deployment. A new pod is ready before an old one goes.
pub(super) fn build(context: &Context<'_>) -> Object {
    let rolling = json!({"maxSurge": 1, "maxUnavailable": 0});
    let deadline = context.strategy.rollout.progress_deadline;
    let deadline = deadline.map(|deadline| json!(deadline.seconds()));
    let spec = Fields::new()
        .with_some("progressDeadlineSeconds", deadline)
        .with_some("replicas", context.replicas())
        .with("revisionHistoryLimit", 5)
        .with("selector", labels::selector(context))
        .with(
            "strategy",
            json!({"type": "RollingUpdate", "rollingUpdate": rolling}),
        )
        .with("template", pod::template(context, Restart::Always));
    let api = Api("apps/v1", "Deployment");
    context.object(api, context.name(), Fields::new().with("spec", spec))
}
