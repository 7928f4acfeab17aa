//! What gates want to have measured.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::evidence::{Side, Stable, Subject};
use crate::compile::{Bundle, UnitId};
use crate::digest::Digest;
use crate::object::Object;
use crate::spec::gate::{CompareGate, ReportSpec, Severity, Test, Worse};
use crate::spec::measure::Duration;
use crate::spec::metric::{HttpUrl, JsonPath, Metric, SecretRef, Template};

/// A measurement to be taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// What to ask.
    pub query: Query,
    /// Not before this instant.
    pub due: Timestamp,
}

/// What to ask, and of whom. Everything in it is settled: whoever asks decides nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// One number.
    Value(Source),
    /// Two series of numbers, and how to compare them.
    Compare(Box<Comparison>),
    /// What the logs of two versions say.
    Logs(Box<LogCall>),
    /// What a scanner knows of images.
    Scan(ScanCall),
    /// A server's opinion.
    Webhook(WebhookCall),
    /// A Job: to be made if it is not there. What it says is read from the cluster.
    Job(Box<Object>),
}

/// Where a number comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A Prometheus server.
    Prometheus {
        /// Its address.
        address: HttpUrl,
        /// The query.
        query: String,
        /// The query for how many samples it is about.
        samples: Option<String>,
        /// Request headers.
        headers: BTreeMap<String, SecretRef>,
    },
    /// A Loki server.
    Loki {
        /// Its address.
        address: HttpUrl,
        /// The query.
        query: String,
        /// The query for how many lines there are.
        samples: Option<String>,
        /// Request headers.
        headers: BTreeMap<String, SecretRef>,
    },
    /// A JSON document.
    Http {
        /// Its address.
        url: String,
        /// The number's place in it.
        path: JsonPath,
        /// The place of how many samples it is about.
        samples: Option<JsonPath>,
        /// Request headers.
        headers: BTreeMap<String, SecretRef>,
    },
    /// The cluster's external metrics API.
    External {
        /// The namespace.
        namespace: String,
        /// The metric.
        metric: String,
        /// Its labels.
        selector: BTreeMap<String, String>,
    },
}

/// Two series of numbers over the same time, and how to compare them.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The candidate's.
    pub candidate: Source,
    /// Those of what ran before.
    pub baseline: Source,
    /// From when on.
    pub from: Timestamp,
    /// The time between two points.
    pub step: Duration,
    /// The sessions that block it, each from its open to its close; without one, every UTC day
    /// is a block.
    pub sessions: Vec<(Timestamp, Timestamp)>,
    /// What it is held against.
    pub terms: Terms,
}

/// What a comparison is held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// What is compared.
    pub test: Test,
    /// How far the candidate may be off, in the metric's unit or as a share of the other one.
    pub margin: Margin,
    /// In which direction it is worse.
    pub worse: Worse,
    /// How likely a wrong verdict may be.
    pub risk: f64,
    /// A rate that nobody minds.
    pub negligible: Option<f64>,
    /// Below so many samples a side there is no verdict.
    pub min_samples: u64,
}

/// How far the candidate may be off, as a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Margin {
    /// In the metric's own unit.
    Absolute(f64),
    /// As a share of the other one's value.
    Relative(f64),
}

/// A question about the logs of two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogCall {
    /// What counts the candidate's lines.
    pub candidate: Source,
    /// What counts those of what ran before, if something did.
    pub before: Option<LogBefore>,
}

/// The log of what ran before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogBefore {
    /// What counts its lines.
    pub source: Source,
    /// Until when it is its own, where both versions write to the same one.
    pub until: Option<Timestamp>,
}

/// A question about images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanCall {
    /// The images.
    pub digests: BTreeSet<Digest>,
    /// Only what is worse is of interest.
    pub above: Severity,
    /// Who is asked.
    pub scanner: Scanner,
}

/// Who knows what a scanner found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scanner {
    /// The cluster, in the VulnerabilityReports of a namespace.
    Objects {
        /// The namespace.
        namespace: String,
    },
    /// A server that gives Trivy's JSON reports.
    Server(ReportSpec),
}

/// A request to a server that judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookCall {
    /// Its address.
    pub url: HttpUrl,
    /// The key to sign with.
    pub secret: SecretRef,
    /// What it is asked, as JSON.
    pub body: String,
    /// Names the question: asking again is the same question.
    pub delivery: String,
    /// How long the answer may take.
    pub deadline: Duration,
}

impl Terms {
    pub(super) fn of(gate: &CompareGate) -> Self {
        use crate::spec::gate::Margin as Written;
        Self {
            test: gate.test,
            margin: match &gate.within {
                Written::Absolute(number) => Margin::Absolute(number.value()),
                Written::Relative(share) => Margin::Relative(share.value()),
            },
            worse: gate.worse,
            risk: 1.0 - share(gate.confidence.parts_per_million()),
            negligible: gate.negligible.map(|it| share(it.parts_per_million())),
            min_samples: u64::from(gate.min_samples),
        }
    }
}

fn share(parts_per_million: u32) -> f64 {
    f64::from(parts_per_million) / 1e6
}

/// Where the values of a metric are recorded that were once taken on a track; `None` for what is no
/// strategy's.
pub fn recorded(metric: &Metric, bundle: &Bundle, track: &str, step: Duration) -> Option<Source> {
    let UnitId::Strategy(strategy) = &bundle.unit else {
        return None;
    };
    let subject = Subject {
        strategy: strategy.clone(),
        desk: bundle.desk.clone(),
        namespace: bundle.namespace.clone(),
        owner: bundle.owner.as_str().to_owned(),
        track: track.to_owned(),
        behaviour: bundle.behaviour,
        stable: Some(Stable {
            track: track.to_owned(),
            behaviour: bundle.behaviour,
        }),
        stage: String::new(),
        gate: 0,
    };
    Some(source(metric, &subject, Side::Candidate, step))
}

/// A metric with a rollout's words in it.
pub(super) fn source(metric: &Metric, subject: &Subject, side: Side, step: Duration) -> Source {
    let interval = step.to_string();
    let fill = |template: &Template| subject.fill(template, side, &interval);
    match metric {
        Metric::Prometheus(spec) => Source::Prometheus {
            address: spec.address.clone(),
            query: fill(&spec.query),
            samples: spec.samples.as_ref().map(fill),
            headers: spec.headers.clone(),
        },
        Metric::Loki(spec) => Source::Loki {
            address: spec.address.clone(),
            query: fill(&spec.query),
            samples: spec.samples.as_ref().map(fill),
            headers: spec.headers.clone(),
        },
        Metric::Http(spec) => Source::Http {
            url: fill(&spec.url),
            path: spec.path.clone(),
            samples: spec.samples.clone(),
            headers: spec.headers.clone(),
        },
        Metric::External(spec) => Source::External {
            namespace: subject.namespace.clone(),
            metric: spec.metric.clone(),
            selector: (spec.selector.iter())
                .map(|(label, value)| (label.clone(), fill(value)))
                .collect(),
        },
    }
}
