//! Servers that judge: a signed question, and what they answer.
//!
//! The body is signed with HMAC-SHA256 in `X-Tidegate-Signature-256`, as Tidegate's own webhook
//! wants it to be. The same question always has the same `X-Tidegate-Delivery`, so that a server
//! that was asked twice knows.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use secrecy::ExposeSecret as _;
use sha2::Sha256;

use super::Trouble;
use super::client::Http;
use super::number::{HEX, hex};
use super::secret::Secrets;
use crate::rollout::gates::{Answer, Outcome, WebhookCall};

const SIGNATURE: &str = "x-tidegate-signature-256";
const DELIVERY: &str = "x-tidegate-delivery";

pub(super) async fn ask(
    http: &Http,
    secrets: &Secrets,
    call: &WebhookCall,
) -> Result<Outcome, Trouble> {
    let key = secrets.read(&call.secret, &call.url.host()).await?;
    let body = call.body.clone().into_bytes();
    let request = Request::builder()
        .method(Method::POST)
        .uri(call.url.as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(SIGNATURE, signature(key.expose_secret().as_bytes(), &body))
        .header(DELIVERY, &call.delivery)
        .body(body)
        .map_err(|_| Trouble::Error("its address cannot be asked".to_owned()))?;
    let deadline = Duration::from_secs(u64::from(call.deadline.seconds()));
    let answer = http.ask(request, deadline).await?;
    let text = answer.text();
    match answer.status {
        StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT => {
            Ok(Outcome::Answer(Answer::Yes(text)))
        }
        StatusCode::ACCEPTED => Ok(Outcome::Answer(Answer::NotYet(text))),
        StatusCode::FORBIDDEN => Ok(Outcome::Answer(Answer::No(text))),
        status => Err(Trouble::Error(format!(
            "it answers {status}, which is none of 200 (yes), 202 (not yet) and 403 (no)"
        ))),
    }
}

fn signature(key: &[u8], body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key)
        .expect("HMAC takes a key of any length")
        .chain_update(body);
    let digits = mac.finalize().into_bytes();
    let hex: String = digits.iter().flat_map(|byte| hex(*byte, HEX)).collect();
    format!("sha256={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_published_one() {
        // RFC 4231, test case 2.
        assert_eq!(
            signature(b"Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
