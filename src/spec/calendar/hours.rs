//! Hours of a day and days of a week, as texts.

use std::str::FromStr;

use jiff::civil::Weekday;
use serde::Deserialize;

use crate::spec::text::text_type;
use crate::spec::window::{clock_time, weekday};

/// Stretches of a day by the clock on the wall, such as `09:00-11:30, 12:30-15:30`.
///
/// The first may begin on the day before (`17:00-16:00`), the last may end on the day after
/// (`16:00-26:00`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Hours(Vec<ClockRange>);

text_type!(
    Hours,
    "hours",
    "Hours of a day, such as `09:30-16:00` or `09:00-11:30, 12:30-15:30`; `17:00-16:00` begins on the day before, `16:00-26:00` ends on the day after."
);

/// A stretch of a day, in seconds from its midnight; it can begin before and end behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockRange {
    /// Its beginning.
    pub from: i32,
    /// Its end, which is later.
    pub to: i32,
}

/// Why a text is no hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseHoursError {
    /// It has not the form.
    #[error("`{0}` is not a stretch of a day: write `09:30-16:00`, or `09:30:00-16:00:00`")]
    Form(String),
    /// Its stretches are not one after the other.
    #[error("`{0}` begins before the stretch before it ends")]
    Order(String),
}

const DAY: i32 = 86_400;

/// The latest end, on the day after.
const LAST_HOUR: u32 = 48;

impl Hours {
    /// The stretches, in their order.
    pub fn ranges(&self) -> &[ClockRange] {
        &self.0
    }
}

impl FromStr for Hours {
    type Err = ParseHoursError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut ranges: Vec<ClockRange> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let mut range = range(part).ok_or_else(|| ParseHoursError::Form(part.to_owned()))?;
            if range.from >= range.to {
                range.from -= DAY;
            }
            if ranges.last().is_some_and(|before| before.to > range.from) {
                return Err(ParseHoursError::Order(part.to_owned()));
            }
            ranges.push(range);
        }
        Ok(Self(ranges))
    }
}

fn range(part: &str) -> Option<ClockRange> {
    let (from, to) = part.split_once('-')?;
    let seconds = |text: &str| i32::try_from(clock_time(text.trim(), LAST_HOUR)?).ok();
    Some(ClockRange {
        from: seconds(from)?,
        to: seconds(to)?,
    })
}

/// Days of the week, such as `Mon-Fri` or `Mon, Wed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Weekdays([bool; 7]);

text_type!(
    Weekdays,
    "weekdays",
    "Days of the week, such as `Mon-Fri` or `Mon, Wed`."
);

/// Why a text is no days of the week.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day of the week: write `Mon`, `Mon-Fri` or `Mon, Wed`")]
pub struct ParseWeekdaysError(String);

impl Weekdays {
    /// Whether a day is among them.
    pub fn contains(self, day: Weekday) -> bool {
        self.0.get(offset(day)).copied().unwrap_or(false)
    }
}

fn offset(day: Weekday) -> usize {
    usize::from(day.to_monday_zero_offset().unsigned_abs())
}

impl FromStr for Weekdays {
    type Err = ParseWeekdaysError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut taken = [false; 7];
        for part in text.split(',').map(str::trim) {
            let fail = || ParseWeekdaysError(part.to_owned());
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let first = weekday(first.trim()).ok_or_else(fail)?;
            let last = weekday(last.trim()).ok_or_else(fail)?;
            let (first, last) = (offset(first), offset(last));
            let length = (last + 7 - first) % 7;
            for step in 0..=length {
                if let Some(day) = taken.get_mut((first + step) % 7) {
                    *day = true;
                }
            }
        }
        Ok(Self(taken))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(text: &str) -> Vec<(i32, i32)> {
        let hours: Hours = text.parse().unwrap();
        hours.ranges().iter().map(|it| (it.from, it.to)).collect()
    }

    #[test]
    fn hours_are_seconds_from_midnight() {
        assert_eq!(ranges("09:30-16:00"), [(34_200, 57_600)]);
        assert_eq!(
            ranges("09:00-11:30, 12:30-15:30"),
            [(32_400, 41_400), (45_000, 55_800)]
        );
        assert_eq!(ranges("17:00-16:00"), [(-25_200, 57_600)]);
        assert_eq!(ranges("16:00-26:00"), [(57_600, 93_600)]);
        assert_eq!(ranges("00:00-24:00"), [(0, 86_400)]);
        assert_eq!(ranges("10:00:01-10:00:05"), [(36_001, 36_005)]);
        for (text, reason) in [
            ("", "is not a stretch of a day"),
            ("9:30-16:00", "is not a stretch of a day"),
            ("09:30", "is not a stretch of a day"),
            ("09:60-16:00", "is not a stretch of a day"),
            ("09:00-49:00", "is not a stretch of a day"),
            ("09:00-12:00, 11:00-15:00", "begins before"),
        ] {
            let error = text.parse::<Hours>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn weekdays_are_lists_of_ranges() {
        for (text, days) in [
            ("Mon-Fri", "1111100"),
            ("Mon, Wed", "1010000"),
            ("Sat-Mon", "1000011"),
            ("Mon-Sun", "1111111"),
            ("Sun", "0000001"),
        ] {
            let taken: Weekdays = text.parse().unwrap();
            let week = Weekday::Monday.cycle_forward().take(7);
            let found: String = week
                .map(|day| if taken.contains(day) { '1' } else { '0' })
                .collect();
            assert_eq!(found, days, "{text}");
        }
        for text in ["", "mon", "Monday", "Mon-", "Mon;Tue"] {
            assert!(text.parse::<Weekdays>().is_err(), "{text}");
        }
    }
}
