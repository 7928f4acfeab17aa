//! Whether the API server would let somebody do something.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::Client;
use super::client::{Body, Call};
use super::error::{Attempt, Error};
use super::resource::ACCESS_REVIEW;

/// What somebody would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed<'a> {
    /// The verb.
    pub verb: &'a str,
    /// The API group.
    pub group: &'a str,
    /// The resource.
    pub resource: &'a str,
    /// Its subresource; empty for none.
    pub subresource: &'a str,
    /// The namespace.
    pub namespace: &'a str,
    /// The object.
    pub name: &'a str,
}

/// Whether a user, by name alone, may do something.
pub async fn may(client: &Client, user: &str, deed: &Deed<'_>) -> Result<bool, Error> {
    let review = json!({
        "apiVersion": ACCESS_REVIEW.api_version(),
        "kind": ACCESS_REVIEW.kind,
        "spec": {"user": user, "groups": ["system:authenticated"], "resourceAttributes": {
            "verb": deed.verb,
            "group": deed.group,
            "resource": deed.resource,
            "subresource": deed.subresource,
            "namespace": deed.namespace,
            "name": deed.name,
        }},
    });
    let call = Call {
        attempt: Attempt::to("ask", format_args!("what `{user}` may do")),
        resource: &ACCESS_REVIEW,
        method: Method::POST,
        target: ACCESS_REVIEW.collection(None),
        body: Body::Json(review.to_string().into_bytes()),
    };
    let review: Review = client.call(call).await?.parse()?;
    Ok(review.status.allowed)
}

#[derive(Deserialize)]
struct Review {
    status: ReviewStatus,
}

#[derive(Deserialize)]
struct ReviewStatus {
    allowed: bool,
}
