//! How a change reaches a strategy: the `rollout` block.
//!
//! A list of stages, each left on its own gates; the end, where everything is of the new version,
//! is never written.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::blocks::PortRef;
use super::gate::{ApproveSpec, Bake, GateSpec};
use super::measure::{Amount, Duration, Percent};
use super::object_name::ObjectName;
use super::text::text_type;
use super::window::WindowExpr;

/// How a change reaches a strategy.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RolloutSpec {
    /// When a stage may be entered.
    pub window: Option<WindowExpr>,
    /// Who has to approve a change before anything of it begins.
    #[serde(default)]
    pub approve: Vec<ApproveSpec>,
    /// How long the whole may take; it does not begin unless the window stays open for so long.
    pub must_finish_within: Option<Duration>,
    /// How long a stage may go without another pod that is ready before it fails; `10m` unless said
    /// otherwise.
    pub progress_deadline: Option<Duration>,
    /// Pod by pod, in place.
    pub rolling: Option<Vec<StageSpec>>,
    /// A growing share of the traffic goes to pods of the new version beside the old ones.
    pub canary: Option<Vec<StageSpec>>,
    /// The new version comes up in full beside the old one, then all traffic moves at once.
    pub blue_green: Option<SwitchSpec>,
    /// Requests with a certain header go to the new version.
    pub ab: Option<AbSpec>,
    /// The new version gets a copy of the traffic, and its answers are dropped.
    pub mirror: Option<MirrorSpec>,
    /// A warm standby takes the new version, is compared, then takes over.
    pub standby_first: Option<SwitchSpec>,
    /// The stages of an algo's or a gateway's change.
    pub stages: Option<Vec<Value>>,
    /// What is judged once everything is of the new version, before the old one is given up.
    pub watch: Option<WatchSpec>,
    /// The way that traffic takes through the cluster's gateway. Without one, shares are those of
    /// pods behind the Service.
    pub route: Option<RouteSpec>,
    /// What happens when a stage fails: `rollback` for a service, `halt` for all else, unless said
    /// otherwise.
    pub on_failure: Option<OnFailure>,
    /// What happens to a change on its way when a newer one comes; `supersede` unless said
    /// otherwise.
    pub on_new_revision: Option<OnNewRevision>,
    /// How the very first version comes; `staged` unless said otherwise.
    pub bootstrap: Option<Bootstrap>,
    /// What a rollback may go back to without passing the gates again.
    pub rollback_window: Option<RollbackWindow>,
}

/// A stage: how far the new version is let in, and what must be so before the next one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StageSpec {
    /// Its name, to refer to it; else what it does.
    pub name: Option<String>,
    /// How many pods are of the new version: a number, or a share such as `50%`.
    pub pods: Option<Amount>,
    /// The share of the traffic that the new version gets, such as `5%`.
    pub weight: Option<Percent>,
    /// The requests that the new version gets: those that carry any of these headers.
    #[serde(rename = "match")]
    pub matches: Option<Vec<HeaderSpec>>,
    /// The share of the traffic that the new version gets a copy of.
    pub mirror: Option<Percent>,
    /// How long it lasts at least: a span such as `10m`, or of open sessions, such as
    /// `{open: 2h, of: XNYS}`.
    #[serde(rename = "for")]
    pub lasts: Option<Bake>,
    /// What must hold for the next one to begin.
    #[serde(default)]
    pub gates: Vec<GateSpec>,
}

/// The new version comes up in full, is judged, and takes over at once.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SwitchSpec {
    /// How long it is up at least before it takes over.
    #[serde(rename = "for")]
    pub lasts: Option<Bake>,
    /// What must hold for it to take over.
    #[serde(default)]
    pub gates: Vec<GateSpec>,
    /// How long the old version is kept after that, ready to take over again.
    pub keep_for: Option<Duration>,
}

/// Requests with a certain header go to the new version.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AbSpec {
    /// The requests that the new version gets: those that carry any of these headers.
    #[serde(rename = "match")]
    pub matches: Vec<HeaderSpec>,
    /// How long it lasts at least.
    #[serde(rename = "for")]
    pub lasts: Option<Bake>,
    /// What must hold for all traffic to move.
    #[serde(default)]
    pub gates: Vec<GateSpec>,
}

/// The new version gets a copy of the traffic.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MirrorSpec {
    /// The share that is copied; all of it unless said otherwise.
    pub share: Option<Percent>,
    /// How long it lasts at least.
    #[serde(rename = "for")]
    pub lasts: Option<Bake>,
    /// What must hold for all traffic to move.
    #[serde(default)]
    pub gates: Vec<GateSpec>,
}

/// What is judged once everything is of the new version.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchSpec {
    /// How long it is watched at least.
    #[serde(rename = "for")]
    pub lasts: Option<Bake>,
    /// What must hold for the old version to be given up.
    #[serde(default)]
    pub gates: Vec<GateSpec>,
}

/// A header that a request must carry.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeaderSpec {
    /// Its name.
    pub header: HeaderName,
    /// Its whole value.
    pub value: Option<String>,
    /// A regular expression for its value, which not every gateway understands.
    pub pattern: Option<String>,
}

