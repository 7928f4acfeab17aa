//! What the daemon's endpoints answer.

use std::path::Path;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use tokio::sync::{Notify, watch};
use tracing::info;

use super::Endpoints;
use super::metrics::Metrics;
use super::source::{Known, Source};
use crate::cluster::Cache;
use crate::forge::webhook::{self, Event, WebhookSecret};
use crate::git::Reference;
use crate::web::Answers;

const CLOSED: &str = "webhooks are closed: there is no secret; make the Secret `tidegate-webhook` with the key `secret`";

/// The answers, each from what is known at the time.
pub(super) fn answers(
    source: &Source,
    endpoints: Endpoints,
    cache: &Cache,
    known: &watch::Receiver<Known>,
    metrics: &Arc<Metrics>,
    poke: &Arc<Notify>,
) -> Answers {
    let (cache, known, metrics) = (cache.clone(), known.clone(), Arc::clone(metrics));
    let (poke, reference) = (Arc::clone(poke), source.reference.clone());
    Answers {
        healthy: Arc::new(|| Ok(())),
        ready: Arc::new(move || ready(&cache, &known.borrow())),
        metrics: Arc::new(move || metrics.text()),
        webhook: Arc::new(move |headers, body| {
            push(
                endpoints.webhook_secret_file.as_deref(),
                &reference,
                &poke,
                headers,
                body,
            )
        }),
    }
}

/// Ready: the cluster is watched, and the repository was read once.
fn ready(cache: &Cache, known: &Known) -> Result<(), String> {
    if let Some(behind) = cache.behind().first() {
        return Err(format!(
            "the view of {} is {} s old: {}",
            behind.resource,
            behind.age.as_secs(),
            behind.why
        ));
    }
    match (&known.snapshot, &known.failure) {
        (Some(_), _) => Ok(()),
        (None, Some(failure)) => Err(format!("the repository was never read: {failure}")),
        (None, None) => Err("the repository is being read for the first time".to_owned()),
    }
}

/// A push: verified before anything of it is believed. It only says "look now", so a forged or
/// replayed one could do no more than that.
fn push(
    secret_file: Option<&Path>,
    reference: &Reference,
    poke: &Notify,
    headers: &HeaderMap,
    body: &[u8],
) -> (StatusCode, String) {
    let secret = match secret_file.map(std::fs::read_to_string) {
        Some(Ok(text)) => WebhookSecret::new(&text).map_err(|error| error.to_string()),
        Some(Err(_)) | None => Err(CLOSED.to_owned()),
    };
    let event = match secret {
        Ok(secret) => webhook::receive(headers, body, &secret),
        Err(closed) => return (StatusCode::SERVICE_UNAVAILABLE, closed),
    };
    match event {
        Ok(Event::Push(push)) if reference.is_moved_by(&push.reference) => {
            info!(reference = push.reference, "a webhook told of a push");
            poke.notify_one();
            (StatusCode::ACCEPTED, "looking".to_owned())
        }
        Ok(_) => (
            StatusCode::OK,
            format!("nothing to do: this follows {reference}"),
        ),
        Err(error) => (error.status(), error.to_string()),
    }
}
