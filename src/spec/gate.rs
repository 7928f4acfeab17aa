//! The gates of a rollout: conditions to leave a stage.
//!
//! [`GateSpec`] is the form of the spec, in which every field can be absent. [`Gate`] is the same
//! with one kind, every default settled, and nothing beside it that the kind does not know; it is
//! written, where it is recorded, in the form of the spec again.

mod approve;
mod bake;
mod form;
mod kind;
mod scan;
mod settle;
mod strict;
mod told;
mod write;

use serde::{Deserialize, Serialize};

use super::measure::Duration;

pub use approve::{ApproveGate, ApproveSpec, Approver};
pub use bake::{Bake, OpenBake};
pub use form::{AfterSpec, FreezeSpec, GateSpec, HealthSpec, JobSpec, PauseSpec, WebhookSpec};
pub use kind::{
    CompareGate, GateKind, HealthGate, JobGate, Limits, LogsGate, Margin, MetricGate, OnNoData,
    OnTimeout, Test, WebhookGate, Worse,
};
pub use scan::{
    ParseReportUrlError, ReportSpec, ReportUrl, Reports, ScanGate, ScanSpec, Severity, Waiver,
};
pub use settle::GateError;

/// A condition to leave a stage.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "GateSpec", into = "GateSpec")]
pub struct Gate {
    /// What it looks at.
    pub kind: GateKind,
    /// How long it may take; without it, as long as it takes.
    pub timeout: Option<Duration>,
    /// What it says when it took longer.
    pub on_timeout: OnTimeout,
}

/// The schema is that of the spec's form.
impl schemars::JsonSchema for Gate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        GateSpec::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        GateSpec::json_schema(generator)
    }
}

#[cfg(test)]
mod tests;
