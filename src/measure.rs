//! Takes the measurements that gates want: Prometheus, JSON documents, the external metrics API,
//! and servers that judge.
//!
//! They go out as [`outbound`](crate::outbound) says.

mod external;
mod json;
mod number;
mod prometheus;
mod webhook;

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::spawn_blocking;

use crate::outbound::{self, Http, Secrets, SetupError};
use crate::rollout::gates::{Comparison, Measurement, Outcome, Query, Source};
use crate::rollout::statistics;
use crate::spec;

/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// How many values of the past are asked for at a time.
const POINTS: i64 = 10_000;

/// How many requests may be under way at a time.
const AT_A_TIME: usize = 16;

/// Who may be asked, and how long.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder in which Secrets are mounted, each as a folder of its name.
    pub secrets: Option<PathBuf>,
    /// How long an answer may take.
    pub deadline: Duration,
    /// How many requests may be under way at a time.
    pub at_a_time: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            secrets: None,
            deadline: DEADLINE,
            at_a_time: AT_A_TIME,
        }
    }
}

/// Takes measurements. Cheap to clone.
#[derive(Clone)]
pub struct Measurer {
    http: Http,
    secrets: Secrets,
    cluster: Option<kube::Client>,
}

/// Why there is no measurement, in words that say what to do; it never repeats a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Trouble {
    /// There is nothing there, which may be as it should be.
    #[error("{0}")]
    NoData(String),
    /// It does not work.
    #[error("{0}")]
    Error(String),
}

impl From<outbound::Trouble> for Trouble {
    fn from(trouble: outbound::Trouble) -> Self {
        Self::Error(trouble.0)
    }
}

/// Why there is no past of a metric.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PastError(Trouble);

impl From<Trouble> for Outcome {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::NoData(why) => Self::NoData(why),
            Trouble::Error(why) => Self::Error(why),
        }
    }
}

impl Measurer {
    /// Sets it up. Without a cluster, external metrics cannot be asked for.
    pub fn new(settings: Settings, cluster: Option<kube::Client>) -> Result<Self, SetupError> {
        Ok(Self {
            http: Http::new(settings.deadline, settings.at_a_time)?,
            secrets: Secrets::new(settings.secrets),
            cluster,
        })
    }

    /// Asks. `None` for what is no measurement: a Job is made by a plan and read from the cluster.
    ///
    /// `now` is when it was asked for, and so what a rollout takes for its instant.
    pub async fn take(&self, query: &Query, now: Timestamp) -> Option<Measurement> {
        let outcome = match query {
            Query::Value(source) => self.value(source, now).await.unwrap_or_else(Outcome::from),
            Query::Compare(comparison) => self
                .compare(comparison, now)
                .await
                .unwrap_or_else(Outcome::from),
            Query::Webhook(call) => webhook::ask(&self.http, &self.secrets, call)
                .await
                .unwrap_or_else(Outcome::from),
            Query::Job(_) => return None,
        };
        Some(Measurement { at: now, outcome })
    }

    async fn value(&self, source: &Source, now: Timestamp) -> Result<Outcome, Trouble> {
        let (value, samples) = match source {
            Source::Prometheus {
                address,
                query,
                samples,
                headers,
            } => {
                let headers = self.secrets.headers(headers, &address.host()).await?;
                let server = prometheus::Server::new(&self.http, address, headers);
                server.value(query, samples.as_deref(), now).await?
            }
            Source::Http {
                url,
                path,
                samples,
                headers,
            } => {
                let url = json::address(url)?;
                let headers = self.secrets.headers(headers, &url.host()).await?;
                let document = json::fetch(&self.http, &url, headers).await?;
                let value = json::number(&document, path)?;
                let samples = samples.as_ref().map(|path| json::number(&document, path));
                (value, samples.transpose()?)
            }
            Source::External {
                namespace,
                metric,
                selector,
            } => {
                let cluster = self.cluster.as_ref().ok_or_else(|| {
                    Trouble::Error(
                        "there is no cluster whose metrics API could be asked".to_owned(),
                    )
                })?;
                let deadline = self.http.deadline();
                let ask = external::value(cluster, namespace, metric, selector);
                let value = tokio::time::timeout(deadline, ask);
                (
                    value.await.map_err(|_| outbound::too_slow(deadline))??,
                    None,
                )
            }
        };
        Ok(Outcome::Value { value, samples })
    }

    /// The values of a metric over a stretch of time that is over, a step apart.
    pub async fn past(
        &self,
        source: &Source,
        (from, until): (Timestamp, Timestamp),
        step: spec::measure::Duration,
    ) -> Result<Vec<statistics::Point>, PastError> {
        let mut points = Vec::new();
        let mut from = from;
        // A server refuses more than eleven thousand points at a time.
        let chunk = SignedDuration::from_secs(i64::from(step.seconds().max(1)) * POINTS);
        while from < until {
            let to = from.saturating_add(chunk).unwrap_or(until).min(until);
            let span = prometheus::Span {
                from,
                until: to,
                step,
            };
            points.extend(self.series(source, &span).await.map_err(PastError)?);
            from = to;
        }
        Ok(points)
    }

    async fn compare(&self, comparison: &Comparison, now: Timestamp) -> Result<Outcome, Trouble> {
        let span = prometheus::Span {
            from: comparison.from,
            until: now,
            step: comparison.step,
        };
        let (candidate, baseline) = futures::future::try_join(
            self.series(&comparison.candidate, &span),
            self.series(&comparison.baseline, &span),
        )
        .await?;
        let comparison = comparison.clone();
        // Ranks of a thousand points take a while.
        let compared =
            spawn_blocking(move || statistics::compare(&comparison, &candidate, &baseline));
        compared
            .await
            .map_err(|_| Trouble::Error("the comparison was broken off".to_owned()))
    }

    async fn series(
        &self,
        source: &Source,
        span: &prometheus::Span,
    ) -> Result<Vec<statistics::Point>, Trouble> {
        let Source::Prometheus {
            address,
            query,
            samples,
            headers,
        } = source
        else {
            return Err(Trouble::Error(
                "only a `prometheus` metric has a past that can be compared".to_owned(),
            ));
        };
        let headers = self.secrets.headers(headers, &address.host()).await?;
        let server = prometheus::Server::new(&self.http, address, headers);
        server.series(query, samples.as_deref(), span).await
    }
}
