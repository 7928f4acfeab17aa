//! What may be evicted at a time.

use super::context::{Api, Context};
use super::fields::Fields;
use super::labels;
use crate::object::Object;

/// A singleton's budget. It says nothing about how many: a rollout turns that with the session.
pub(super) fn singleton(context: &Context<'_>) -> Object {
    build(context, Fields::new())
}

/// A service's budget: one pod at a time.
pub(super) fn service(context: &Context<'_>) -> Object {
    build(context, Fields::new().with("maxUnavailable", 1))
}

fn build(context: &Context<'_>, spec: Fields) -> Object {
    let spec = spec
        .with("selector", labels::selector(context))
        // A pod that does not work must not hold up a node's drain.
        .with("unhealthyPodEvictionPolicy", "AlwaysAllow");
    let fields = Fields::new().with("spec", spec);
    let api = Api("policy/v1", "PodDisruptionBudget");
    context.object(api, context.name(), fields)
}
