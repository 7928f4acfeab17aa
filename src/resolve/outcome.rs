//! What resolving a fleet gives.

use jiff::Timestamp;

use super::{Fleet, Later};
use crate::diagnostic::Diagnostic;
use crate::spec::names::ClusterName;

/// What resolving a fleet gives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// The fleet as it concerns the cluster; `None` when its root cannot be read, or when it has
    /// several clusters and none was asked for.
    pub fleet: Option<Fleet>,
    /// Everything that is wrong or worth knowing, in the order of places.
    pub findings: Vec<Diagnostic>,
    /// Whether something could not be read: then it is not known what the fleet holds, and nothing
    /// may be pruned.
    pub unreadable: bool,
    /// The fleet's clusters.
    pub clusters: Vec<ClusterName>,
    /// What only an instant can tell.
    pub later: Later,
}

impl Outcome {
    /// Every finding that holds at an instant.
    pub fn findings_at(&self, now: Timestamp) -> Vec<Diagnostic> {
        self.later.with(&self.findings, now)
    }

    /// Whether any strategy, or the whole fleet, has an error.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(Diagnostic::is_error)
    }
}

/// Puts findings into the order of their places and drops repetitions: a default is checked once
/// for every strategy that has it.
pub(super) fn order(findings: &mut Vec<Diagnostic>) {
    findings.sort_by(|a, b| {
        (&a.span, a.severity, a.code, &a.message).cmp(&(&b.span, b.severity, b.code, &b.message))
    });
    findings.dedup();
}
