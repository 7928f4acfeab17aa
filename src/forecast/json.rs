//! A plan for programs. The form is versioned; fields may be added, none changes its meaning.

use jiff::Timestamp;
use serde_json::{Value, json as object};

use super::{Coming, Forecast, Step};
use crate::calendar::whole_second;
use crate::compile::UnitId;
use crate::diff::ObjectDiff;
use crate::diff::mask::Masked;
use crate::diff::render;
use crate::rollout::ahead::{Ending, Hold, Journey, Leg};

/// The rollouts to come: units, their stages, the objects that each changes, and its gates.
pub fn json(forecast: &Forecast) -> Value {
    object!({
        "version": 1,
        "at": whole_second(forecast.at),
        "unchanged": forecast.unchanged,
        "units": forecast.units.iter().map(unit).collect::<Vec<_>>(),
    })
}

fn unit(unit: &Coming) -> Value {
    let row = &unit.row;
    let (kind, name) = match &row.unit {
        UnitId::Desk(name) => ("desk", name.as_str()),
        UnitId::Strategy(name) => ("strategy", name.as_str()),
    };
    let mut json = object!({
        "kind": kind,
        "name": name,
        "desk": row.desk,
        "class": row.class,
        "change": row.change.as_str(),
        "cause": row.cause.as_str(),
        "facts": row.facts,
        "consequence": row.consequence,
        "style": unit.rollout.as_ref().map(|it| it.style),
        "onFailure": unit.rollout.as_ref().map(|it| it.on_failure),
        "waitsForPerson": unit.waits_for_people(),
        "stages": [],
    });
    if let Some(journey) = &unit.journey {
        let legs = journey.legs.iter().zip(&unit.steps);
        json["begins"] = object!(journey.begins().map(whole_second));
        json["ends"] = object!(journey.promoted().map(whole_second));
        json["approvals"] = object!(journey.approvals);
        json["overridden"] = object!(journey.overridden);
        json["holds"] = holds(&journey.holds);
        json["stages"] = legs.map(|(leg, step)| stage(leg, step)).collect();
        json["afterwards"] = objects(&unit.rest);
        json["waits"] = waits(journey);
    }
    json
}

fn stage(leg: &Leg, step: &Step) -> Value {
    let gates = step.gates.iter().zip(&leg.gates);
    let gates = gates.map(|((asks, sight), passage)| {
        let sees = sight.as_ref().map(|sight| {
            object!({"samples": sight.samples, "sessions": sight.sessions, "text": sight.text})
        });
        object!({
            "kind": passage.gate.kind.as_str(),
            "gate": passage.gate,
            "asks": asks,
            "passes": passage.since.map(whole_second),
            "sees": sees,
        })
    });
    object!({
        "name": leg.stage.as_ref().map(|it| it.name.as_str()),
        "exposure": leg.stage.as_ref().map(|it| &it.exposure),
        "gives": step.exposure,
        "pods": {"old": step.pods.old, "new": step.pods.new},
        "direct": leg.is_direct,
        "from": whole_second(leg.entered),
        "until": leg.left.map(whole_second),
        "holds": holds(&leg.holds),
        "gates": gates.collect::<Vec<_>>(),
        "objects": objects(&step.objects),
    })
}

fn objects(diffs: &[ObjectDiff]) -> Value {
    render::json(&Masked::of(diffs))["objects"].clone()
}

fn holds(holds: &[Hold]) -> Value {
    let until = |at: Option<Timestamp>| at.map(whole_second);
    let holds = holds.iter().map(|hold| {
        object!({
            "what": hold.what,
            "since": whole_second(hold.since),
            "until": until(hold.until),
            "unblocksWhen": hold.unblocks_when,
        })
    });
    holds.collect()
}

/// What is waited for without an end in sight.
fn waits(journey: &Journey) -> Value {
    match &journey.ending {
        Ending::Waits(waits) | Ending::Beyond(waits) => waits
            .iter()
            .map(|wait| object!({"what": wait.what, "unblocksWhen": wait.unblocks_when}))
            .collect(),
        Ending::Stopped { why, .. } => object!([{"what": why, "unblocksWhen": null}]),
        Ending::Promoted(_) => object!([]),
    }
}
