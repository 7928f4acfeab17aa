//! A rollout against recorded metrics, on a fast-forwarded clock: which gate would have stopped it,
//! and when, or when each stage would have been left.
//!
//! The rollout is the real one ([`ahead`]); only what its gates measure comes from the recording.
//! What no recording can say is taken to be well, and told: pods are ready at once, people promote
//! when they are asked, Jobs and servers say yes, other strategies are through.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod csv;
mod json;
mod recording;
mod text;
mod witness;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::compile::Bundle;
use crate::digest::Digest;
use crate::forecast::Standing;
use crate::resolve::Fleet;
use crate::rollout::ahead::{Journey, Outset, ahead};
use crate::rollout::gates::Source;
use crate::spec::gate::{Gate, GateKind};
use crate::spec::measure::Duration;
use crate::spec::metric::MetricName;

pub use csv::{RowError, read};
pub use json::json;
pub use recording::{Recording, Side};
pub use text::text;

/// What came of a simulated rollout.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// The strategy.
    pub strategy: String,
    /// The stages, as far as it came.
    pub journey: Journey,
    /// The last instant of the recording.
    pub until: Timestamp,
    /// What was taken to be well, for nothing was recorded of it.
    pub assumed: Vec<String>,
    /// The metrics of gates of which the recording has nothing.
    pub missing: BTreeSet<MetricName>,
}

/// Simulates the rollout of a strategy to what Git says of it, from an instant on.
pub fn replay(bundle: &Bundle, fleet: &Fleet, recording: &Recording, from: Timestamp) -> Replay {
    let standing = Standing::running(&before(bundle));
    let until = recording.last().unwrap_or(from);
    let outset = Outset {
        git: bundle,
        record: &standing.record,
        kept: &standing.kept,
        calendars: &fleet.calendars,
        freezes: &fleet.freezes,
        from,
        until,
    };
    let journey = ahead(&outset, &mut witness::Recorded::new(recording));
    let named = gates(bundle).filter_map(metric);
    Replay {
        strategy: bundle.unit.release_name(),
        journey,
        until,
        assumed: assumed(bundle),
        missing: named
            .filter(|name| !recording.knows(name))
            .cloned()
            .collect(),
    }
}

/// What is recorded of a metric, and where it would be asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The metric.
    pub metric: MetricName,
    /// Whose values they are.
    pub side: Side,
    /// Where they come from.
    pub source: Source,
    /// The time between two of them.
    pub step: Duration,
}

/// The series that the gates of a strategy ask for, with these names of tracks in their queries.
pub fn series(bundle: &Bundle, candidate: &str, stable: &str) -> Vec<Series> {
    let Some(rollout) = &bundle.rollout else {
        return Vec::new();
    };
    let mut all: Vec<Series> = Vec::new();
    for gate in gates(bundle) {
        let (sides, limits) = match &gate.kind {
            GateKind::Metric(gate) => (&[Side::Candidate][..], gate.limits),
            GateKind::Compare(gate) => (&[Side::Candidate, Side::Stable][..], gate.limits),
            _ => continue,
        };
        let name = metric(gate).and_then(|name| rollout.metrics.get_key_value(name));
        let Some((name, spec)) = name else { continue };
        for side in sides {
            let track = match side {
                Side::Candidate => candidate,
                Side::Stable => stable,
            };
            let source = crate::rollout::gates::recorded(spec, bundle, track, limits.interval);
            let Some(source) = source else { continue };
            let is_known = |it: &Series| it.metric == *name && it.side == *side;
            match all.iter_mut().find(|it| is_known(it)) {
                Some(known) if known.step <= limits.interval => {}
                Some(known) => known.step = limits.interval,
                None => all.push(Series {
                    metric: name.clone(),
                    side: *side,
                    source,
                    step: limits.interval,
                }),
            }
        }
    }
    all
}

/// A version of the same spec that ran before.
fn before(bundle: &Bundle) -> Bundle {
    let digest = |what: &str| Digest::of(format!("before {what}"));
    Bundle {
        bundle: digest(&bundle.bundle.to_string()),
        behaviour: digest(&bundle.behaviour.to_string()),
        ..bundle.clone()
    }
}

fn gates(bundle: &Bundle) -> impl Iterator<Item = &Gate> {
    let stages = bundle.rollout.iter().flat_map(|rollout| &rollout.stages);
    stages.flat_map(|stage| &stage.gates)
}

/// The metric that a gate looks at.
fn metric(gate: &Gate) -> Option<&MetricName> {
    match &gate.kind {
        GateKind::Metric(gate) => Some(&gate.metric),
        GateKind::Compare(gate) => Some(&gate.metric),
        _ => None,
    }
}

fn assumed(bundle: &Bundle) -> Vec<String> {
    let mut assumed = vec!["the cluster gets to each stage at once, and its pods stay ready"];
    let mut all = |is: fn(&GateKind) -> bool, text| {
        if gates(bundle).any(|gate| is(&gate.kind)) {
            assumed.push(text);
        }
    };
    all(
        |kind| matches!(kind, GateKind::Pause),
        "people promote a stage as soon as they are asked",
    );
    all(
        |kind| matches!(kind, GateKind::Approve(_)),
        "people approve as soon as they are asked",
    );
    all(
        |kind| matches!(kind, GateKind::Job(_)),
        "Jobs exit 0 at once",
    );
    all(
        |kind| matches!(kind, GateKind::Logs(_)),
        "logs have nothing new",
    );
    all(
        |kind| matches!(kind, GateKind::Scan(_)),
        "scanners know of nothing",
    );
    all(
        |kind| matches!(kind, GateKind::Webhook(_)),
        "servers that judge say yes at once",
    );
    all(
        |kind| matches!(kind, GateKind::After(_)),
        "other strategies are through",
    );
    assumed.into_iter().map(str::to_owned).collect()
}
