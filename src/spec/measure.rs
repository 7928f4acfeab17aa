//! Spans of time, percentages and counts.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};

use super::text::{text_type, written_as_displayed};

/// A span of time in whole seconds, written `30s`, `5m`, `2h` or `7d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Duration {
    seconds: u32,
}

text_type!(
    Duration,
    "duration",
    "A span of time, such as `30s`, `5m`, `2h` or `7d`."
);

written_as_displayed!(Duration, Percent);

/// The largest unit in which it is a whole number.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86_400, 'd'), (3600, 'h'), (60, 'm')];
        let fits = |(size, _): &(u32, char)| self.seconds > 0 && self.seconds.is_multiple_of(*size);
        let (size, unit) = units.into_iter().find(fits).unwrap_or((1, 's'));
        write!(f, "{}{unit}", self.seconds / size)
    }
}

/// Why a text is no span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a span of time: write a whole number and one of `s`, `m`, `h`, `d`, such as `30s`"
)]
pub struct ParseDurationError(String);

impl Duration {
    /// A span of so many seconds.
    pub const fn from_seconds(seconds: u32) -> Self {
        Self { seconds }
    }

    /// The span in seconds.
    pub const fn seconds(self) -> u32 {
        self.seconds
    }
}

impl FromStr for Duration {
    type Err = ParseDurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let number = text.get(..text.len().checked_sub(1)?)?;
            let unit = match text.bytes().next_back()? {
                b's' => 1,
                b'm' => 60,
                b'h' => 3600,
                b'd' => 86_400,
                _ => return None,
            };
            let digits = number.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| number.parse::<u32>().ok()?.checked_mul(unit))?
        };
        let seconds = parse().ok_or_else(|| ParseDurationError(text.to_owned()))?;
        Ok(Self { seconds })
    }
}

/// A percentage, written `5%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Percent {
    parts_per_million: u32,
}

text_type!(Percent, "percent", "A percentage, such as `5%` or `0.25%`.");

/// Without the decimals that say nothing.
impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (
            self.parts_per_million / 10_000,
            self.parts_per_million % 10_000,
        );
        let digits = format!("{fraction:04}");
        match digits.trim_end_matches('0') {
            "" => write!(f, "{whole}%"),
            decimals => write!(f, "{whole}.{decimals}%"),
        }
    }
}

/// Why a text is no percentage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a percentage: write a number with at most four decimals and `%`, such as `5%` or `0.25%`"
)]
pub struct ParsePercentError(String);

impl Percent {
    /// The whole.
    pub const WHOLE: Self = Self {
        parts_per_million: 1_000_000,
    };

    /// So many millionths of the whole.
    pub const fn from_parts_per_million(parts_per_million: u32) -> Self {
        Self { parts_per_million }
    }

    /// The percentage in millionths of the whole.
    pub const fn parts_per_million(self) -> u32 {
        self.parts_per_million
    }

    /// How many that is of so many, rounded up.
    pub fn of(self, whole: u32) -> u32 {
        let parts = u64::from(whole) * u64::from(self.parts_per_million);
        u32::try_from(parts.div_ceil(1_000_000)).unwrap_or(u32::MAX)
    }
}

impl FromStr for Percent {
    type Err = ParsePercentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let number = text.strip_suffix('%')?;
            let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
            let digits = whole.bytes().chain(fraction.bytes());
            let fits = !whole.is_empty() && fraction.len() <= 4;
            (fits && digits.clone().all(|b| b.is_ascii_digit()))
                .then(|| format!("{whole}{fraction:0<4}").parse().ok())?
        };
        let parts_per_million = parse().ok_or_else(|| ParsePercentError(text.to_owned()))?;
        Ok(Self { parts_per_million })
    }
}

/// So many of something, or such a share of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Amount {
    /// So many.
    Count(u32),
    /// Such a share.
    Share(Percent),
}

impl Amount {
    /// How many that is of so many, rounded up.
    pub fn of(self, whole: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Share(share) => share.of(whole),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Share(share) => write!(f, "{share}"),
        }
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "format": "share",
            "minimum": 0,
            "maximum": 1000,
            "description": "A number such as `2`, or a share such as `50%`.",
        })
    }
}

/// A number of things, written `500` or `20k`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u64);

/// Why a text is no count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a count: write a whole number, with `k`, `M` or `B` if you like, as `20k`")]
pub struct ParseCountError(String);

impl FromStr for Count {
    type Err = ParseCountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, factor) = match text.bytes().next_back() {
            Some(b'k') => (text.trim_end_matches('k'), 1_000),
            Some(b'M') => (text.trim_end_matches('M'), 1_000_000),
            Some(b'B') => (text.trim_end_matches('B'), 1_000_000_000),
            _ => (text, 1),
        };
        let fail = || ParseCountError(text.to_owned());
        let number: u64 = number.parse().map_err(|_| fail())?;
        number.checked_mul(factor).map(Self).ok_or_else(fail)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

struct CountVisitor;

impl Visitor<'_> for CountVisitor {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a count such as `500` or `20k`")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Count, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Count, E> {
        Ok(Count(number))
    }
}

impl JsonSchema for Count {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "integer"],
            "format": "count",
            "minimum": 0,
            "description": "A count, such as `500` or `20k`.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_seconds() {
        for (text, seconds) in [("30s", 30), ("5m", 300), ("2h", 7200), ("7d", 604_800)] {
            assert_eq!(text.parse::<Duration>().unwrap().seconds(), seconds);
        }
        for (text, shown) in [("90s", "90s"), ("120s", "2m"), ("48h", "2d"), ("0s", "0s")] {
            assert_eq!(text.parse::<Duration>().unwrap().to_string(), shown);
        }
        for text in [
            "",
            "s",
            "30",
            "1.5h",
            "-5s",
            "1w",
            "5 m",
            "99999999d",
            "+5s",
        ] {
            let error = text.parse::<Duration>().unwrap_err().to_string();
            assert!(error.contains("is not a span of time"), "{text}: {error}");
        }
    }

    #[test]
    fn percentages_are_exact() {
        for (text, parts) in [("5%", 50_000), ("0.25%", 2_500), ("100%", 1_000_000)] {
            let percent: Percent = text.parse().unwrap();
            assert_eq!(percent.parts_per_million(), parts);
        }
        for text in ["5%", "0.25%", "100%", "33.3333%", "0%"] {
            assert_eq!(text.parse::<Percent>().unwrap().to_string(), text);
        }
        for text in ["5", "%", "-5%", "0.00001%", "a%", ".5%"] {
            let error = text.parse::<Percent>().unwrap_err().to_string();
            assert!(error.contains("is not a percentage"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_displayed_is_read_back() {
        for text in ["0s", "30s", "5m", "90m", "2h", "7d"] {
            assert_eq!(text.parse::<Duration>().unwrap().to_string(), text);
        }
        assert_eq!("120m".parse::<Duration>().unwrap().to_string(), "2h");
        for text in ["0%", "5%", "0.25%", "100%", "0.0001%"] {
            assert_eq!(text.parse::<Percent>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn counts_may_have_a_suffix() {
        for (text, count) in [("500", 500), ("20k", 20_000), ("3M", 3_000_000)] {
            assert_eq!(text.parse::<Count>().unwrap(), Count(count));
        }
        for text in ["", "k", "1.5k", "-1", "20K"] {
            assert!(text.parse::<Count>().is_err(), "{text}");
        }
    }
}
