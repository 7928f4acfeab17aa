//! Cron schedules as the CronJob controller reads them: five fields, no macros.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::text::text_type;

/// Five cron fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cron(String);

text_type!(
    Cron,
    "cron",
    "Five cron fields: minute, hour, day of the month, month, day of the week; such as `0 2 * * 1-5`."
);

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseCronError {
    /// It has not five fields.
    #[error(
        "`{text}` has {count} cron fields instead of five: minute, hour, day of the month, month, day of the week"
    )]
    Fields {
        /// The text.
        text: String,
        /// How many it has.
        count: usize,
    },
    /// A field is wrong.
    #[error("`{part}` is not a cron {field}: use {min} to {max}, `*`, ranges, lists and `/` steps")]
    Field {
        /// What stands there.
        part: String,
        /// Which field.
        field: &'static str,
        /// The smallest value.
        min: u32,
        /// The largest value.
        max: u32,
    },
    /// It is a macro or brings its own zone.
    #[error("`{0}` is not five cron fields: write them out, and the zone as `timeZone`")]
    Macro(String),
}

struct Field {
    name: &'static str,
    min: u32,
    max: u32,
    words: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field {
        name: "minute",
        min: 0,
        max: 59,
        words: &[],
    },
    Field {
        name: "hour",
        min: 0,
        max: 23,
        words: &[],
    },
    Field {
        name: "day of the month",
        min: 1,
        max: 31,
        words: &[],
    },
    Field {
        name: "month",
        min: 1,
        max: 12,
        words: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    },
    Field {
        name: "day of the week",
        min: 0,
        max: 6,
        words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

impl Cron {
    /// The fields as text, one space between two.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Cron {
    type Err = ParseCronError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with('@') || text.contains('=') {
            return Err(ParseCronError::Macro(text.to_owned()));
        }
        let parts: Vec<&str> = text.split_whitespace().collect();
        if parts.len() != FIELDS.len() {
            return Err(ParseCronError::Fields {
                text: text.to_owned(),
                count: parts.len(),
            });
        }
        for (part, field) in parts.iter().zip(&FIELDS) {
            if !part.split(',').all(|item| field.takes(item)) {
                return Err(ParseCronError::Field {
                    part: (*part).to_owned(),
                    field: field.name,
                    min: field.min,
                    max: field.max,
                });
            }
        }
        Ok(Self(parts.join(" ")))
    }
}

impl Field {
    fn takes(&self, item: &str) -> bool {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)),
            None => (item, Some(1_u32)),
        };
        if step.is_none() {
            return false;
        }
        if matches!(range, "*" | "?") {
            return true;
        }
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        match (self.value(first), self.value(last)) {
            (Some(first), Some(last)) => first <= last,
            _ => false,
        }
    }

    fn value(&self, text: &str) -> Option<u32> {
        let word = self
            .words
            .iter()
            .position(|word| text.eq_ignore_ascii_case(word))
            .and_then(|index| u32::try_from(index).ok());
        match word {
            Some(index) => Some(self.min + index),
            None => text
                .parse()
                .ok()
                .filter(|value| (self.min..=self.max).contains(value)),
        }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_fields_are_accepted() {
        for text in [
            "0 2 * * 1-5",
            "*/15 0-6,20-23 1,15 JAN-mar mon",
            "30 18 ? * 0",
        ] {
            assert_eq!(text.parse::<Cron>().unwrap().as_str(), text);
        }
        assert_eq!(
            "0  2 * *   1".parse::<Cron>().unwrap().as_str(),
            "0 2 * * 1"
        );
    }

    #[test]
    fn other_texts_are_refused_with_the_field() {
        for (text, reason) in [
            ("0 2 * *", "has 4 cron fields instead of five"),
            ("", "has 0 cron fields"),
            ("@daily", "is not five cron fields"),
            ("TZ=UTC 0 2 * * *", "is not five cron fields"),
            ("60 2 * * *", "`60` is not a cron minute"),
            ("0 24 * * *", "`24` is not a cron hour"),
            ("0 2 0 * *", "`0` is not a cron day of the month"),
            ("0 2 * 13 *", "`13` is not a cron month"),
            ("0 2 * * 7", "`7` is not a cron day of the week: use 0 to 6"),
            ("5-1 2 * * *", "is not a cron minute"),
            ("*/0 2 * * *", "is not a cron minute"),
        ] {
            let error = text.parse::<Cron>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
