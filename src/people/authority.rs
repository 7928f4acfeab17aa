//! Authority in force: who may say yes, and what every plan must ask at least.
//!
//! It goes with what was promoted. A change is judged by the people and the floor of what ran before
//! it, so that nobody lowers by a commit what that very commit has to pass.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{People, Signed};
use crate::resolve::rollout::{Rollout, Stage};
use crate::spec::gate::Gate;
use crate::spec::overriding::OverrideFloor;

/// Who may say yes, and what every plan must ask at least.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Authority {
    /// Who is who.
    pub people: People,
    /// What the fleet and the desk ask of every plan of its mode and class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub floor: Vec<Gate>,
    /// What overriding takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<OverrideFloor>,
    /// The files and folders whose changes have to be signed.
    #[serde(default, skip_serializing_if = "Signed::is_empty")]
    pub signed: Signed,
}

/// Something that a change would let through and that was held before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loosened(pub String);

impl fmt::Display for Loosened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Authority {
    /// What another authority, with its plan, would let through that this one, with its own, holds.
    pub fn loosened(&self, plan: &Rollout, next: Option<(&Self, &Rollout)>) -> Vec<Loosened> {
        let Some((authority, rollout)) = next else {
            return vec![Loosened("nobody would have to approve any more".to_owned())];
        };
        let people = self.people.loosened(&authority.people);
        let people = people.into_iter().map(|it| format!("`people`: {it}"));
        let floor = (self.floor.iter())
            .filter(|gate| !authority.floor.iter().any(|it| it.is_at_least(gate)))
            .map(|gate| format!("the floor asks no more for {gate}"));
        let signed = self.signed.loosened(&authority.signed);
        let overrides = (self.overrides.iter())
            .filter(|floor| !authority.overrides.iter().any(|it| it.is_at_least(floor)))
            .map(|floor| format!("overriding takes no more {floor}"));
        let texts = people
            .chain(floor)
            .chain(overrides)
            .chain(signed)
            .chain(rollout_loosened(plan, rollout));
        texts.map(Loosened).collect()
    }
}

fn rollout_loosened(before: &Rollout, after: &Rollout) -> Vec<String> {
    let mut texts = Vec::new();
    for asked in &before.approve {
        if !after.approve.iter().any(|it| it.is_at_least(asked)) {
            texts.push(format!("it would begin without {asked}"));
        }
    }
    for stage in &before.stages {
        let gates = stage
            .gates
            .iter()
            .filter(|gate| !is_kept(gate, stage, after));
        texts.extend(gates.map(|gate| format!("stage `{}` loses {gate}", stage.name)));
    }
    if let Some(window) = before
        .window
        .as_ref()
        .filter(|it| after.window.as_ref() != Some(it))
    {
        texts.push(format!("the window `{window}` is another"));
    }
    texts
}

/// Whether a gate of a stage is asked for as before: there, or, for an approval, before it begins.
fn is_kept(gate: &Gate, stage: &Stage, after: &Rollout) -> bool {
    let same = after.stages.iter().filter(|it| it.name == stage.name);
    let mut gates = same.flat_map(|it| &it.gates);
    gates.any(|it| it.is_at_least(gate)) || after.begins_with(gate)
}
