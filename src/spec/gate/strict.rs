//! Whether one gate asks at least as much as another: what a floor, and what was promoted, demand of
//! what comes after.

use super::Gate;
use super::kind::{GateKind, HealthGate, Limits, LogsGate, MetricGate, OnNoData, OnTimeout};
use crate::spec::measure::Duration;
use crate::spec::threshold::Threshold;

impl Gate {
    /// Whether whatever this gate lets through, the other one would have let through, too. What
    /// cannot be compared is not.
    pub fn is_at_least(&self, other: &Self) -> bool {
        self == other || (asks_as_much(&self.kind, &other.kind) && self.ends_as_well(other))
    }

    /// Whether waiting long enough opens it no sooner.
    fn ends_as_well(&self, other: &Self) -> bool {
        match (self.on_timeout, other.on_timeout) {
            (OnTimeout::Pass, OnTimeout::Pass) => {
                let longest = |gate: &Self| gate.timeout.map(Duration::seconds);
                match (longest(self), longest(other)) {
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some(mine), Some(theirs)) => mine >= theirs,
                }
            }
            (OnTimeout::Pass, OnTimeout::Fail | OnTimeout::Hold) => false,
            (OnTimeout::Fail | OnTimeout::Hold, _) => true,
        }
    }
}

fn asks_as_much(mine: &GateKind, theirs: &GateKind) -> bool {
    match (mine, theirs) {
        (GateKind::Approve(mine), GateKind::Approve(theirs)) => mine.is_at_least(theirs),
        (GateKind::Health(mine), GateKind::Health(theirs)) => restarts(*mine, *theirs),
        (GateKind::Metric(mine), GateKind::Metric(theirs)) => measures(mine, theirs),
        (GateKind::For(mine), GateKind::For(theirs)) => lasts(mine, theirs),
        (GateKind::Logs(mine), GateKind::Logs(theirs)) => reads(mine, theirs),
        (GateKind::Scan(mine), GateKind::Scan(theirs)) => mine.is_at_least(theirs),
        (mine, theirs) => mine == theirs,
    }
}

fn restarts(mine: HealthGate, theirs: HealthGate) -> bool {
    mine.max_restarts <= theirs.max_restarts
}

fn lasts(mine: &super::Bake, theirs: &super::Bake) -> bool {
    use super::Bake::{Open, Wall};
    match (mine, theirs) {
        (Wall(mine), Wall(theirs)) => mine >= theirs,
        (Open(mine), Open(theirs)) => mine.of == theirs.of && mine.open >= theirs.open,
        (Wall(_), Open(_)) | (Open(_), Wall(_)) => false,
    }
}

fn measures(mine: &MetricGate, theirs: &MetricGate) -> bool {
    let at_most = |mine: &Option<Threshold>, theirs: &Option<Threshold>| match (mine, theirs) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(mine), Some(theirs)) => mine.value() <= theirs.value(),
    };
    let at_least = |mine: &Option<Threshold>, theirs: &Option<Threshold>| match (mine, theirs) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(mine), Some(theirs)) => mine.value() >= theirs.value(),
    };
    mine.metric == theirs.metric
        && at_most(&mine.max, &theirs.max)
        && at_least(&mine.min, &theirs.min)
        && mine.min_samples >= theirs.min_samples
        && limits(&mine.limits, &theirs.limits)
}

/// The further back, the more is known already.
fn reads(mine: &LogsGate, theirs: &LogsGate) -> bool {
    mine.metric == theirs.metric
        && mine.max.value() <= theirs.max.value()
        && mine.baseline <= theirs.baseline
        && mine.min_samples >= theirs.min_samples
        && limits(&mine.limits, &theirs.limits)
}

/// How often it is asked matters no more than how often it may be wrong.
fn limits(mine: &Limits, theirs: &Limits) -> bool {
    let is_lenient = |on: OnNoData| on == OnNoData::Pass;
    mine.interval <= theirs.interval
        && mine.failures <= theirs.failures
        && mine.consecutive_errors <= theirs.consecutive_errors
        && mine.consecutive_successes >= theirs.consecutive_successes
        && (!is_lenient(mine.on_no_data) || is_lenient(theirs.on_no_data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(mine: &Value, theirs: &Value, expect: bool) {
        let gate = |spec: &Value| serde_json::from_value::<Gate>(spec.clone()).unwrap();
        let is = gate(mine).is_at_least(&gate(theirs));
        assert_eq!(is, expect, "{mine} for {theirs}");
    }

    #[test]
    fn a_stricter_gate_of_the_same_kind_will_do() {
        check(
            &json!({"approve": {"role": "risk", "quorum": 2}}),
            &json!({"approve": {"role": "risk"}}),
            true,
        );
        check(
            &json!({"metric": "a", "max": "1%", "minSamples": 50}),
            &json!({"metric": "a", "max": "2%", "minSamples": 20}),
            true,
        );
        check(&json!({"for": "2h"}), &json!({"for": "1h"}), true);
        check(
            &json!({"logs": "errors", "baseline": "1h"}),
            &json!({"logs": "errors", "max": 3}),
            true,
        );
        check(
            &json!({"scan": {"maxSeverity": "low", "maxAge": "1d"}}),
            &json!({"scan": {"maxSeverity": "medium"}}),
            true,
        );
        check(
            &json!({"health": {}}),
            &json!({"health": {"maxRestarts": 1}}),
            true,
        );
    }

    #[test]
    fn a_looser_one_will_not() {
        check(
            &json!({"approve": {"role": "sre"}}),
            &json!({"approve": {"role": "risk"}}),
            false,
        );
        check(
            &json!({"metric": "a", "max": "2%", "minSamples": 50}),
            &json!({"metric": "a", "max": "1%", "minSamples": 50}),
            false,
        );
        check(
            &json!({"metric": "a", "max": "1%", "minSamples": 50, "onNoData": "pass"}),
            &json!({"metric": "a", "max": "1%", "minSamples": 50}),
            false,
        );
        check(
            &json!({"metric": "a", "max": "1%", "minSamples": 50, "timeout": "1m", "onTimeout": "pass"}),
            &json!({"metric": "a", "max": "1%", "minSamples": 50}),
            false,
        );
        check(&json!({"for": "1m"}), &json!({"for": "1h"}), false);
        check(
            &json!({"logs": "errors", "max": 4}),
            &json!({"logs": "errors", "max": 3}),
            false,
        );
        check(
            &json!({"scan": {"maxSeverity": "medium", "waivers": [
                {"id": "CVE-2026-1", "until": "2027-01-31", "reason": "no way in"}]}}),
            &json!({"scan": {"maxSeverity": "medium"}}),
            false,
        );
        check(
            &json!({"pause": {}}),
            &json!({"approve": {"role": "risk"}}),
            false,
        );
    }
}
