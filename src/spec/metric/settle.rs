//! From a metric as it is written to the metric.

use http::HeaderName;
use serde::{Deserialize, Serialize};

use super::{
    ExternalSpec, HttpMetricSpec, HttpUrl, LokiSpec, MetricSpec, Placeholder, PrometheusSpec,
    SecretRef, Template,
};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Metric {
    /// A query to a Prometheus server.
    Prometheus(PrometheusSpec),
    /// A query to a Loki server.
    Loki(LokiSpec),
    /// A value in a JSON document that a server gives.
    Http(HttpMetricSpec),
    /// A metric of the cluster's external metrics API.
    External(ExternalSpec),
}

/// Why a metric that has the form of one is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct MetricError {
    /// The field that is wrong, as a JSON pointer inside the metric.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl MetricError {
    fn at(pointer: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            pointer: pointer.to_owned(),
            message: message.into(),
            help: help.into(),
        }
    }
}

impl TryFrom<MetricSpec> for Metric {
    type Error = MetricError;

    fn try_from(spec: MetricSpec) -> Result<Self, MetricError> {
        let MetricSpec {
            about: _,
            prometheus,
            loki,
            http,
            external,
        } = spec;
        match (prometheus, loki, http, external) {
            (Some(spec), None, None, None) => {
                check_headers("/prometheus/headers", spec.headers.iter())?;
                Ok(Self::Prometheus(spec))
            }
            (None, Some(spec), None, None) => {
                check_headers("/loki/headers", spec.headers.iter())?;
                Ok(Self::Loki(spec))
            }
            (None, None, Some(spec), None) => {
                check_address(&spec.url)?;
                check_headers("/http/headers", spec.headers.iter())?;
                Ok(Self::Http(spec))
            }
            (None, None, None, Some(spec)) => Ok(Self::External(spec)),
            (None, None, None, None) => Err(MetricError::at(
                "",
                "this metric does not say where it comes from",
                "add one of `prometheus`, `loki`, `http`, `external`",
            )),
            _ => Err(MetricError::at(
                "",
                "one metric cannot come from several places",
                "keep one of `prometheus`, `loki`, `http`, `external`, and give the others another name",
            )),
        }
    }
}

impl Metric {
    /// Whether its query tells the tracks of a rollout apart: otherwise both sides of a comparison
    /// are the same.
    pub fn tells_tracks_apart(&self) -> bool {
        let tells = |template: &Template| {
            template.has(Placeholder::Track) || template.has(Placeholder::Behaviour)
        };
        match self {
            Self::Prometheus(spec) => tells(&spec.query),
            Self::Loki(spec) => tells(&spec.query),
            Self::Http(spec) => tells(&spec.url),
            Self::External(spec) => spec.selector.values().any(tells),
        }
    }

    /// Whether it says how many things its value is about.
    pub fn has_samples(&self) -> bool {
        match self {
            Self::Prometheus(spec) => spec.samples.is_some(),
            Self::Loki(spec) => spec.samples.is_some(),
            Self::Http(spec) => spec.samples.is_some(),
            Self::External(_) => false,
        }
    }

    /// Whether its past can be asked for.
    pub fn has_past(&self) -> bool {
        matches!(self, Self::Prometheus(_) | Self::Loki(_))
    }

    /// Whether its queries count over the time that they are asked about, and not over another.
    pub fn counts_over_time(&self) -> bool {
        let counts = |query: &Template, samples: &Option<Template>| {
            let mut queries = [query].into_iter().chain(samples);
            queries.all(|it| it.has(Placeholder::Interval))
        };
        match self {
            Self::Prometheus(spec) => counts(&spec.query, &spec.samples),
            Self::Loki(spec) => counts(&spec.query, &spec.samples),
            // What a document counts over is for its server to say.
            Self::Http(_) => true,
            Self::External(_) => false,
        }
    }
}

