//! When something runs: by cron, after the edge of a trading session, or while a window is open.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::clock::ZoneName;
use super::cron::Cron;
use super::edge::EdgeExpr;
use super::window::WindowExpr;

/// When something runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunSpec {
    /// `open(XNYS)`: as long as the window is open.
    While(WindowExpr),
    /// Again and again, to its end.
    At(RunAtSpec),
}

/// When a job runs: by `cron` and `timeZone`, or by a trading session.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunAtSpec {
    /// Five cron fields.
    pub cron: Option<Cron>,
    /// The time zone of the cron fields.
    pub time_zone: Option<ZoneName>,
    /// The session's edge after which it runs, such as `close(XNYS)+30m`.
    pub after: Option<EdgeExpr>,
    /// The session's edge before which it must be done, such as `open(XNYS)-60m`.
    pub finish_before: Option<EdgeExpr>,
    /// What happens to a run that is not done by then.
    pub on_late: Option<OnLate>,
}

/// What happens to a run that is not done when it should be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnLate {
    /// It goes on, and is told.
    #[default]
    Alert,
    /// It is ended.
    Stop,
}

impl<'de> Deserialize<'de> for RunSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RunVisitor)
    }
}

struct RunVisitor;

impl<'de> Visitor<'de> for RunVisitor {
    type Value = RunSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a window such as `open(XNYS)`, or `{cron: …, timeZone: …}`")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<RunSpec, E> {
        text.parse().map(RunSpec::While).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RunSpec, A::Error> {
        RunAtSpec::deserialize(MapAccessDeserializer::new(map)).map(RunSpec::At)
    }
}

impl JsonSchema for RunSpec {
    fn schema_name() -> Cow<'static, str> {
        "RunSpec".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = RunAtSpec::json_schema(generator);
        let changes = json_schema!({
            "type": ["string", "object"],
            "format": "window",
            "description": "When it runs: a window such as `open(XNYS)` for as long as that is open; \
                            for a job, `{cron: …, timeZone: …}`, or `{after: close(XNYS)+30m}`.",
        });
        if let Some(changes) = changes.as_object() {
            for (key, value) in changes {
                schema.insert(key.clone(), value.clone());
            }
        }
        schema
    }
}
