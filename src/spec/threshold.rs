//! Numbers that something measured is held against.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number, written `0.5`, `1%` or `50ms`. Spans of time are seconds, as in Prometheus.
///
/// It is kept as it was written, so that it is read back to the very same number.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    value: f64,
    text: String,
}

/// Why a text is no threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a number to compare with: write one such as `0.5`, a share such as `1%`, or a span of time such as `50ms`, which counts in seconds"
)]
pub struct ParseThresholdError(String);

/// What may stand behind the number, and what it divides by.
const UNITS: [(&str, f64); 4] = [("%", 100.0), ("ms", 1e3), ("us", 1e6), ("s", 1.0)];

impl Threshold {
    /// None at all.
    pub fn zero() -> Self {
        Self {
            value: 0.0,
            text: "0".to_owned(),
        }
    }

    /// The number.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Whether it was written as a share, `5%`.
    pub fn is_share(&self) -> bool {
        self.text.ends_with('%')
    }
}

impl FromStr for Threshold {
    type Err = ParseThresholdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unit = UNITS.iter().find(|(unit, _)| text.ends_with(unit));
        let (number, divisor) = unit
            .and_then(|(unit, divisor)| Some((text.strip_suffix(unit)?, *divisor)))
            .unwrap_or((text, 1.0));
        let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E');
        let digits = number
            .bytes()
            .next_back()
            .is_some_and(|b| b.is_ascii_digit());
        let value = number.parse::<f64>().ok().map(|value| value / divisor);
        value
            .filter(|value| value.is_finite() && digits && number.bytes().all(plain))
            .map(|value| Self {
                value,
                text: text.to_owned(),
            })
            .ok_or_else(|| ParseThresholdError(text.to_owned()))
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A plain number stays a number, so that what is written is in the spec's own form.
impl Serialize for Threshold {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.text.parse::<i64>() {
            Ok(number) if number.to_string() == self.text => serializer.serialize_i64(number),
            _ => serializer.serialize_str(&self.text),
        }
    }
}

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ThresholdVisitor)
    }
}

struct ThresholdVisitor;

impl Visitor<'_> for ThresholdVisitor {
    type Value = Threshold;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number such as `0.5`, `1%` or `50ms`")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Threshold, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Threshold, E> {
        number.to_string().parse().map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Threshold, E> {
        number.to_string().parse().map_err(E::custom)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Threshold, E> {
        number.to_string().parse().map_err(E::custom)
    }
}

impl JsonSchema for Threshold {
    fn schema_name() -> Cow<'static, str> {
        "Threshold".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["number", "string"],
            "format": "threshold",
            "description": "A number such as `0.5`, a share such as `1%`, or a span of time such as `50ms`, which counts in seconds.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shares_and_spans_are_numbers() {
        for (text, value) in [
            ("0.5", 0.5),
            ("-3", -3.0),
            ("1e3", 1000.0),
            ("1%", 0.01),
            ("0.25%", 0.0025),
            ("50ms", 0.05),
            ("2s", 2.0),
            ("10us", 1e-5),
        ] {
            let threshold: Threshold = text.parse().unwrap();
            assert!((threshold.value() - value).abs() < 1e-15, "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "", "%", "a", "NaN", "inf", "1e999", "5 %", "1.", "1%%", "1msms", "5m",
        ] {
            let error = text.parse::<Threshold>().unwrap_err().to_string();
            assert!(error.contains("is not a number to compare with"), "{text}");
        }
    }

    #[test]
    fn it_is_written_as_it_was_read() {
        for written in [json!("1%"), json!("50ms"), json!(3), json!("0.1")] {
            let threshold: Threshold = serde_json::from_value(written.clone()).unwrap();
            assert_eq!(serde_json::to_value(&threshold).unwrap(), written);
        }
        let read: Threshold = serde_json::from_value(json!(0.1)).unwrap();
        let again: Threshold =
            serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
        assert_eq!(read, again);
    }
}