/// The host must not depend on what is rolled out: Secrets say to which hosts they may be shown.
fn check_address(url: &Template) -> Result<(), MetricError> {
    let filled = url.fill(|_| "x");
    filled
        .parse::<HttpUrl>()
        .map_err(|error| MetricError::at("/http/url", error.to_string(), "correct the address"))?;
    let beginning = url.beginning();
    let host_ends = |rest: &str| rest.contains(['/', '?']);
    let (_, rest) = beginning.split_once("://").unwrap_or_default();
    if url.as_str() == beginning || host_ends(rest) {
        return Ok(());
    }
    Err(MetricError::at(
        "/http/url",
        "a placeholder cannot be part of the host",
        "put it behind the host's `/`",
    ))
}

fn check_headers<'h>(
    pointer: &str,
    headers: impl Iterator<Item = (&'h String, &'h SecretRef)>,
) -> Result<(), MetricError> {
    check_header_names(headers.map(|(name, _)| name)).map_err(|message| {
        let help = "write one such as `Authorization`";
        MetricError::at(pointer, message, help)
    })
}

/// What is wrong with the first of these that is not the name of a header.
pub(crate) fn check_header_names<'h>(
    mut names: impl Iterator<Item = &'h String>,
) -> Result<(), String> {
    let wrong = names.find(|name| name.parse::<HeaderName>().is_err());
    wrong.map_or(Ok(()), |name| {
        Err(format!("`{name}` is not the name of a header"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn spec(metric: &Value) -> MetricSpec {
        serde_json::from_value(metric.clone()).unwrap()
    }

    fn read(metric: &Value) -> Result<Metric, MetricError> {
        spec(metric).try_into()
    }

    fn refused(metric: &Value, pointer: &str, message: &str) {
        let error = read(metric).unwrap_err();
        assert_eq!(error.pointer, pointer, "{error:?}");
        assert!(error.message.contains(message), "{error:?}");
    }

    #[test]
    fn a_metric_comes_from_one_place() {
        let prometheus = json!({"address": "http://prometheus.monitoring:9090", "query": "up"});
        let external = json!({"metric": "queue", "selector": {"app": "{{strategy}}"}});
        for metric in [
            json!({"about": "it is up", "prometheus": prometheus}),
            json!({"http": {"url": "http://a.b/{{strategy}}/stats", "path": "$.x",
                   "headers": {"Authorization": {"secret": "stats", "key": "token"}}}}),
            json!({"loki": {"address": "http://loki.monitoring:3100", "query": "count"}}),
            json!({"external": external}),
        ] {
            let settled = read(&metric).unwrap();
            let written = serde_json::to_value(&settled).unwrap();
            assert_eq!(serde_json::from_value::<Metric>(written).unwrap(), settled);
        }
        refused(&json!({}), "", "does not say where");
        refused(
            &json!({"prometheus": prometheus, "external": external}),
            "",
            "several places",
        );
    }

    #[test]
    fn no_placeholder_decides_who_is_asked() {
        let http = |url: &str| json!({"http": {"url": url, "path": "$.x"}});
        assert!(read(&http("http://a.b?s={{strategy}}")).is_ok());
        assert!(read(&http("http://a.b")).is_ok());
        for url in [
            "http://{{strategy}}.b/",
            "http://a.{{track}}",
            "http://a.b:9{{track}}/x",
        ] {
            let error = read(&http(url)).unwrap_err();
            assert_eq!(error.pointer, "/http/url", "{url}");
        }
        refused(&http("a.b/c"), "/http/url", "is not an address");
    }

    #[test]
    fn headers_have_names() {
        let headers = json!({"not a header": {"secret": "a", "key": "b"}});
        refused(
            &json!({"http": {"url": "http://a.b", "path": "$.x", "headers": headers}}),
            "/http/headers",
            "is not the name of a header",
        );
    }

    #[test]
    fn a_comparison_needs_a_query_by_track() {
        let query = |query: &str| {
            let spec = json!({"prometheus": {"address": "http://a.b", "query": query}});
            read(&spec).unwrap()
        };
        assert!(query("x{track=\"{{track}}\"}").tells_tracks_apart());
        assert!(query("x{b=\"{{behaviour}}\"}").tells_tracks_apart());
        assert!(!query("x{track=\"{{stableTrack}}\"}").tells_tracks_apart());
    }
}
