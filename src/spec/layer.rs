//! Blocks that hold a part of a strategy: a mode's differences, and defaults.
//!
//! They have the very fields of a strategy, so their schema is cut out of its.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::strategy::StrategySpec;

/// What differs in a mode.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Overlay(pub Map<String, Value>);

/// What strategies do unless they say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Defaults(pub Map<String, Value>);

/// The fields that say what a strategy is, which no mode changes.
const NOT_BY_MODE: &[&str] = &[
    "class",
    "mode",
    "modes",
    "engine",
    "cluster",
    "run",
    "matrix",
    "after",
    "renamedFrom",
    "rollout",
];

/// The fields that make sense for many strategies at once.
const BY_DEFAULT: &[&str] = &[
    "cluster",
    "engine",
    "env",
    "resources",
    "placement",
    "network",
    "onStop",
    "onControlLoss",
];

impl JsonSchema for Overlay {
    fn schema_name() -> Cow<'static, str> {
        "Overlay".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        cut(generator, |field| !NOT_BY_MODE.contains(&field))
    }
}

impl JsonSchema for Defaults {
    fn schema_name() -> Cow<'static, str> {
        "Defaults".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        cut(generator, |field| BY_DEFAULT.contains(&field))
    }
}

fn cut(generator: &mut SchemaGenerator, keep: impl Fn(&str) -> bool) -> Schema {
    let whole = StrategySpec::json_schema(generator);
    let properties: Map<String, Value> = whole
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(field, _)| keep(field))
        .map(|(field, schema)| (field.clone(), schema.clone()))
        .collect();
    json_schema!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}
