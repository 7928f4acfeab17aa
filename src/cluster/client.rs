//! One call at a time to the API server: a deadline on each, an [`Error`] with a remedy for each
//! that fails, and no retry: whoever calls decides.

use std::sync::Arc;
use std::time::Duration;

use futures::AsyncBufRead;
use http::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER, WARNING};
use http::{Method, Request};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;

use crate::error::root_cause;

use super::error::{self, Attempt, Error, Fault};
use super::resource::Resource;

/// How long the API server may take to answer a call. Its own limit is 60 seconds; an admission
/// webhook gets at most 30.
const DEADLINE: Duration = Duration::from_secs(40);

/// A connection to one API server. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    kube: kube::Client,
    server: Arc<str>,
    deadline: Duration,
}

/// A call to be made.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) attempt: Attempt,
    pub(super) resource: &'static Resource,
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
    pub(super) body: Body,
}

/// What a call carries.
#[derive(Debug, Clone)]
pub(super) enum Body {
    None,
    Json(Vec<u8>),
    Apply(Vec<u8>),
    Patch(Vec<u8>),
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: Vec<u8>,
    /// What the API server warns of, such as a Pod Security violation.
    pub(super) warnings: Vec<String>,
    attempt: Attempt,
}

impl Body {
    fn into_parts(self) -> (Option<&'static str>, Vec<u8>) {
        match self {
            Self::None => (None, Vec::new()),
            Self::Json(bytes) => (Some("application/json"), bytes),
            // JSON is YAML; the API server takes apply patches under this name only.
            Self::Apply(bytes) => (Some("application/apply-patch+yaml"), bytes),
            Self::Patch(bytes) => (Some("application/json-patch+json"), bytes),
        }
    }
}

impl Answer {
    /// The body as a typed value.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let why = error.to_string();
            Error::new(self.attempt.clone(), Fault::Garbled { why })
        })
    }

    /// The body as a tree.
    pub(super) fn tree(&self) -> Result<Value, Error> {
        self.parse()
    }
}

impl Client {
    pub(super) fn new(kube: kube::Client, server: &str) -> Self {
        Self {
            kube,
            server: server.into(),
            deadline: DEADLINE,
        }
    }

    /// The same connection, with another deadline for each call.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// The API server's address.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The connection itself, for what is asked of other servers' APIs behind the API server.
    pub fn kube(&self) -> kube::Client {
        self.kube.clone()
    }

    /// The namespace of the context, or of the pod that this runs in.
    pub fn namespace(&self) -> &str {
        self.kube.default_namespace()
    }

    /// Makes a call and reads the whole answer.
    ///
    /// What a call needs while it runs is tens of kilobytes, so it is not part of the callers'
    /// futures, of which many may wait for their turn.
    pub(super) async fn call(&self, call: Call) -> Result<Answer, Error> {
        let attempt = call.attempt.clone();
        let answer = timeout(self.deadline, Box::pin(self.exchange(call)))
            .await
            .unwrap_or_else(|_| Err(self.timed_out()));
        answer.map_err(|fault| Error::new(attempt, fault))
    }

    /// Makes a call whose answer never ends; the deadline is for its beginning.
    pub(super) async fn stream(
        &self,
        call: Call,
    ) -> Result<impl AsyncBufRead + Unpin + Send + use<>, Error> {
        let attempt = call.attempt.clone();
        let opened = timeout(self.deadline, Box::pin(self.open(call)))
            .await
            .unwrap_or_else(|_| Err(self.timed_out()));
        opened.map_err(|fault| Error::new(attempt, fault))
    }

    async fn exchange(&self, call: Call) -> Result<Answer, Fault> {
        let Call {
            attempt, resource, ..
        } = call.clone();
        let response = self.kube.send(self.request(call)?.map(Into::into)).await;
        let response = response.map_err(|error| self.network(&error))?;
        let (parts, body) = response.into_parts();
        let bytes = body
            .collect_bytes()
            .await
            .map_err(|error| self.network(&error))?;
        if !parts.status.is_success() {
            let after = retry_after(&parts.headers);
            return Err(error::fault(resource, parts.status.as_u16(), &bytes, after));
        }
        Ok(Answer {
            body: bytes.into(),
            warnings: warnings(&parts.headers),
            attempt,
        })
    }

    async fn open(&self, call: Call) -> Result<impl AsyncBufRead + Unpin + Send + use<>, Fault> {
        let resource = call.resource;
        let stream = self.kube.request_stream(self.request(call)?).await;
        let stream = stream.map_err(|error| match error {
            kube::Error::Api(status) => {
                let body = serde_json::to_vec(&status).unwrap_or_default();
                error::fault(resource, status.code, &body, None)
            }
            other => self.network(&other),
        })?;
        Ok(Box::pin(stream))
    }

    fn request(&self, call: Call) -> Result<Request<Vec<u8>>, Fault> {
        let (content_type, bytes) = call.body.into_parts();
        let mut request = Request::builder().method(call.method).uri(call.target);
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        request.body(bytes).map_err(|error| Fault::Unreachable {
            server: self.server.to_string(),
            why: error.to_string(),
        })
    }

    fn network(&self, error: &kube::Error) -> Fault {
        match error {
            kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => Fault::Garbled {
                why: error.to_string(),
            },
            other => Fault::Unreachable {
                server: self.server.to_string(),
                why: root_cause(other),
            },
        }
    }

    fn timed_out(&self) -> Fault {
        Fault::TimedOut {
            server: self.server.to_string(),
            after: self.deadline,
        }
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The texts of `Warning: 299 - "text"` headers.
fn warnings(headers: &HeaderMap) -> Vec<String> {
    let texts = headers.get_all(WARNING).iter().filter_map(|value| {
        let (_, quoted) = value.to_str().ok()?.split_once('"')?;
        let text = quoted.strip_suffix('"').unwrap_or(quoted);
        Some(text.replace("\\\"", "\"").replace("\\\\", "\\"))
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_loses_its_wrapping() {
        let mut headers = HeaderMap::new();
        let value = r#"299 - "unknown field \"spec.oil\"""#;
        headers.append(WARNING, value.parse().unwrap());
        assert_eq!(warnings(&headers), ["unknown field \"spec.oil\""]);
    }
}
