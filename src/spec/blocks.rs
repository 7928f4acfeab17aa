//! The blocks that strategies, defaults and engine profiles have in common.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::class::Capacity;
use super::measure::Duration;
use super::names::{PortName, StrategyName, VolumeName};
use super::net::{PeerRef, PortNumber, Venue};
use super::object_name::{EnvName, ObjectName};
use super::path::ContainerPath;
use super::quantity::Quantity;

/// A secret and how the program gets it: as files, or as an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretSpec {
    /// The Secret's name in the desk's namespace.
    pub secret: ObjectName,
    /// The Secret's key; without it, all keys become files.
    pub key: Option<String>,
    /// The file (one key) or the folder (all keys) it becomes.
    pub file: Option<ContainerPath>,
    /// The environment variable it becomes, for programs that read nothing else.
    pub env: Option<EnvName>,
}

/// One value of the account's key Secret and where the program wants it. Which Secret it is from
/// follows from the account and the mode.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountKeySpec {
    /// The key inside the Secret, such as `api-key`.
    pub key: String,
    /// The file it becomes.
    pub file: Option<ContainerPath>,
    /// The environment variable it becomes.
    pub env: Option<EnvName>,
}

/// A configuration file of the fleet's repository and where the program finds it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfigSpec {
    /// Where the program finds it.
    pub path: ContainerPath,
    /// The file in the repository, relative to the file this is written in.
    pub from: String,
    /// Whether the program rewrites it, and so gets a copy of its own.
    #[serde(default)]
    pub writable: bool,
}

/// Compute resources. Requests equal limits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourcesSpec {
    /// Processors, such as `500m` or `2`.
    pub cpu: Option<Quantity>,
    /// Memory, such as `2Gi`.
    pub memory: Option<Quantity>,
    /// Scratch space on the node, such as `1Gi`.
    pub ephemeral_storage: Option<Quantity>,
    /// The quality of service. Requests always equal limits, so there is only one.
    pub qos: Option<Qos>,
}

/// A quality of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Qos {
    /// Requests equal limits.
    Guaranteed,
}

/// Something kept on disk.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StateSpec {
    /// Its name, from which the claim's is derived.
    pub name: VolumeName,
    /// Where it is mounted.
    pub mount_path: ContainerPath,
    /// Its size.
    pub size: Quantity,
    /// One of the cluster's storage classes by the fleet's name for it; else the cluster's default.
    pub class: Option<String>,
    /// When it is backed up.
    pub backup: Option<String>,
}

/// Where a strategy runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlacementSpec {
    /// The venue to be near to; its region or zones stand in the fleet's `venues`.
    pub near: Option<Venue>,
    /// Node labels that must match: label and values.
    #[serde(default)]
    pub require: BTreeMap<String, Vec<String>>,
    /// Node labels that should match: label and values.
    #[serde(default)]
    pub prefer: BTreeMap<String, Vec<String>>,
    /// Not on a node with these strategies.
    #[serde(default)]
    pub apart_from: Vec<StrategyName>,
    /// Whether nodes that may be taken away will do.
    pub capacity: Option<Capacity>,
}

/// Whom a strategy may talk to. DNS is always allowed, everything else is not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkSpec {
    /// Outgoing connections.
    #[serde(default)]
    pub egress: Vec<EgressSpec>,
    /// Incoming connections, besides the scrape of metrics.
    #[serde(default)]
    pub ingress: Vec<IngressSpec>,
    /// Whether the venue knows the program by its address.
    pub static_egress: Option<StaticEgress>,
}

/// An outgoing connection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EgressSpec {
    /// To whom.
    pub to: PeerRef,
    /// On which TCP port.
    pub port: PortNumber,
}

/// An incoming connection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IngressSpec {
    /// From whom.
    pub from: PeerRef,
    /// On which TCP port.
    pub port: PortNumber,
}

/// Whether the venue knows the program by its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StaticEgress {
    /// It must leave by a known address.
    Required,
}

/// A port that the program serves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortSpec {
    /// Its name.
    pub name: PortName,
    /// Its number.
    pub port: PortNumber,
}

/// The probes of a program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProbesSpec {
    /// Has it started?
    pub startup: Option<ProbeSpec>,
    /// Does it live?
    pub liveness: Option<ProbeSpec>,
    /// Can it work?
    pub readiness: Option<ProbeSpec>,
}

/// A probe: one of `http`, `tcp` and `exec`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProbeSpec {
    /// `GET` on a port.
    pub http: Option<HttpSpec>,
    /// Opens a connection to a port.
    pub tcp: Option<TcpSpec>,
    /// Runs a command of the image.
    pub exec: Option<Vec<String>>,
    /// The time between two.
    pub period: Option<Duration>,
    /// The time one may take.
    pub timeout: Option<Duration>,
    /// Failures in a row that count.
    pub failures: Option<u32>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpSpec {
    /// The path, beginning with `/`.
    pub path: String,
    /// One of the `ports`, by name or number.
    pub port: PortRef,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TcpSpec {
    /// One of the `ports`, by name or number.
    pub port: PortRef,
}

/// A port by name or number.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum PortRef {
    /// By number.
    Number(u16),
    /// By name.
    Name(String),
}

impl JsonSchema for PortRef {
    fn schema_name() -> Cow<'static, str> {
        "PortRef".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "minimum": 1,
            "maximum": 65535,
            "description": "A port by its name or number.",
        })
    }
}

/// What is measured of a program.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObserveSpec {
    /// Where its Prometheus metrics are.
    pub metrics: Option<MetricsSpec>,
    /// The alerts on them.
    pub alerts: Option<Vec<Value>>,
    /// Whether it sends traces.
    pub traces: Option<bool>,
}

/// Where metrics are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricsSpec {
    /// The port, by the name or number of one of the `ports`; another number adds a port.
    pub port: PortRef,
    /// The path, `/metrics` unless said otherwise.
    pub path: Option<String>,
}

/// What happens to orders when a strategy stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnStop {
    /// They stay.
    Keep,
    /// Open orders are cancelled.
    Cancel,
    /// Open orders are cancelled and positions closed.
    Flatten,
}

impl OnStop {
    /// The word in specs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Cancel => "cancel",
            Self::Flatten => "flatten",
        }
    }
}

/// What the guard does when it loses the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnControlLoss {
    /// Trading goes on; nothing new is armed.
    Keep,
    /// Trading stops.
    Disarm,
}
