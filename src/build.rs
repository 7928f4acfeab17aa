//! The pure road in one call: sources in, findings and bundles out.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use jiff::Timestamp;

use crate::compile::{self, Bundle, UnitId};
use crate::diagnostic::Diagnostic;
use crate::resolve::{self, Fleet, Later};
use crate::source::Sources;
use crate::spec::names::ClusterName;

/// What came of a fleet's sources.
#[derive(Debug, Clone, PartialEq)]
pub struct Build {
    /// The resolved fleet; `None` when there is no fleet to speak of.
    pub fleet: Option<Fleet>,
    /// The bundles of the desks, then of the strategies without errors.
    pub bundles: Vec<Bundle>,
    /// Every finding.
    pub findings: Vec<Diagnostic>,
    /// What only an instant can tell.
    pub later: Later,
    /// Whether something could not be read, so that an absence proves nothing.
    pub unreadable: bool,
    /// The commit of the sources.
    pub commit: Option<String>,
}

impl Build {
    /// Whether a finding is an error.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(Diagnostic::is_error)
    }

    /// Every finding that holds at an instant.
    pub fn findings_at(&self, now: Timestamp) -> Vec<Diagnostic> {
        self.later.with(&self.findings, now)
    }

    /// Whether errors keep a unit's bundle away, so that its absence proves nothing.
    pub fn is_broken(&self, unit: &UnitId) -> bool {
        self.fleet.as_ref().is_none_or(|fleet| match unit {
            UnitId::Strategy(name) => fleet.broken.contains_key(name),
            UnitId::Desk(_) => false,
        })
    }
}

/// Builds a fleet for one cluster; `None` is the sole one.
pub fn build(sources: &Sources, cluster: Option<&ClusterName>) -> Build {
    let outcome = resolve::fleet(sources, cluster);
    let bundles = outcome
        .fleet
        .as_ref()
        .map(compile::fleet)
        .unwrap_or_default();
    Build {
        fleet: outcome.fleet,
        bundles,
        findings: outcome.findings,
        later: outcome.later,
        unreadable: outcome.unreadable,
        commit: sources.commit.clone(),
    }
}
