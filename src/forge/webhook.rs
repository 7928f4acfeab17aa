//! Webhooks: a forge says that something was pushed.
//!
//! A webhook only makes the daemon fetch sooner than its poll would. It is still verified before
//! anything of it is read, so that a stranger cannot make the daemon work. A request that is sent
//! twice does nothing twice: what counts is what the fetch finds.

mod payload;
mod signature;

use std::fmt;

use http::{HeaderMap, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};

/// The number of bytes above which a request's body is refused. The poll finds that push too.
pub const MAX_BODY_BYTES: usize = 5 << 20;

/// The least length of a secret: a shorter one can be guessed from one signed request.
const MIN_SECRET_BYTES: usize = 16;

/// What the forge and the daemon both know.
#[derive(Debug, Clone)]
pub struct WebhookSecret(SecretString);

impl WebhookSecret {
    /// Takes the text of a secret's file; newlines at its end are no part of it.
    pub fn new(text: &str) -> Result<Self, ShortSecretError> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.len() < MIN_SECRET_BYTES {
            return Err(ShortSecretError);
        }
        Ok(Self(text.into()))
    }

    fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

/// The secret can be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "read the webhook's secret: it is shorter than {MIN_SECRET_BYTES} characters; `openssl rand -hex 32` prints a good one"
)]
pub struct ShortSecretError;

/// Who sent a request, told by its headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// GitHub, on its own site or on yours.
    GitHub,
    /// Gitea or Forgejo.
    Gitea,
    /// GitLab, on its own site or on yours.
    GitLab,
    /// Anything else that signs a body of `{"repository": URL, "ref": "refs/heads/main"}`.
    Generic,
}

impl Sender {
    /// The header that proves a request.
    pub fn header(self) -> &'static str {
        match self {
            Self::GitHub => "X-Hub-Signature-256",
            Self::Gitea => "X-Gitea-Signature",
            Self::GitLab => "X-Gitlab-Token",
            Self::Generic => "X-Tidegate-Signature-256",
        }
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GitHub => "GitHub",
            Self::Gitea => "Gitea or Forgejo",
            Self::GitLab => "GitLab",
            Self::Generic => "a generic sender",
        })
    }
}

/// What a verified request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The forge tries whether the webhook works.
    Ping,
    /// A reference moved.
    Push(Push),
    /// Something that no fetch is needed for.
    Other {
        /// The forge's name for it.
        name: String,
    },
}

/// A reference moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The repository's addresses, as the forge knows them.
    pub repositories: Vec<String>,
    /// The full name of the reference, such as `refs/heads/main`.
    pub reference: String,
    /// The commit that it is at now; `None` when it is gone or not told.
    pub commit: Option<String>,
}

/// Why a request is not believed or not understood. No text of it holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body is over the limit.
    #[error("read the webhook: its body is larger than {} MiB", MAX_BODY_BYTES >> 20)]
    TooLarge,
    /// There is no proof.
    #[error(
        "verify the webhook of {sender}: it has no `{}` header; set the webhook's secret at the forge", sender.header()
    )]
    Unsigned {
        /// Who seems to have sent it.
        sender: Sender,
    },
    /// The proof is for another secret or another body.
    #[error(
        "verify the webhook of {sender}: its `{}` header does not fit; check that the forge and the daemon have the same secret, and that no proxy changes the body", sender.header()
    )]
    Forged {
        /// Who seems to have sent it.
        sender: Sender,
    },
    /// The body is not what the forge sends.
    #[error(
        "read the webhook of {sender}: its body is not the JSON of a push; set its content type to `application/json`"
    )]
    Malformed {
        /// Who sent it.
        sender: Sender,
        /// Where the JSON is wrong.
        source: serde_json::Error,
    },
}

impl Error {
    /// The status to answer with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unsigned { .. } | Self::Forged { .. } => StatusCode::UNAUTHORIZED,
            Self::Malformed { .. } => StatusCode::BAD_REQUEST,
        }
    }
}

/// Verifies a request, then reads it.
pub fn receive(headers: &HeaderMap, body: &[u8], secret: &WebhookSecret) -> Result<Event, Error> {
    if body.len() > MAX_BODY_BYTES {
        return Err(Error::TooLarge);
    }
    let sender = sender(headers);
    signature::verify(sender, headers, body, secret)?;
    payload::read(sender, headers, body)
}

/// Gitea and Forgejo also send GitHub's headers, so theirs are looked for first.
fn sender(headers: &HeaderMap) -> Sender {
    let has = |name: &str| headers.contains_key(name);
    if has("X-Gitea-Event") || has("X-Forgejo-Event") {
        Sender::Gitea
    } else if has("X-Gitlab-Event") {
        Sender::GitLab
    } else if has("X-GitHub-Event") {
        Sender::GitHub
    } else {
        Sender::Generic
    }
}

#[cfg(test)]
mod tests;
