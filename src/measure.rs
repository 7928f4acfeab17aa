//! Takes the measurements that gates want: Prometheus, Loki, JSON documents, the external metrics
//! API, scanners' reports, and servers that judge.
//!
//! They go out as [`outbound`](crate::outbound) says.

mod external;
mod json;
mod logs;
mod number;
mod prometheus;
mod scan;
mod webhook;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::spawn_blocking;

use crate::outbound::{self, Http, Secrets, SetupError};
use crate::rollout::gates::{
    Comparison, Log, LogCall, Logged, Measurement, Outcome, Query, ScanCall, Scanner, Source,
};
use crate::rollout::statistics;
use crate::spec;
use crate::spec::metric::SecretRef;

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
    /// Sets it up. Without a cluster, external metrics and VulnerabilityReports cannot be asked for.
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
            Query::Logs(call) => self.logs(call, now).await.unwrap_or_else(Outcome::from),
            Query::Scan(call) => self.scan(call).await.unwrap_or_else(Outcome::from),
            Query::Webhook(call) => webhook::ask(&self.http, &self.secrets, call)
                .await
                .unwrap_or_else(Outcome::from),
            Query::Job(_) => return None,
        };
        Some(Measurement { at: now, outcome })
    }

    async fn value(&self, source: &Source, now: Timestamp) -> Result<Outcome, Trouble> {
        let (value, samples) = match source {
            Source::Prometheus { query, samples, .. } | Source::Loki { query, samples, .. } => {
                let server = self.server(source).await?;
                server.value(query, samples.as_deref(), now).await?
            }
            Source::Http {
                url,
                path,
                samples,
                headers,
            } => {
                let document = self.document(url, headers).await?;
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

    async fn scan(&self, call: &ScanCall) -> Result<Outcome, Trouble> {
        let scanned = match &call.scanner {
            Scanner::Server(server) => {
                let host = server.url.host();
                let headers = self.secrets.headers(&server.headers, &host).await?;
                scan::of_server(&self.http, (&server.url, headers), call).await?
            }
            Scanner::Objects { namespace } => {
                let cluster = self.cluster.as_ref().ok_or_else(|| {
                    let why = "there is no cluster whose VulnerabilityReports could be read";
                    Trouble::Error(why.to_owned())
                })?;
                scan::of_cluster(cluster, namespace, call, self.http.deadline()).await?
            }
        };
        Ok(Outcome::Scanned(scanned))
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
        let (Source::Prometheus { query, samples, .. } | Source::Loki { query, samples, .. }) =
            source
        else {
            return Err(Trouble::Error(
                "only a `prometheus` or `loki` metric has a past that can be compared".to_owned(),
            ));
        };
        let server = self.server(source).await?;
        server.series(query, samples.as_deref(), span).await
    }

    /// Whoever answers queries for a source, if somebody does.
    async fn server(&self, source: &Source) -> Result<prometheus::Server<'_>, Trouble> {
        let (name, address, headers) = match source {
            Source::Prometheus {
                address, headers, ..
            } => ("Prometheus", address.clone(), headers),
            // Below this path Loki answers as Prometheus does.
            Source::Loki {
                address, headers, ..
            } => ("Loki", address.below("loki"), headers),
            Source::Http { .. } | Source::External { .. } => {
                return Err(Trouble::Error("it answers no queries".to_owned()));
            }
        };
        let headers = self.secrets.headers(headers, &address.host()).await?;
        Ok(prometheus::Server::new(&self.http, name, address, headers))
    }

    async fn document(
        &self,
        url: &str,
        headers: &BTreeMap<String, SecretRef>,
    ) -> Result<serde_json::Value, Trouble> {
        let url = json::address(url)?;
        let headers = self.secrets.headers(headers, &url.host()).await?;
        json::fetch(&self.http, &url, headers).await
    }

    async fn logs(&self, call: &LogCall, now: Timestamp) -> Result<Outcome, Trouble> {
        let before = async {
            let Some(before) = &call.before else {
                return Ok(None);
            };
            let until = before.until.unwrap_or(now);
            self.log(&before.source, until).await.map(Some)
        };
        let both = futures::future::try_join(self.log(&call.candidate, now), before);
        let (candidate, before) = both.await?;
        Ok(Outcome::Logged(Logged { candidate, before }))
    }

    async fn log(&self, source: &Source, at: Timestamp) -> Result<Log, Trouble> {
        match source {
            Source::Prometheus { query, samples, .. } | Source::Loki { query, samples, .. } => {
                let server = self.server(source).await?;
                logs::of_server(&server, query, samples.as_deref(), at).await
            }
            Source::Http {
                url,
                path,
                samples,
                headers,
            } => {
                let document = self.document(url, headers).await?;
                logs::of_document(&document, path, samples.as_ref())
            }
            Source::External { .. } => Err(Trouble::Error(
                "an external metric is one number, and no log".to_owned(),
            )),
        }
    }
}
