//! What a gate can see: how many samples it takes until it notices what it is there for, and how
//! many sessions until they have come together.

use std::collections::BTreeMap;

use super::pods::Pods;
use crate::resolve::rollout::{Exposure, Rollout, Stage};
use crate::rollout::statistics::power;
use crate::spec::gate::{CompareGate, Gate, GateKind, MetricGate, Test};
use crate::spec::metric::MetricName;

/// What a gate can see.
#[derive(Debug, Clone, PartialEq)]
pub struct Sight {
    /// The samples that it needs.
    pub samples: Option<u64>,
    /// The sessions in which they come together, at the rate that was told.
    pub sessions: Option<u64>,
    /// In words.
    pub text: String,
}

/// How sure it has to be that what is there is seen.
const RISK: f64 = 0.05;

/// A rate of events that is taken for usual where nothing says another.
const USUAL: f64 = 0.01;

/// What a gate of a stage can see.
pub(super) fn sight(
    gate: &Gate,
    stage: &Stage,
    rollout: &Rollout,
    pods: Pods,
    rates: &BTreeMap<MetricName, f64>,
) -> Option<Sight> {
    let share = share(&stage.exposure, rollout, pods);
    let per_session = |name: &MetricName| Some(rates.get(name)? * share?);
    match &gate.kind {
        GateKind::Metric(gate) => of_metric(gate, per_session(&gate.metric)),
        GateKind::Compare(gate) => Some(match gate.test {
            Test::Rate => of_rates(gate, per_session(&gate.metric)),
            Test::Shift => of_shift(gate),
        }),
        _ => None,
    }
}

/// The share of the requests that the new version gets, or gets a copy of, where it is known.
pub(super) fn share(exposure: &Exposure, rollout: &Rollout, pods: Pods) -> Option<f64> {
    match exposure {
        Exposure::Weight(weight) if rollout.route.is_some() => {
            Some(f64::from(weight.parts_per_million()) / 1e6)
        }
        Exposure::Mirror(share) => Some(f64::from(share.parts_per_million()) / 1e6),
        Exposure::Weight(_) | Exposure::Pods(_) => pods.share(),
        Exposure::Preview | Exposure::Standby => Some(0.0),
        Exposure::Full => Some(1.0),
        Exposure::Match(_) => None,
    }
}

/// A share that must not be too large: how many samples until one that is too large shows at all.
fn of_metric(gate: &MetricGate, per_session: Option<f64>) -> Option<Sight> {
    let max = gate.max.as_ref().filter(|max| max.is_share())?;
    let samples = power::to_see(max.value(), RISK);
    Some(told(
        &format!("a `{}` of {max}", gate.metric),
        samples,
        per_session,
    ))
}

/// Twice what is still put up with: how many samples a side until that is told from what is usual.
fn of_rates(gate: &CompareGate, per_session: Option<f64>) -> Sight {
    let usual = gate
        .negligible
        .map_or(USUAL, |it| f64::from(it.parts_per_million()) / 1e6);
    let margin = 1.0 + gate.within.threshold().value();
    let bad = (2.0 * usual * margin).min(1.0);
    let risk = risk(gate);
    let what = format!(
        "a `{}` of {} where {} is usual",
        gate.metric,
        percent(bad),
        percent(usual)
    );
    told(
        &what,
        power::to_tell_rates(usual, bad, margin, risk),
        per_session,
    )
}

/// A shift by one standard deviation more than is put up with; a point comes every interval.
fn of_shift(gate: &CompareGate) -> Sight {
    let samples = power::to_tell_shift(1.0, risk(gate)).map(|it| it.max(gate.min_samples.into()));
    let interval = gate.limits.interval;
    let what = format!(
        "that `{}` is one standard deviation beyond {}",
        gate.metric, gate.within
    );
    let seconds = samples.map(|it| it.saturating_mul(interval.seconds().into()));
    let takes = seconds.and_then(|it| i64::try_from(it).ok()).map(|it| {
        let span = crate::calendar::human_span(jiff::SignedDuration::from_secs(it));
        format!(", so {span} at one every {interval}")
    });
    Sight {
        samples,
        sessions: None,
        text: format!(
            "{}{}",
            power::sentence(&what, samples, None),
            takes.unwrap_or_default()
        ),
    }
}

fn told(what: &str, samples: Option<u64>, per_session: Option<f64>) -> Sight {
    Sight {
        samples,
        sessions: samples
            .zip(per_session)
            .and_then(|(samples, rate)| power::sessions(samples, rate)),
        text: power::sentence(what, samples, per_session),
    }
}

fn risk(gate: &CompareGate) -> f64 {
    1.0 - f64::from(gate.confidence.parts_per_million()) / 1e6
}

/// A share with as many decimals as count.
fn percent(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}
