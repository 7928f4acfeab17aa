//! Scaling to 0 in a person's own name, where no daemon does it.

use http::Method;
use serde_json::json;

use super::Client;
use super::client::{Body, Call};
use super::error::{Attempt, Error};
use super::resource::Resource;
use crate::object::Object;

/// Scales a workload to 0. Nothing is asked about how it was: down is always safe.
pub async fn to_zero(client: &Client, workload: &Object) -> Result<(), Error> {
    let id = workload.id();
    let Some(resource) = Resource::of_object(workload) else {
        return Err(Error::unknown_kind("scale", &id));
    };
    let patch = json!([{"op": "add", "path": "/spec/replicas", "value": 0}]);
    let path = resource.object_path(workload.api_version(), &id);
    let call = Call {
        attempt: Attempt::to("scale to 0", id),
        resource,
        method: Method::PATCH,
        target: format!("{path}/scale"),
        body: Body::Patch(patch.to_string().into_bytes()),
    };
    client.call(call).await.map(drop)
}
