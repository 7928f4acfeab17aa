//! A preview for programs.

use serde_json::{Value, json};

use super::{Preview, Row};
use crate::compile::UnitId;
use crate::diagnostic;
use crate::diff::mask::Masked;
use crate::diff::render;
use crate::rollout::words;

/// A versioned document: units, their facts, and the objects and paths that change; the findings
/// that are new or errors, and the number of the others.
pub fn json(preview: &Preview) -> Value {
    let units: Vec<Value> = preview.rows.iter().map(unit).collect();
    json!({
        "version": 1,
        "unchanged": preview.unchanged,
        "units": units,
        "findings": diagnostic::render::json(&preview.news.findings)["findings"],
        "knownFindings": preview.news.known,
    })
}

fn unit(row: &Row) -> Value {
    let (kind, name) = match &row.unit {
        UnitId::Desk(name) => ("desk", name.as_str()),
        UnitId::Strategy(name) => ("strategy", name.as_str()),
    };
    json!({
        "kind": kind,
        "name": name,
        "desk": row.desk,
        "class": row.class,
        "mode": row.mode,
        "change": row.change.as_str(),
        "cause": row.cause.as_str(),
        "facts": row.facts,
        "consequence": row.consequence,
        "stages": stages(row),
        "objects": render::json(&Masked::of(&row.objects))["objects"],
        "kept": row.kept,
    })
}

/// The stages that its change comes through.
fn stages(row: &Row) -> Value {
    let Some(rollout) = &row.rollout else {
        return json!([]);
    };
    let stages = rollout.stages.iter().map(|stage| {
        json!({
            "name": stage.name,
            "exposure": stage.exposure,
            "gives": words::exposure(&stage.exposure, rollout),
            "gates": stage.gates,
            "leftWhen": stage.gates.iter().map(words::gate).collect::<Vec<_>>(),
        })
    });
    stages.collect()
}
