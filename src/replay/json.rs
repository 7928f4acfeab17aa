//! A simulated rollout for programs. The form is versioned; fields may be added, none changes its
//! meaning.

use serde_json::{Value, json as object};

use super::Replay;
use crate::calendar::whole_second;
use crate::rollout::ahead::{Ending, Leg, Passage};
use crate::rollout::words;

/// The stages, what their gates said, and how it ended.
pub fn json(replay: &Replay) -> Value {
    let journey = &replay.journey;
    object!({
        "version": 1,
        "strategy": replay.strategy,
        "from": whole_second(journey.from),
        "until": whole_second(replay.until),
        "begins": journey.begins().map(whole_second),
        "outcome": outcome(&journey.ending),
        "stages": journey.legs.iter().map(stage).collect::<Vec<_>>(),
        "assumed": replay.assumed,
        "missing": replay.missing,
    })
}

fn outcome(ending: &Ending) -> Value {
    match ending {
        Ending::Promoted(at) => object!({"verdict": "promoted", "at": whole_second(*at)}),
        Ending::Stopped { at, why, then } => object!({
            "verdict": "stopped", "at": whole_second(*at), "why": why, "then": then,
        }),
        Ending::Waits(waits) | Ending::Beyond(waits) => {
            let waits = waits.iter().map(|it| &it.what);
            object!({"verdict": "undecided", "waits": waits.collect::<Vec<_>>()})
        }
    }
}

fn stage(leg: &Leg) -> Value {
    object!({
        "name": leg.stage.as_ref().map(|it| it.name.as_str()),
        "from": whole_second(leg.entered),
        "until": leg.left.map(whole_second),
        "gates": leg.gates.iter().map(gate).collect::<Vec<_>>(),
    })
}

fn gate(passage: &Passage) -> Value {
    object!({
        "kind": passage.gate.kind.as_str(),
        "gate": passage.gate,
        "asks": words::gate(&passage.gate),
        "verdict": passage.verdict.as_str(),
        "since": passage.since.map(whole_second),
        "said": passage.said,
    })
}
