//! What gates call metrics.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::spec::text::{text_type, written_as_displayed};

/// The name of a metric, such as `rejectRatio`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct MetricName(String);

text_type!(
    MetricName,
    "metric-name",
    "The name of one of the `metrics` of the fleet, the desk or the engine, such as `rejectRatio`."
);
written_as_displayed!(MetricName);

/// Why a text is no metric's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the name of a metric: use letters, digits and `_`, beginning with a letter, at most 63, such as `rejectRatio`"
)]
pub struct ParseMetricNameError(String);

impl MetricName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MetricName {
    type Err = ParseMetricNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let first = text.bytes().next();
        let fits = first.is_some_and(|b| b.is_ascii_alphabetic())
            && text.bytes().all(word)
            && text.len() <= 63;
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseMetricNameError(text.to_owned()))
        }
    }
}

impl fmt::Display for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        for text in ["a", "rejectRatio", "p99_latency"] {
            assert_eq!(text.parse::<MetricName>().unwrap().as_str(), text);
        }
        for text in ["", "9a", "a-b", "a b", "a.b", "ä", &"a".repeat(64)] {
            assert!(text.parse::<MetricName>().is_err(), "{text}");
        }
    }
}
