//! What the daemon counts, in the text format of `OpenMetrics`.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

/// The daemon's metrics.
pub(super) struct Metrics {
    registry: Registry,
    /// Steps taken, by what came of them.
    pub(super) steps: Family<Outcome, Counter>,
    /// Actions carried out, by verb.
    pub(super) actions: Family<Verb, Counter>,
    /// Units, by phase.
    pub(super) units: Family<Phase, Gauge>,
    /// Overrides that stand.
    pub(super) overrides: Gauge,
    /// Units that wait to be looked at.
    pub(super) queue: Gauge,
    /// Whether this daemon leads.
    pub(super) leader: Gauge,
    /// When the repository last answered.
    pub(super) fetched: Gauge<f64, AtomicU64>,
    /// Attempts to read the repository that failed, by class.
    pub(super) fetch_failures: Family<Class, Counter>,
    /// Findings of the fleet as it is in Git.
    pub(super) findings: Family<Severity, Gauge>,
}

/// The label `outcome`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Outcome {
    pub(super) outcome: &'static str,
}

/// The label `verb`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Verb {
    pub(super) verb: &'static str,
}

/// The label `phase`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Phase {
    pub(super) phase: &'static str,
}

/// The label `class`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Class {
    pub(super) class: &'static str,
}

/// The label `severity`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Severity {
    pub(super) severity: &'static str,
}

impl Metrics {
    /// All at zero.
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("tidegate");
        let steps = Family::default();
        registry.register("steps", "Steps taken, by what came of them", steps.clone());
        let actions = Family::default();
        registry.register("actions", "Actions carried out, by verb", actions.clone());
        let units = Family::default();
        registry.register("units", "Desks and strategies, by phase", units.clone());
        let overrides = Gauge::default();
        registry.register(
            "overrides",
            "Gates and windows that people pass without what they ask for",
            overrides.clone(),
        );
        let queue = Gauge::default();
        registry.register(
            "queue_depth",
            "Units that wait to be looked at",
            queue.clone(),
        );
        let leader = Gauge::default();
        registry.register("leader", "1 while this daemon leads", leader.clone());
        let fetched = Gauge::<f64, AtomicU64>::default();
        let help = "When the repository last answered, in Unix time";
        registry.register_with_unit(
            "git_last_success_timestamp",
            help,
            Unit::Seconds,
            fetched.clone(),
        );
        let fetch_failures = Family::default();
        registry.register(
            "git_failures",
            "Failed attempts to read the repository",
            fetch_failures.clone(),
        );
        let findings = Family::default();
        registry.register(
            "findings",
            "Findings of the fleet as it is in Git",
            findings.clone(),
        );
        Self {
            registry,
            steps,
            actions,
            units,
            overrides,
            queue,
            leader,
            fetched,
            fetch_failures,
            findings,
        }
    }

    /// The text that is scraped.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}
