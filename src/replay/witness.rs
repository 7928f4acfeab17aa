//! Answers from a recording.

use super::recording::{Recording, Side};
use crate::rollout::ahead::{Question, Witness};
use crate::rollout::gates::{Answer, Comparison, Outcome, Query, clean, quiet};
use crate::rollout::statistics;
use crate::spec::gate::GateKind;
use crate::spec::metric::MetricName;

/// Says what was recorded.
pub(super) struct Recorded<'a> {
    recording: &'a Recording,
}

impl<'a> Recorded<'a> {
    pub(super) fn new(recording: &'a Recording) -> Self {
        Self { recording }
    }

    fn value(&self, metric: &MetricName, question: &Question<'_>) -> Outcome {
        match self.recording.at(metric, Side::Candidate, question.at) {
            Some(point) => Outcome::Value {
                value: point.value,
                samples: point.samples,
            },
            None => Outcome::NoData(
                "the recording has no value of the candidate in the five minutes before".to_owned(),
            ),
        }
    }

    fn compare(
        &self,
        metric: &MetricName,
        comparison: &Comparison,
        question: &Question<'_>,
    ) -> Outcome {
        let span = (comparison.from, question.at);
        let side = |side| self.recording.between(metric, side, span, comparison.step);
        statistics::compare(comparison, &side(Side::Candidate), &side(Side::Stable))
    }
}

impl Witness for Recorded<'_> {
    fn says(&mut self, question: &Question<'_>) -> Outcome {
        match (&question.wanted.query, &question.gate.kind) {
            (Query::Value(_), GateKind::Metric(gate)) => self.value(&gate.metric, question),
            (Query::Compare(comparison), GateKind::Compare(gate)) => {
                self.compare(&gate.metric, comparison, question)
            }
            (Query::Logs(call), _) => quiet(call),
            (Query::Scan(call), _) => clean(call, question.at),
            (Query::Webhook(_), _) => Outcome::Answer(Answer::Yes("taken for granted".to_owned())),
            (Query::Value(_) | Query::Compare(_) | Query::Job(_), _) => {
                Outcome::NoData("nothing of this is recorded".to_owned())
            }
        }
    }
}
