//! A signed JSON document to a server.

use std::time::Duration;

use super::{DEADLINE, NotTold};
use crate::outbound::{self, Document, Http, Secrets};
use crate::release::Message;
use crate::spec::metric::{HttpUrl, SecretRef};

pub(super) async fn tell(
    http: &Http,
    secrets: &Secrets,
    to: (&HttpUrl, &SecretRef),
    message: &Message,
) -> Result<(), NotTold> {
    const WITHIN: Duration = DEADLINE;
    let body = serde_json::to_string(message)
        .map_err(|error| NotTold(format!("the message is no JSON: {error}")))?;
    let document = Document {
        body: &body,
        delivery: &message.id,
    };
    let answer = outbound::post(http, secrets, to, document, WITHIN).await?;
    if answer.status.is_success() {
        return Ok(());
    }
    let host = to.0.host();
    Err(NotTold(format!("`{host}` answers {}", answer.status)))
}
