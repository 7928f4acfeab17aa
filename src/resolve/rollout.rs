//! How a change reaches a strategy, settled: stages that end with everything of the new version.
//!
//! A bundle keeps it, so that a rollout can be carried on, and told, without its commit.

mod approve;
mod check;
mod settle;

pub(super) use settle::settle;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::spec::calendar::CalendarName;
use crate::spec::class::Class;
pub use crate::spec::gate::{ApproveGate, Gate};
use crate::spec::measure::{Amount, Duration, Percent};
use crate::spec::metric::{Metric, MetricName};
pub use crate::spec::rollout::{
    Bootstrap, GatewayName, HeaderName, HostName, OnFailure, OnNewRevision, RollbackWindow,
};
use crate::spec::window::WindowExpr;

/// How a change reaches a strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rollout {
    /// How the new version comes beside or in place of the old one.
    pub style: Style,
    /// Who has to approve a change before anything of it begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approve: Vec<ApproveGate>,
    /// The stages in their order. The last one, and no other, is [`Exposure::Full`].
    pub stages: Vec<Stage>,
    /// How long the old version is kept once the new one has taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_for: Option<Duration>,
    /// When a stage may be entered; `None` for any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowExpr>,
    /// How long the whole may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub must_finish_within: Option<Duration>,
    /// How long a stage may go without another pod that is ready; `None` for [`PROGRESS_DEADLINE`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress_deadline: Option<Duration>,
    /// The way that traffic takes; without one, shares are those of pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Route>,
    /// The metrics that its gates name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<MetricName, Metric>,
    /// The calendars whose sessions its comparisons are blocked by; without any, UTC days are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<CalendarName>,
    /// What happens when a stage fails.
    pub on_failure: OnFailure,
    /// What happens when a newer version comes meanwhile.
    #[serde(default)]
    pub on_new_revision: OnNewRevision,
    /// How the very first version comes.
    #[serde(default)]
    pub bootstrap: Bootstrap,
    /// What a rollback may go back to without passing the gates again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_window: Option<RollbackWindow>,
}

/// How long a stage may go without another pod that is ready, unless its spec says otherwise: what
/// Kubernetes gives a Deployment.
pub const PROGRESS_DEADLINE: Duration = Duration::from_seconds(600);

/// How the new version comes beside or in place of the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Style {
    /// Pod by pod, in place.
    Rolling,
    /// Beside the old one, with a growing share.
    Canary,
    /// Beside the old one, then in its place at once.
    BlueGreen,
    /// Beside the old one, for requests with a certain header.
    Ab,
    /// Beside the old one, with a copy of its traffic.
    Mirror,
    /// By way of a standby that is always there.
    StandbyFirst,
    /// The old pod ends before the new one begins.
    Replace,
    /// What runs ends by itself, and the next run is of the new version.
    NextRun,
}

impl Style {
    /// The word in specs and for a person.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rolling => "rolling",
            Self::Canary => "canary",
            Self::BlueGreen => "blueGreen",
            Self::Ab => "ab",
            Self::Mirror => "mirror",
            Self::StandbyFirst => "standbyFirst",
            Self::Replace => "replace",
            Self::NextRun => "nextRun",
        }
    }

    /// Whether the new version runs in a workload of its own beside the old one.
    pub fn is_beside(self) -> bool {
        match self {
            Self::Canary | Self::BlueGreen | Self::Ab | Self::Mirror | Self::StandbyFirst => true,
            Self::Rolling | Self::Replace | Self::NextRun => false,
        }
    }
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stage {
    /// Its name, which no other stage of the rollout has.
    pub name: String,
    /// How far the new version is let in.
    pub exposure: Exposure,
    /// What must hold for the next stage to begin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
}

/// How far the new version is let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Exposure {
    /// So many pods of a StatefulSet are of it, the highest ordinals first.
    Pods(Amount),
    /// It gets such a share of the traffic.
    Weight(Percent),
    /// It gets the requests that carry any of these headers.
    Match(Vec<HeaderMatch>),
    /// It gets a copy of such a share of the traffic, and its answers are dropped.
    Mirror(Percent),
    /// It is up in full, and gets nothing.
    Preview,
    /// The standby is of it.
    Standby,
    /// Everything is of it.
    Full,
}

/// A header that a request must carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeaderMatch {
    /// Its name.
    pub header: HeaderName,
    /// Its value.
    pub value: HeaderValue,
}

/// The value of a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HeaderValue {
    /// The whole of it.
    Exact(String),
    /// A regular expression, in the gateway's own dialect.
    Pattern(String),
}

/// The way that traffic takes through the cluster's gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Route {
    /// The Gateway.
    pub gateway: GatewayName,
    /// One of its listeners; `None` for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listener: Option<String>,
    /// The host names, in order; none for whatever the gateway lets in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hostnames: Vec<HostName>,
    /// The port of the Service.
    pub port: u16,
}

impl Rollout {
    /// What a class does when nobody says anything.
    pub fn of(class: Class) -> Self {
        let style = match class {
            Class::Service => Style::Rolling,
            Class::Algo | Class::Gateway => Style::Replace,
            Class::Job => Style::NextRun,
        };
        let on_failure = match class {
            Class::Service => OnFailure::Rollback,
            Class::Algo | Class::Gateway | Class::Job => OnFailure::Halt,
        };
        Self {
            style,
            approve: Vec::new(),
            stages: vec![Stage::full()],
            keep_for: None,
            sessions: Vec::new(),
            window: None,
            must_finish_within: None,
            progress_deadline: None,
            route: None,
            metrics: BTreeMap::new(),
            on_failure,
            on_new_revision: OnNewRevision::default(),
            bootstrap: Bootstrap::default(),
            rollback_window: None,
        }
    }
}

impl Stage {
    /// The last stage.
    pub(crate) fn full() -> Self {
        Self {
            name: "full".to_owned(),
            exposure: Exposure::Full,
            gates: Vec::new(),
        }
    }
}
