//! `metric`: a measured value is within bounds.

use super::Look;
use super::count::{Counted, Reading, concluded, due, is_new};
use super::evidence::{Evidence, Measurement, Outcome, Side};
use super::query::{Query, Wanted, source};
use super::state::GateState;
use crate::rollout::verdict::Verdict;
use crate::spec::gate::MetricGate;

pub(super) fn look(gate: &MetricGate, state: &GateState, evidence: &Evidence<'_>) -> Look {
    let name = &gate.metric;
    let Some(metric) = evidence.metrics.get(name) else {
        let why = format!("metric `{name}` is not known: add it to `metrics`");
        return Look::new(Verdict::Error, why, state);
    };
    let Some(due) = due(&gate.limits, evidence) else {
        let why = format!("`{name}`, measured from when the stage is in place");
        return Look::new(Verdict::Wait, why, state);
    };
    let source = source(
        metric,
        evidence.subject,
        Side::Candidate,
        gate.limits.interval,
    );
    let wanted = Wanted {
        query: Query::Value(source),
        due,
    };
    let look = match evidence.fresh() {
        None => Look::new(
            Verdict::Wait,
            format!("`{name}` has not been measured yet"),
            state,
        ),
        Some(measurement) => judge(gate, measurement, state),
    };
    look.wanting(wanted)
}

fn judge(gate: &MetricGate, measurement: &Measurement, state: &GateState) -> Look {
    let name = &gate.metric;
    let mut counted = Counted {
        at: measurement.at,
        samples: state.samples,
    };
    let reading = match &measurement.outcome {
        Outcome::Value { value, samples } => {
            // A metric that does not say how many samples it is about is one each time.
            if samples.is_none() && is_new(counted.at, state) {
                counted.samples = counted.samples.saturating_add(1).min(gate.min_samples);
            }
            let samples = samples.unwrap_or_else(|| f64::from(counted.samples));
            read(gate, *value, samples)
        }
        Outcome::NoData(why) => Reading::NoData(format!("`{name}` has no data: {why}")),
        Outcome::Error(why) => Reading::Error(format!("`{name}` cannot be measured: {why}")),
        Outcome::Compared(_) | Outcome::Logged(_) | Outcome::Scanned(_) | Outcome::Answer(_) => {
            Reading::Error(format!("`{name}` was asked for something else"))
        }
    };
    concluded(reading, counted, &gate.limits, state)
}

/// What a value says. With too few samples it says nothing, whatever it is: the share of no orders
/// is no number.
fn read(gate: &MetricGate, value: f64, samples: f64) -> Reading {
    let name = &gate.metric;
    let enough = f64::from(gate.min_samples);
    if samples < enough {
        return Reading::TooFew(format!("`{name}` has {samples} of {enough} samples"));
    }
    if !value.is_finite() {
        return Reading::Error(format!(
            "`{name}` is {value}, which is no number: the query divides by zero, so that it needs a denominator that is above zero, such as `… / (… > 0)`"
        ));
    }
    let high = gate.max.as_ref().filter(|max| value > max.value());
    let low = gate.min.as_ref().filter(|min| value < min.value());
    match (high, low) {
        (Some(max), _) => Reading::Bad(format!("`{name}` is {value}, at most {max} allowed")),
        (_, Some(min)) => Reading::Bad(format!("`{name}` is {value}, at least {min} wanted")),
        (None, None) => Reading::Good(format!("`{name}` is {value}")),
    }
}
