//! What comes of one unit.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Premise;
use super::pods::{self, Pods};
use super::sight::{self, Sight, sight};
use crate::compile::Bundle;
use crate::diff::{self, ObjectDiff, Verdict};
use crate::object::Object;
use crate::preview::Row;
use crate::resolve::rollout::Rollout;
use crate::rollout::ahead::{Journey, Leg};
use crate::rollout::words;
use crate::spec::gate::GateKind;
use crate::spec::metric::MetricName;

/// What comes of a unit that changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Coming {
    /// What changes.
    pub row: Row,
    /// How a change reaches it.
    pub rollout: Option<Rollout>,
    /// The way of the change; `None` for what leaves the fleet, or has errors.
    pub journey: Option<Journey>,
    /// The stages of that way, in words.
    pub steps: Vec<Step>,
    /// What goes once it is promoted.
    pub rest: Vec<ObjectDiff>,
}

/// A stage, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What the new version gets.
    pub exposure: String,
    /// The share of the requests that it gets, where it is known.
    pub(super) share: Option<f64>,
    /// The pods of both versions.
    pub(super) pods: Pods,
    /// What changes from the stage before.
    pub objects: Vec<ObjectDiff>,
    /// What each gate asks, and what it can see.
    pub gates: Vec<(String, Option<Sight>)>,
}

impl Coming {
    pub(super) fn of(
        row: Row,
        rollout: Option<Rollout>,
        git: Option<&Bundle>,
        journey: Option<Journey>,
        premise: Premise<'_>,
    ) -> Self {
        let behaviour = git.map(|git| git.behaviour.hex()).unwrap_or_default();
        let mut steps = Vec::new();
        let mut rest = Vec::new();
        if let Some(journey) = &journey {
            let mut before = &journey.before;
            for leg in &journey.legs {
                let rollout = rollout.as_ref();
                let pods = pods::of(&leg.objects, &behaviour);
                steps.push(Step {
                    exposure: exposure(leg, rollout),
                    share: share(leg, rollout, pods),
                    pods,
                    objects: changed(before, &leg.objects),
                    gates: gates(leg, rollout, pods, premise.rates),
                });
                before = &leg.objects;
            }
            if journey.promoted().is_some() {
                rest = changed(before, &journey.after);
            }
        }
        Self {
            row,
            rollout,
            journey,
            steps,
            rest,
        }
    }

    /// Whether it goes through stages.
    pub fn is_staged(&self) -> bool {
        let journey = self.journey.as_ref();
        journey.is_some_and(|it| it.legs.iter().any(|leg| leg.stage.is_some()))
    }

    /// The names of the stages that only a person lets go.
    pub fn waits_for_people(&self) -> Vec<&str> {
        let legs = self.journey.iter().flat_map(|it| &it.legs);
        legs.filter(|leg| !leg.is_direct && leg.gates.iter().any(is_pause))
            .filter_map(|leg| leg.stage.as_ref())
            .map(|stage| stage.name.as_str())
            .collect()
    }

    /// When it is promoted at the earliest.
    pub fn ends(&self) -> Option<Timestamp> {
        self.journey.as_ref()?.promoted()
    }
}

fn is_pause(passage: &crate::rollout::ahead::Passage) -> bool {
    passage.gate.kind == GateKind::Pause
}

fn changed(before: &[Object], after: &[Object]) -> Vec<ObjectDiff> {
    let mut objects = diff::objects(before, after);
    objects.retain(|object| object.verdict != Verdict::Same);
    objects
}

fn exposure(leg: &Leg, rollout: Option<&Rollout>) -> String {
    let staged = leg.stage.as_ref().zip(rollout);
    staged.map_or_else(String::new, |(stage, rollout)| {
        words::exposure(&stage.exposure, rollout)
    })
}

fn share(leg: &Leg, rollout: Option<&Rollout>, pods: Pods) -> Option<f64> {
    let (stage, rollout) = leg.stage.as_ref().zip(rollout)?;
    sight::share(&stage.exposure, rollout, pods)
}

fn gates(
    leg: &Leg,
    rollout: Option<&Rollout>,
    pods: Pods,
    rates: &BTreeMap<MetricName, f64>,
) -> Vec<(String, Option<Sight>)> {
    let Some((stage, rollout)) = leg.stage.as_ref().zip(rollout) else {
        return Vec::new();
    };
    let gates = leg.gates.iter().map(|passage| &passage.gate);
    gates
        .map(|gate| {
            let sight = sight(gate, stage, rollout, pods, rates);
            (words::gate(gate), sight)
        })
        .collect()
}
