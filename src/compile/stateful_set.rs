//! The StatefulSet of a singleton, and of a service that keeps state.

use serde_json::json;

use super::context::{Api, Context};
use super::fields::Fields;
use super::pod::{self, Restart};
use super::{labels, names};
use crate::object::Object;

const API: Api = Api("apps/v1", "StatefulSet");

/// A singleton's StatefulSet. It says nothing about `replicas`: a rollout turns them. The partition
/// only brakes edits by hand.
pub(super) fn singleton(context: &Context<'_>) -> Object {
    let update = json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}});
    let spec = spec(context, context.name()).with("updateStrategy", update);
    context.object(API, context.name(), Fields::new().with("spec", spec))
}

/// The StatefulSet of a service that keeps state.
pub(super) fn service(context: &Context<'_>) -> Object {
    let spec = spec(context, &names::pods(context.strategy))
        .with_some("replicas", context.replicas())
        .with("updateStrategy", json!({"type": "RollingUpdate"}));
    context.object(API, context.name(), Fields::new().with("spec", spec))
}

fn spec(context: &Context<'_>, service: &str) -> Fields {
    Fields::new()
        .with("podManagementPolicy", "OrderedReady")
        .with("revisionHistoryLimit", 5)
        .with("selector", labels::selector(context))
        .with("serviceName", service)
        .with("template", pod::template(context, Restart::Always))
}
