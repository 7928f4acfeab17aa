//! Spans of time that a stage has to stand.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::spec::calendar::CalendarName;
use crate::spec::measure::Duration;

/// How long a stage has to stand: on the wall's clock, or while a market is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bake {
    /// `10m`: from when the stage was seen in place.
    Wall(Duration),
    /// `{open: 2h, of: XNYS}`: only the time in which the calendar's market is open counts.
    Open(OpenBake),
}

/// Time in which a market is open.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenBake {
    /// How much of it.
    pub open: Duration,
    /// The calendar.
    pub of: CalendarName,
}

impl fmt::Display for Bake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wall(span) => write!(f, "{span}"),
            Self::Open(OpenBake { open, of }) => write!(f, "{open} of open {of}"),
        }
    }
}

impl Serialize for Bake {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Wall(span) => span.serialize(serializer),
            Self::Open(open) => open.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Bake {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BakeVisitor)
    }
}

struct BakeVisitor;

impl<'de> Visitor<'de> for BakeVisitor {
    type Value = Bake;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a span of time such as `10m`, or `{open: 2h, of: XNYS}`")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Bake, E> {
        text.parse().map(Bake::Wall).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Bake, A::Error> {
        OpenBake::deserialize(MapAccessDeserializer::new(map)).map(Bake::Open)
    }
}

impl JsonSchema for Bake {
    fn schema_name() -> Cow<'static, str> {
        "Bake".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut span = generator.subschema_for::<Duration>();
        span.insert("description".to_owned(), "How much of it.".into());
        let mut calendar = generator.subschema_for::<CalendarName>();
        calendar.insert(
            "description".to_owned(),
            "The calendar, such as `XNYS`.".into(),
        );
        json_schema!({
            "type": ["string", "object"],
            "format": "duration",
            "properties": {
                "open": span,
                "of": calendar,
            },
            "required": ["open", "of"],
            "additionalProperties": false,
            "description": "A span of time such as `10m`, or `{open: 2h, of: XNYS}` for time in which a market is open.",
        })
    }
}
