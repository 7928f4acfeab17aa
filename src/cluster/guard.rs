//! Whether an admission policy of ours is in force, asked when it matters: nothing of it is kept.

use http::Method;
use serde_json::Value;

use super::Client;
use super::client::{Body, Call};
use super::error::{Attempt, Error, Fault};
use super::resource::{POLICY, POLICY_BINDING, Resource, escaped};
use crate::admission::{Guard, Shipped};

/// Whether a policy guards now, by what the API server has.
pub async fn guard(client: &Client, shipped: Shipped) -> Result<Guard, Error> {
    let policy = look(client, &POLICY, shipped.name).await?;
    let binding = look(client, &POLICY_BINDING, shipped.name).await?;
    Ok(shipped.guard(policy.as_ref(), binding.as_ref()))
}

async fn look(
    client: &Client,
    resource: &'static Resource,
    name: &str,
) -> Result<Option<Value>, Error> {
    let call = Call {
        attempt: Attempt::to("read", format_args!("{} {name}", resource.kind)),
        resource,
        method: Method::GET,
        target: format!("{}/{}", resource.collection(None), escaped(name)),
        body: Body::None,
    };
    match client.call(call).await {
        Ok(answer) => answer.tree().map(Some),
        Err(error) if *error.fault() == Fault::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
