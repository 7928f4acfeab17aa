//! `compare`: the candidate's values beside those of what ran before, at the same time.

use super::Look;
use super::count::{Counted, Reading, concluded, due};
use super::evidence::{Evidence, Finding, Measurement, Outcome, Side};
use super::query::{Comparison, Query, Terms, Wanted, source};
use super::state::GateState;
use crate::rollout::verdict::Verdict;
use crate::spec::gate::CompareGate;
use crate::spec::measure::Duration;

/// The points a side that are asked for: more tell hardly more, and cost.
const POINTS: i64 = 1000;

pub(super) fn look(gate: &CompareGate, state: &GateState, evidence: &Evidence<'_>) -> Look {
    let name = &gate.metric;
    let Some(metric) = evidence.metrics.get(name) else {
        let why = format!("metric `{name}` is not known: add it to `metrics`");
        return Look::new(Verdict::Error, why, state);
    };
    if evidence.subject.stable.is_none() {
        let why = format!("nothing ran before with which `{name}` could be compared");
        return Look::new(Verdict::Pass, why, state);
    }
    let (Some(due), Some(from)) = (due(&gate.limits, evidence), evidence.settled_at) else {
        let why = format!("`{name}`, compared from when the stage is in place");
        return Look::new(Verdict::Wait, why, state);
    };
    let age = due.duration_since(from).as_secs();
    let step = step(gate.limits.interval, age);
    let side = |side| source(metric, evidence.subject, side, step);
    let comparison = Comparison {
        candidate: side(Side::Candidate),
        baseline: side(Side::Baseline),
        from,
        step,
        sessions: evidence.sessions.to_vec(),
        terms: Terms::of(gate),
    };
    let wanted = Wanted {
        query: Query::Compare(Box::new(comparison)),
        due,
    };
    let look = match evidence.fresh() {
        None => {
            let why = format!("`{name}` has not been compared yet");
            Look::new(Verdict::Wait, why, state)
        }
        Some(measurement) => judge(gate, measurement, state),
    };
    look.wanting(wanted)
}

/// The time between two points: the interval, doubled until there are not too many.
fn step(interval: Duration, age: i64) -> Duration {
    let mut seconds = interval.seconds();
    while age / i64::from(seconds.max(1)) > POINTS {
        seconds = seconds.saturating_mul(2);
    }
    Duration::from_seconds(seconds)
}

fn judge(gate: &CompareGate, measurement: &Measurement, state: &GateState) -> Look {
    let name = &gate.metric;
    let reading = match &measurement.outcome {
        Outcome::Compared(compared) => {
            let how = format!("`{name}` {}", compared.how);
            match compared.finding {
                _ if compared.samples < u64::from(gate.min_samples) => {
                    let (has, all) = (compared.samples, gate.min_samples);
                    Reading::TooFew(format!("`{name}` has {has} of {all} samples a side"))
                }
                Finding::Within => Reading::Good(how),
                Finding::Beyond => Reading::Bad(how),
                Finding::Undecided => Reading::TooFew(how),
            }
        }
        Outcome::NoData(why) => Reading::NoData(format!("`{name}` has no data: {why}")),
        Outcome::Error(why) => Reading::Error(format!("`{name}` cannot be compared: {why}")),
        Outcome::Value { .. } | Outcome::Logged(_) | Outcome::Scanned(_) | Outcome::Answer(_) => {
            Reading::Error(format!("`{name}` was asked for something else"))
        }
    };
    let counted = Counted {
        at: measurement.at,
        samples: state.samples,
    };
    concluded(reading, counted, &gate.limits, state)
}
