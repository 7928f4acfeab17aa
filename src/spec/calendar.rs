//! `kind: Calendar`: when a venue trades.
//!
//! A calendar with a `zone` stands for itself, and takes the place of a built-in one of its name.
//! One without corrects the built-in one: what it says about a day, or about a day of the week,
//! counts instead.

mod hours;
mod name;

pub use hours::{ClockRange, Hours, ParseHoursError, ParseWeekdaysError, Weekdays};
pub use name::{CalendarName, ParseCalendarError};

use schemars::JsonSchema;
use serde::Deserialize;

use super::clock::{Day, Instant, ZoneName};
use super::document::Document;

/// The document of a calendar.
pub type CalendarDocument = Document<CalendarKind, CalendarName, CalendarSpec>;

/// The kind of a calendar's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum CalendarKind {
    /// When a venue trades.
    Calendar,
}

/// When a venue trades.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CalendarSpec {
    /// Whose clock its hours are on. Without it, the document corrects the built-in calendar of
    /// its name.
    pub zone: Option<ZoneName>,
    /// The first day it knows.
    pub valid_from: Option<Day>,
    /// The last day it knows. What is later counts as unknown, and that denies.
    pub valid_to: Option<Day>,
    /// Where it is from.
    pub source: Option<String>,
    /// When it was taken from there.
    pub generated_at: Option<Day>,
    /// What an ordinary week is like. Of several entries for a day, the last one counts.
    pub week: Vec<WeekSpec>,
    /// Days without any session.
    pub holidays: Vec<Day>,
    /// Days that are not like their day of the week: half days, late opens.
    pub days: Vec<DaySpec>,
    /// Single sessions by instants, besides everything else.
    pub sessions: Vec<SessionSpec>,
    /// When the venue's systems are being maintained, whether it trades meanwhile or not.
    pub maintenance: MaintenanceSpec,
}

/// What some days of the week are like.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WeekSpec {
    /// Which days of the week.
    pub days: Weekdays,
    /// The first day on which it is so.
    pub from: Option<Day>,
    /// The last day on which it is so.
    pub until: Option<Day>,
    /// The regular session; what is between its parts are breaks. Without it there is none.
    pub regular: Option<Hours>,
    /// Trading before it.
    pub pre: Option<Hours>,
    /// Trading after it.
    pub post: Option<Hours>,
}

/// What one day is like.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DaySpec {
    /// Which day.
    pub date: Day,
    /// The regular session; what is between its parts are breaks. Without it there is none.
    pub regular: Option<Hours>,
    /// Trading before it.
    pub pre: Option<Hours>,
    /// Trading after it.
    pub post: Option<Hours>,
}

/// A session by instants.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionSpec {
    /// Its beginning.
    pub from: Instant,
    /// Its end.
    pub to: Instant,
    /// What it is; `regular` unless said otherwise.
    #[serde(default)]
    pub kind: SessionKind,
}

/// What a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SessionKind {
    /// The regular session.
    #[default]
    Regular,
    /// Trading before it.
    Pre,
    /// Trading after it.
    Post,
    /// A break of it.
    Break,
}

/// When a venue's systems are being maintained.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MaintenanceSpec {
    /// Every week.
    pub weekly: Vec<WeeklyMaintenanceSpec>,
    /// Once.
    pub once: Vec<OnceSpec>,
}

/// Maintenance at the same time of some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WeeklyMaintenanceSpec {
    /// Which days of the week.
    pub days: Weekdays,
    /// When, by the calendar's clock.
    pub at: Hours,
}

/// From an instant until another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnceSpec {
    /// Its beginning.
    pub from: Instant,
    /// Its end.
    pub to: Instant,
}
