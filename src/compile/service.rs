//! The Services in front of a strategy's pods.

use serde_json::{Value, json};

use super::context::{Api, Context};
use super::fields::Fields;
use super::names;
use crate::object::{Object, mark};

/// The headless Service that gives a singleton's pod its name.
pub(super) fn singleton(context: &Context<'_>) -> Object {
    headless(context, context.name())
}

/// The headless Service of a service that keeps state.
pub(super) fn pods(context: &Context<'_>) -> Object {
    headless(context, &names::pods(context.strategy))
}

/// The Service that a service's clients use, if it has a port. It is never headless, so that a
/// service may come to keep state without another address.
pub(super) fn clients(context: &Context<'_>) -> Option<Object> {
    let served = !context.strategy.ports.is_empty();
    served.then(|| build(context, context.name(), Fields::new()))
}

fn headless(context: &Context<'_>, name: &str) -> Object {
    build(context, name, Fields::new().with("clusterIP", "None"))
}

fn build(context: &Context<'_>, name: &str, spec: Fields) -> Object {
    let spec = spec
        .with_list("ports", ports(context))
        .with("selector", json!({mark::INSTANCE: context.name()}))
        .with("type", "ClusterIP");
    let fields = Fields::new().with("spec", spec);
    context.object(Api("v1", "Service"), name, fields)
}

fn ports(context: &Context<'_>) -> Vec<Value> {
    let mut ports: Vec<_> = context.strategy.ports.iter().collect();
    ports.sort_by(|a, b| a.name.cmp(&b.name));
    let port = |port: &crate::resolve::Port| {
        json!({
            "name": port.name,
            "port": port.port,
            "protocol": "TCP",
            "targetPort": port.name,
        })
    };
    ports.into_iter().map(port).collect()
}
