//! A message to a chat that takes them as Slack's incoming webhooks do: `{"text": …}`.

use http::header::CONTENT_TYPE;
use http::{Method, Request};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{DEADLINE, NotTold, together};
use crate::outbound::{Http, Secrets};
use crate::release::Message;
use crate::spec::metric::SecretRef;

pub(super) async fn tell(
    http: &Http,
    secrets: &Secrets,
    url: &SecretRef,
    messages: &[Message],
) -> Result<(), NotTold> {
    let (address, host) = secrets.read_address(url).await?;
    let body = json!({"text": escaped(&together(messages))}).to_string();
    let request = Request::builder()
        .method(Method::POST)
        .uri(address.expose_secret())
        .header(CONTENT_TYPE, "application/json")
        .body(body.into_bytes())
        .map_err(|_| NotTold(format!("`{host}` cannot be asked")))?;
    let answer = http.ask(request, DEADLINE).await?;
    if answer.status.is_success() {
        return Ok(());
    }
    let (status, why) = (answer.status, answer.text());
    Err(NotTold(format!("`{host}` answers {status}: {why}")))
}

/// The three characters that have a meaning of their own there.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}
