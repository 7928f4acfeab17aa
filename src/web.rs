//! The daemon's HTTP side: `/healthz`, `/readyz`, `/metrics` and `/webhook`.
//!
//! It knows nothing of Git or Kubernetes; `daemon` hands it what to answer.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What the endpoints answer with.
#[derive(Clone)]
pub struct Answers {
    /// `Ok` when the daemon works, else why not. Failing it has Kubernetes restart the daemon.
    pub healthy: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// `Ok` when the daemon can do its work, else what it lacks.
    pub ready: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// The metrics, in the text format of `OpenMetrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Takes a push; the status and words of the answer.
    pub webhook: Arc<Webhook>,
}

/// Takes a push: its headers and body; gives the status and words of the answer.
pub type Webhook = dyn Fn(&HeaderMap, &[u8]) -> (StatusCode, String) + Send + Sync;

/// The longest webhook body that is read.
pub const MAX_WEBHOOK_BYTES: usize = 5 << 20;

/// Why the endpoints cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("failed to listen on `{address}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
    /// The server ended.
    #[error("failed to serve")]
    Serve(#[source] std::io::Error),
}

/// Listens, so that a taken address is told before anything else starts.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .await
        .map_err(|source| Error::Listen { address, source })
}

/// Serves until told to stop.
pub async fn serve(
    listener: TcpListener,
    answers: Answers,
    stop: CancellationToken,
) -> Result<(), Error> {
    let router = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/webhook", post(webhook))
        .layer(DefaultBodyLimit::max(MAX_WEBHOOK_BYTES))
        .with_state(answers);
    axum::serve(listener, router)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
        .map_err(Error::Serve)
}

async fn healthz(State(answers): State<Answers>) -> Response {
    verdict((answers.healthy)())
}

async fn readyz(State(answers): State<Answers>) -> Response {
    verdict((answers.ready)())
}

fn verdict(result: Result<(), String>) -> Response {
    match result {
        Ok(()) => (StatusCode::OK, "ok\n").into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

async fn metrics(State(answers): State<Answers>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], (answers.metrics)()).into_response()
}

async fn webhook(State(answers): State<Answers>, headers: HeaderMap, body: Bytes) -> Response {
    let (status, words) = (answers.webhook)(&headers, &body);
    (status, format!("{words}\n")).into_response()
}
