//! Time zones and instants.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZoneDatabase;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use super::text::{text_type, written_as_displayed};

/// An IANA time zone. Looked up in the table that is part of the binary, so that no machine's own
/// table decides what is a zone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ZoneName(String);

text_type!(
    ZoneName,
    "time-zone",
    "An IANA time zone, such as `America/New_York` or `Etc/UTC`."
);

/// Why a text is no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseZoneError {
    /// Nobody knows it.
    #[error("`{0}` is not an IANA time zone: write one such as `America/New_York` or `Etc/UTC`")]
    Unknown(String),
    /// It is known in other letters, and Kubernetes minds.
    #[error("`{text}` is not how the time zone is written: write `{name}`")]
    Spelling {
        /// The text.
        text: String,
        /// How it is written.
        name: String,
    },
}

impl ZoneName {
    /// The zone's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ZoneName {
    type Err = ParseZoneError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || ParseZoneError::Unknown(text.to_owned());
        let zone = TimeZoneDatabase::bundled()
            .get(text)
            .map_err(|_| unknown())?;
        match zone.iana_name() {
            Some(name) if name == text => Ok(Self(text.to_owned())),
            Some(name) => Err(ParseZoneError::Spelling {
                text: text.to_owned(),
                name: name.to_owned(),
            }),
            None => Err(unknown()),
        }
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An instant before which something counts. A date counts until its end in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Until(pub Timestamp);

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

written_as_displayed!(Until);

text_type!(
    Until,
    "until",
    "A date, which counts until its end in UTC, or an instant such as `2026-12-31T16:00:00Z`."
);

/// Why a text is no date or instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is neither a date nor an instant: write for example `2026-12-31` or `2026-12-31T16:00:00Z`"
)]
pub struct ParseUntilError(String);

impl FromStr for Until {
    type Err = ParseUntilError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let end_of = |date: Date| {
            let next = date.checked_add(1.day()).ok()?;
            let midnight = next.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            Some(midnight.timestamp())
        };
        let parsed = if text.len() == "2026-12-31".len() {
            text.parse().ok().and_then(end_of)
        } else {
            text.parse().ok()
        };
        parsed
            .map(Self)
            .ok_or_else(|| ParseUntilError(text.to_owned()))
    }
}

/// A day of the civil calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Day(pub Date);

text_type!(Day, "date", "A date, such as `2026-12-31`.");

/// Why a text is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a date: write for example `2026-12-31`")]
pub struct ParseDayError(String);

impl FromStr for Day {
    type Err = ParseDayError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text
            .parse()
            .ok()
            .filter(|date: &Date| date.to_string() == text);
        parsed
            .map(Self)
            .ok_or_else(|| ParseDayError(text.to_owned()))
    }
}

/// An instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Instant(pub Timestamp);

text_type!(
    Instant,
    "instant",
    "An instant, such as `2026-12-31T16:00:00Z`."
);

/// Why a text is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an instant: write for example `2026-12-31T16:00:00Z`")]
pub struct ParseInstantError(String);

impl FromStr for Instant {
    type Err = ParseInstantError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.parse().map(Self);
        parsed.map_err(|_| ParseInstantError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_written_as_iana_does() {
        for text in ["America/New_York", "Etc/UTC", "UTC", "Asia/Tokyo"] {
            assert_eq!(text.parse::<ZoneName>().unwrap().as_str(), text);
        }
        for (text, reason) in [
            ("America/NewYork", "is not an IANA time zone"),
            ("", "is not an IANA time zone"),
            ("asia/tokyo", "write `Asia/Tokyo`"),
        ] {
            let error = text.parse::<ZoneName>().unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_date_counts_until_its_end() {
        for (text, instant) in [
            ("2026-12-31", "2027-01-01T00:00:00Z"),
            ("2026-12-31T16:00:00Z", "2026-12-31T16:00:00Z"),
            ("2026-12-31T16:00:00+01:00", "2026-12-31T15:00:00Z"),
        ] {
            assert_eq!(text.parse::<Until>().unwrap().0.to_string(), instant);
        }
        for text in ["", "2026-02-30", "tomorrow", "2026-12-31T16:00"] {
            assert!(text.parse::<Until>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_and_instants_have_one_form() {
        assert_eq!(
            "2026-02-28".parse::<Day>().unwrap().0.to_string(),
            "2026-02-28"
        );
        for text in [
            "",
            "2026-02-29",
            "20260228",
            "2026-02-28T00:00:00",
            "2026-2-28",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
        let instant: Instant = "2026-12-31T16:00:00+01:00".parse().unwrap();
        assert_eq!(instant.0.to_string(), "2026-12-31T15:00:00Z");
        for text in ["", "2026-12-31", "2026-12-31T16:00:00"] {
            assert!(text.parse::<Instant>().is_err(), "{text}");
        }
    }
}
