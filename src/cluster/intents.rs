//! Intents: who asks, and the asking.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::intent::{Intent, IntentSpec};

use super::Client;
use super::client::{Body, Call};
use super::error::{Attempt, Error};
use super::resource::{INTENT, SELF_REVIEW};

/// The user that the API server takes the caller for.
pub async fn whoami(client: &Client) -> Result<String, Error> {
    let review = json!({"apiVersion": SELF_REVIEW.api_version(), "kind": SELF_REVIEW.kind});
    let call = Call {
        attempt: Attempt::to("ask", "the API server who you are"),
        resource: &SELF_REVIEW,
        method: Method::POST,
        target: SELF_REVIEW.collection(None),
        body: Body::Json(review.to_string().into_bytes()),
    };
    let review: Review = client.call(call).await?.parse()?;
    Ok(review.status.user_info.username)
}

/// Makes an Intent. Nothing changes or removes it again.
///
/// # Panics
///
/// Never: an Intent is plain data.
pub async fn create(client: &Client, namespace: &str, spec: IntentSpec) -> Result<Intent, Error> {
    let what = format!("to {} `{}`", spec.action, spec.release);
    let mut intent = Intent::new("", spec);
    intent.metadata.name = None;
    intent.metadata.generate_name = Some(format!("{}-", intent.spec.release));
    intent.metadata.namespace = Some(namespace.to_owned());
    let body = serde_json::to_vec(&intent).expect("an Intent can be written as JSON");
    let call = Call {
        attempt: Attempt::to("ask", what),
        resource: &INTENT,
        method: Method::POST,
        target: INTENT.collection(Some(namespace)),
        body: Body::Json(body),
    };
    client.call(call).await?.parse()
}

#[derive(Deserialize)]
struct Review {
    status: ReviewStatus,
}

#[derive(Deserialize)]
struct ReviewStatus {
    #[serde(rename = "userInfo")]
    user_info: UserInfo,
}

#[derive(Deserialize)]
struct UserInfo {
    username: String,
}
