//! Where what a gate looks at comes from: `metrics:` of a fleet, a desk or an engine profile.
//!
//! A strategy's gates call a metric by its name only: what is asked, and of whom, is for those to
//! say who look after the fleet, the desk or the engine.

mod name;
mod path;
mod settle;
mod template;
mod url;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::object_name::ObjectName;

pub use name::{MetricName, ParseMetricNameError};
pub use path::{JsonPath, ParseJsonPathError};
pub(crate) use settle::check_header_names;
pub use settle::{Metric, MetricError};
pub use template::{ParseTemplateError, Placeholder, Template};
pub use url::{HttpUrl, ParseUrlError};

/// Metrics by the names that gates call them.
pub type Metrics = BTreeMap<MetricName, MetricSpec>;

/// A metric: one of `prometheus`, `loki`, `http` and `external`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricSpec {
    /// What it says, for whoever reads a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// A query to a Prometheus server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<PrometheusSpec>,
    /// A query to a Loki server that counts lines of the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loki: Option<LokiSpec>,
    /// A value in a JSON document that a server gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpMetricSpec>,
    /// A metric of the cluster's external metrics API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalSpec>,
}

/// A query to a Prometheus server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrometheusSpec {
    /// The server, such as `http://prometheus.monitoring:9090`.
    pub address: HttpUrl,
    /// A PromQL query that gives one value. `{{strategy}}`, `{{namespace}}`, `{{track}}`,
    /// `{{behaviour}}`, `{{stableTrack}}` and `{{interval}}` stand for those of the rollout.
    pub query: Template,
    /// A PromQL query that gives how many things the value is about, such as orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<Template>,
    /// Request headers whose values are keys of Secrets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, SecretRef>,
}

/// A query to a Loki server that counts lines of the log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LokiSpec {
    /// The server, such as `http://loki.monitoring:3100`.
    pub address: HttpUrl,
    /// A LogQL query that counts: `sum by (class) (count_over_time(… [{{interval}}]))` for a `logs`
    /// gate, one value for the others. Placeholders stand in it as in a query to Prometheus.
    pub query: Template,
    /// A LogQL query that counts all lines, so that a log without errors is told from no log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<Template>,
    /// Request headers whose values are keys of Secrets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, SecretRef>,
}

/// A value in a JSON document that a server gives.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpMetricSpec {
    /// The document's address; `{{strategy}}` and the like may stand behind the host.
    pub url: Template,
    /// A JSONPath (RFC 9535) to one number, such as `$.orders.rejectRatio`; for a `logs` gate, to a
    /// mapping of classes to counts.
    pub path: JsonPath,
    /// A JSONPath to how many things the number is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<JsonPath>,
    /// Request headers whose values are keys of Secrets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, SecretRef>,
}

/// A metric of the cluster's external metrics API.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExternalSpec {
    /// The metric's name.
    pub metric: String,
    /// Its labels; `{{strategy}}` and the like may stand in the values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub selector: BTreeMap<String, Template>,
}

/// One key of a Secret that is mounted into Tidegate's own pod. The Secret itself says, in its key
/// `hosts`, to whom it may be shown: a spec cannot send it elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretRef {
    /// The Secret's name.
    pub secret: ObjectName,
    /// The key in it.
    pub key: String,
}
