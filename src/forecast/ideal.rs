//! The best that could be measured: whoever plans asks when a stage can be left at the earliest.

use crate::rollout::ahead::{Question, Witness};
use crate::rollout::gates::{
    Answer, Compared, Comparison, Finding, Outcome, Query, Source, clean, quiet,
};
use crate::spec::gate::{GateKind, MetricGate};

/// All is well, wherever it is looked.
pub(super) struct Ideal;

impl Witness for Ideal {
    fn says(&mut self, question: &Question<'_>) -> Outcome {
        match (&question.wanted.query, &question.gate.kind) {
            (Query::Value(source), GateKind::Metric(gate)) => Outcome::Value {
                value: good(gate),
                samples: tells_samples(source).then_some(f64::MAX),
            },
            (Query::Compare(comparison), _) => Outcome::Compared(Compared {
                finding: Finding::Within,
                samples: points(comparison, question),
                how: "is the same".to_owned(),
            }),
            (Query::Logs(call), _) => quiet(call),
            (Query::Scan(call), _) => clean(call, question.at),
            (Query::Webhook(_), _) => Outcome::Answer(Answer::Yes(String::new())),
            (Query::Value(_) | Query::Job(_), _) => Outcome::NoData(String::new()),
        }
    }
}

/// A value that is within a gate's ends.
fn good(gate: &MetricGate) -> f64 {
    let ends = [&gate.max, &gate.min];
    let end = ends.into_iter().flatten().next();
    end.map_or(0.0, crate::spec::threshold::Threshold::value)
}

/// Whether a metric says how many samples it is about; if not, each value is one.
fn tells_samples(source: &Source) -> bool {
    match source {
        Source::Prometheus { samples, .. } | Source::Loki { samples, .. } => samples.is_some(),
        Source::Http { samples, .. } => samples.is_some(),
        Source::External { .. } => false,
    }
}

/// The points a side that there are by then.
fn points(comparison: &Comparison, question: &Question<'_>) -> u64 {
    let age = question.at.duration_since(comparison.from).as_secs();
    let step = i64::from(comparison.step.seconds()).max(1);
    u64::try_from(age / step).unwrap_or(0)
}
