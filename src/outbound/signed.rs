//! JSON documents that are signed.
//!
//! With HMAC-SHA256 in `X-Tidegate-Signature-256`, as Tidegate's own webhook wants it to be. The
//! same document always has the same `X-Tidegate-Delivery`, so that a server that was sent it twice
//! knows.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::CONTENT_TYPE;
use http::{Method, Request};
use secrecy::ExposeSecret as _;
use sha2::Sha256;

use super::{Answer, Http, Secrets, Trouble};
use crate::spec::metric::{HttpUrl, SecretRef};

const SIGNATURE: &str = "x-tidegate-signature-256";
const DELIVERY: &str = "x-tidegate-delivery";

/// A document, and what it is known by.
pub(crate) struct Document<'a> {
    /// JSON.
    pub(crate) body: &'a str,
    /// The same for the same document.
    pub(crate) delivery: &'a str,
}

/// Posts a signed document.
pub(crate) async fn post(
    http: &Http,
    secrets: &Secrets,
    (url, secret): (&HttpUrl, &SecretRef),
    document: Document<'_>,
    deadline: Duration,
) -> Result<Answer, Trouble> {
    let key = secrets.read(secret, &url.host()).await?;
    let body = document.body.as_bytes();
    let request = Request::builder()
        .method(Method::POST)
        .uri(url.as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(SIGNATURE, signature(key.expose_secret().as_bytes(), body))
        .header(DELIVERY, document.delivery)
        .body(body.to_vec())
        .map_err(|_| Trouble("its address cannot be asked".to_owned()))?;
    http.ask(request, deadline).await
}

fn signature(key: &[u8], body: &[u8]) -> String {
    use std::fmt::Write as _;
    let mac = Hmac::<Sha256>::new_from_slice(key)
        .expect("HMAC takes a key of any length")
        .chain_update(body);
    let digits = mac.finalize().into_bytes();
    digits.iter().fold("sha256=".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
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
