//! Overrides: making one.

use http::Method;

use crate::overrides::{Override, OverrideSpec};

use super::Client;
use super::client::{Body, Call};
use super::error::{Attempt, Error};
use super::resource::OVERRIDE;

/// Makes an Override. Nothing changes it again.
///
/// # Panics
///
/// Never: an Override is plain data.
pub async fn create(
    client: &Client,
    namespace: &str,
    spec: OverrideSpec,
) -> Result<Override, Error> {
    let attempt = Attempt::to("override for", format_args!("`{}`", spec.release));
    let mut made = Override::new("", spec);
    made.metadata.name = None;
    made.metadata.generate_name = Some(format!("{}-", made.spec.release));
    made.metadata.namespace = Some(namespace.to_owned());
    let body = serde_json::to_vec(&made).expect("an Override can be written as JSON");
    let call = Call {
        attempt,
        resource: &OVERRIDE,
        method: Method::POST,
        target: OVERRIDE.collection(Some(namespace)),
        body: Body::Json(body),
    };
    client.call(call).await?.parse()
}