/// The way that traffic takes through the cluster's gateway.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteSpec {
    /// The Gateway, as `namespace/name`.
    pub gateway: GatewayName,
    /// One of the gateway's listeners; all of them unless said otherwise.
    pub listener: Option<ObjectName>,
    /// The host names that are served; whatever the gateway lets in unless said otherwise.
    #[serde(default)]
    pub hostnames: Vec<HostName>,
    /// One of the `ports`, by name or number; the only one unless said otherwise.
    pub port: Option<PortRef>,
}

/// What a rollback may go back to without passing the gates again: whatever was promoted this
/// lately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollbackWindow {
    /// So many promoted versions back at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revisions: Option<u32>,
    /// Promoted so long ago at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
}

/// What happens when a stage fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnFailure {
    /// It ends where it stands, and a person decides.
    Halt,
    /// It stays where it stands, and goes on if its gates hold after all.
    Hold,
    /// The old version takes over again.
    Rollback,
}

/// What happens to a change on its way when a newer one comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnNewRevision {
    /// The newer one takes its place and begins at the first stage.
    #[default]
    Supersede,
    /// The newer one waits until it has ended.
    Queue,
    /// The newer one is not begun.
    Reject,
}

/// How the very first version comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Bootstrap {
    /// Through the stages.
    #[default]
    Staged,
    /// At once.
    Direct,
}

/// The name of a Gateway and its namespace, written `gateway-system/public`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GatewayName {
    namespace: String,
    name: String,
}

text_type!(
    GatewayName,
    "gateway",
    "A Gateway with its namespace, such as `gateway-system/public`."
);

/// Why a text names no Gateway.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no Gateway: write its namespace and its name, such as `gateway-system/public`"
)]
pub struct ParseGatewayError(String);

impl GatewayName {
    /// The Gateway's namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The Gateway's own name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for GatewayName {
    type Err = ParseGatewayError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (namespace, name) = text.split_once('/')?;
            namespace.parse::<ObjectName>().ok()?;
            name.parse::<ObjectName>().ok()?;
            let is_label = namespace.len() <= 63 && !namespace.contains('.');
            is_label.then(|| Self {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            })
        };
        parse().ok_or_else(|| ParseGatewayError(text.to_owned()))
    }
}

impl fmt::Display for GatewayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl From<GatewayName> for String {
    fn from(gateway: GatewayName) -> Self {
        gateway.to_string()
    }
}

/// A host name, whose first label may be `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(String);

text_type!(
    HostName,
    "host-name",
    "A host name, such as `signals.example.com` or `*.example.com`."
);

/// Why a text is no host name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a host name: use lower-case letters, digits, `-` and `.`, such as `signals.example.com`"
)]
pub struct ParseHostNameError(String);

impl HostName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = ParseHostNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("*.").unwrap_or(text);
        let is_name = rest.parse::<ObjectName>().is_ok() && text.len() <= 253;
        let is_short = rest.split('.').all(|label| label.len() <= 63);
        let is_address = rest.parse::<std::net::IpAddr>().is_ok();
        if is_name && is_short && !is_address {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseHostNameError(text.to_owned()))
        }
    }
}

impl From<HostName> for String {
    fn from(host: HostName) -> Self {
        host.0
    }
}

/// The name of an HTTP header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderName(String);

text_type!(
    HeaderName,
    "header-name",
    "The name of an HTTP header, such as `X-Desk`."
);

/// Why a text is no name of a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of an HTTP header: use letters, digits and `-`, such as `X-Desk`")]
pub struct ParseHeaderNameError(String);

impl HeaderName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HeaderName {
    type Err = ParseHeaderNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if (1..=256).contains(&text.len()) && text.bytes().all(is_token) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseHeaderNameError(text.to_owned()))
        }
    }
}

impl From<HeaderName> for String {
    fn from(header: HeaderName) -> Self {
        header.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_has_a_namespace() {
        let gateway: GatewayName = "gateway-system/public".parse().unwrap();
        assert_eq!(gateway.namespace(), "gateway-system");
        assert_eq!(gateway.name(), "public");
        for text in ["public", "/public", "a/b/c", "A/b", "a.b/c", "a/"] {
            let error = text.parse::<GatewayName>().unwrap_err().to_string();
            assert!(error.contains("names no Gateway"), "{text}: {error}");
        }
    }

    #[test]
    fn a_host_name_is_no_address() {
        for text in ["signals.example.com", "*.example.com", "signals"] {
            assert_eq!(text.parse::<HostName>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "*",
            "*.",
            "Signals.example.com",
            "10.0.0.1",
            "a.*.b",
            "a_b",
        ] {
            assert!(text.parse::<HostName>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_header_is_a_token() {
        assert_eq!("X-Desk".parse::<HeaderName>().unwrap().as_str(), "X-Desk");
        for text in ["", "X Desk", "X:Desk", "Ü"] {
            assert!(text.parse::<HeaderName>().is_err(), "{text}");
        }
    }
}
