//! The way that traffic takes from a gateway to a service.

use serde_json::{Value, json};

use super::context::{Api, Context};
use super::fields::Fields;
use crate::object::Object;
use crate::resolve::rollout::{HostName, Route};

const GROUP: &str = "gateway.networking.k8s.io";

/// The route. It says where requests go when nothing is on its way; how a rollout divides them is
/// not its business, and weights are not in it.
pub(super) fn build(context: &Context<'_>, route: &Route) -> Object {
    let hostnames = route.hostnames.iter().map(HostName::as_str);
    let spec = Fields::new()
        .with_list("hostnames", hostnames)
        .with_list("parentRefs", [parent(route)])
        .with_list("rules", [rule(context.name(), route.port)]);
    let api = Api("gateway.networking.k8s.io/v1", "HTTPRoute");
    context.object(api, context.name(), Fields::new().with("spec", spec))
}

fn parent(route: &Route) -> Value {
    Fields::new()
        .with("group", GROUP)
        .with("kind", "Gateway")
        .with("name", route.gateway.name())
        .with("namespace", route.gateway.namespace())
        .with_some("sectionName", route.listener.as_deref())
        .into()
}

fn rule(service: &str, port: u16) -> Value {
    json!({
        "backendRefs": [{"group": "", "kind": "Service", "name": service, "port": port}],
        "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
    })
}
