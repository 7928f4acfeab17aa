//! One request at a time over HTTP: a deadline, a limit to the answer, no redirects.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::warn;

use crate::error::root_cause;

use super::Trouble;
use super::address::Resolver;

/// The longest answer that is read.
const MAX_BYTES: usize = 8 << 20;

/// A request's body.
type Body = Full<Cursor<Vec<u8>>>;

/// Asks servers.
#[derive(Clone)]
pub(crate) struct Http {
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Body>,
    permits: Arc<Semaphore>,
    deadline: Duration,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

/// Why nothing can be asked.
#[derive(Debug, thiserror::Error)]
#[error("set up TLS for requests to others")]
pub struct SetupError(#[from] rustls::Error);

impl Http {
    pub(crate) fn new(deadline: Duration, at_a_time: usize) -> Result<Self, SetupError> {
        let builder = HttpsConnectorBuilder::new();
        let builder = match builder.with_provider_and_native_roots(ring::default_provider()) {
            Ok(builder) => builder,
            Err(error) => {
                warn!(%error, "no certificates of authorities: others can be asked over plain HTTP only");
                HttpsConnectorBuilder::new().with_tls_config(nobody_trusted()?)
            }
        };
        let mut plain = HttpConnector::new_with_resolver(Resolver::new());
        plain.enforce_http(false);
        plain.set_connect_timeout(Some(deadline));
        let connector = builder.https_or_http().enable_http1().wrap_connector(plain);
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            permits: Arc::new(Semaphore::new(at_a_time)),
            deadline,
        })
    }

    /// How long an answer may take unless somebody says otherwise.
    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Asks, and reads the whole answer.
    pub(crate) async fn ask(
        &self,
        request: Request<Vec<u8>>,
        deadline: Duration,
    ) -> Result<Answer, Trouble> {
        let Ok(_permit) = self.permits.acquire().await else {
            return Err(Trouble("Tidegate is stopping".to_owned()));
        };
        let exchange = Box::pin(self.exchange(request));
        let answer = timeout(deadline, exchange).await;
        answer.unwrap_or_else(|_| Err(too_slow(deadline)))
    }

    async fn exchange(&self, request: Request<Vec<u8>>) -> Result<Answer, Trouble> {
        let request = request.map(|body| Full::new(Cursor::new(body)));
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|error| Trouble(root_cause(&error)))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_BYTES).collect().await;
        let body = body.map_err(|error| {
            if error.is::<LengthLimitError>() {
                return Trouble(format!("its answer is longer than {MAX_BYTES} bytes"));
            }
            Trouble(format!("its answer broke off: {}", root_cause(&*error)))
        })?;
        Ok(Answer {
            status,
            body: body.to_bytes().into(),
        })
    }
}

/// Only with certificates of nobody: every TLS connection then fails, and says so.
fn nobody_trusted() -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

/// What is said of an answer that takes too long.
pub(crate) fn too_slow(deadline: Duration) -> Trouble {
    let seconds = deadline.as_secs_f64();
    Trouble(format!("it did not answer within {seconds} s"))
}

impl Answer {
    /// The beginning of the body as one line, for a person.
    pub(crate) fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown = line.chars().filter(|letter| !letter.is_control());
        shown.take(200).collect()
    }
}
