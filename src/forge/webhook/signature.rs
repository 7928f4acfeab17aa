//! Whether a request was sent by somebody who knows the secret. Every comparison takes the same
//! time whatever is compared.

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use sha2::Sha256;

use super::{Error, Sender, WebhookSecret};

/// Checks the sender's proof.
pub(super) fn verify(
    sender: Sender,
    headers: &HeaderMap,
    body: &[u8],
    secret: &WebhookSecret,
) -> Result<(), Error> {
    let proof = headers
        .get(sender.header())
        .ok_or(Error::Unsigned { sender })?
        .as_bytes();
    let proven = match sender {
        Sender::GitHub | Sender::Generic => proof
            .strip_prefix(b"sha256=")
            .is_some_and(|hex| signs(hex, body, secret)),
        Sender::Gitea => signs(proof, body, secret),
        Sender::GitLab => is_secret(proof, secret),
    };
    if proven {
        Ok(())
    } else {
        Err(Error::Forged { sender })
    }
}

fn signs(hex: &[u8], body: &[u8], secret: &WebhookSecret) -> bool {
    decode(hex).is_some_and(|signature| mac(secret, body).verify_slice(&signature).is_ok())
}

/// Compares MACs of the two instead of the two, which tells nothing of where they differ.
fn is_secret(token: &[u8], secret: &WebhookSecret) -> bool {
    let expected = mac(secret, secret.bytes()).finalize().into_bytes();
    mac(secret, token).verify_slice(&expected).is_ok()
}

fn mac(secret: &WebhookSecret, message: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret.bytes())
        .expect("HMAC takes a key of any length")
        .chain_update(message)
}

fn decode(hex: &[u8]) -> Option<Vec<u8>> {
    let pairs = hex.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| {
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            let (high, low) = (digit(pair.first()?)?, digit(pair.last()?)?);
            u8::try_from(high * 16 + low).ok()
        })
        .collect()
}
