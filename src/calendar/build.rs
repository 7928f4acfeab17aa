//! From a document to a calendar: one of its own, or a built-in one corrected.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::expand::at_clock;
use super::set::{Interval, Nanos, nanos};
use super::window::clock_of;
use super::{Calendar, DayRule, Origin, Phase, WeekRule};
use crate::source::RepoPath;
use crate::spec::calendar::{
    CalendarName, CalendarSpec, ClockRange, DaySpec, Hours, SessionKind, WeekSpec, Weekdays,
};
use crate::spec::clock::{Day, Instant, ZoneName};

/// Why a document is no calendar, with the JSON pointer of its `spec` where it says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// It has no zone, and there is nothing to correct.
    #[error(
        "there is no built-in calendar `{0}` to correct, and this one has no `zone` of its own"
    )]
    NothingToCorrect(CalendarName),
    /// It does not say which days it knows.
    #[error("a calendar of its own says which days it knows, but `{0}` is missing")]
    NoValidity(&'static str),
    /// It ends before it begins.
    #[error("`{to}` is not behind `{from}`")]
    Backwards {
        /// The JSON pointer of the end.
        pointer: String,
        /// The beginning.
        from: String,
        /// The end.
        to: String,
    },
    /// A day is said twice.
    #[error("`{date}` is here a second time: a day is a holiday or has hours, once")]
    Twice {
        /// The JSON pointer of the second time.
        pointer: String,
        /// The day.
        date: Date,
    },
}

impl CalendarError {
    /// The JSON pointer into the document's `spec` of what is wrong.
    pub fn pointer(&self) -> &str {
        match self {
            Self::NothingToCorrect(_) | Self::NoValidity(_) => "",
            Self::Backwards { pointer, .. } | Self::Twice { pointer, .. } => pointer,
        }
    }

    /// What to do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NothingToCorrect(_) => {
                "correct the name, or add `zone`, `validFrom`, `validTo` and `week`"
            }
            Self::NoValidity(_) => {
                "add `validFrom` and `validTo`: outside of them it is unknown what holds, and windows stay closed"
            }
            Self::Backwards { .. } => "exchange the two, or correct one of them",
            Self::Twice { .. } => "remove one of them",
        }
    }
}

impl Calendar {
    /// The calendar of a document; `base` is the built-in one of its name. An error leaves nothing
    /// half done.
    pub(super) fn settle(
        name: &CalendarName,
        spec: &CalendarSpec,
        file: Option<&RepoPath>,
        base: Option<&Self>,
    ) -> Result<Self, CalendarError> {
        check(spec)?;
        let origin = Origin {
            text: spec.source.clone().unwrap_or_else(|| match file {
                Some(_) => "the fleet's own document".to_owned(),
                None => "the trading week of the venue".to_owned(),
            }),
            generated_at: spec.generated_at.map(|Day(date)| date),
            file: file.cloned(),
        };
        let mut calendar = match (&spec.zone, base) {
            (Some(zone), _) => Self::empty(name, spec, zone)?,
            (None, Some(base)) => base.clone(),
            (None, None) => return Err(CalendarError::NothingToCorrect(name.clone())),
        };
        calendar.sources.push(origin);
        calendar.lay_over(spec);
        Ok(calendar)
    }

    fn empty(
        name: &CalendarName,
        spec: &CalendarSpec,
        zone: &ZoneName,
    ) -> Result<Self, CalendarError> {
        let missing = CalendarError::NoValidity;
        let Day(from) = spec.valid_from.ok_or(missing("validFrom"))?;
        let Day(to) = spec.valid_to.ok_or(missing("validTo"))?;
        Ok(Self {
            name: name.clone(),
            zone: zone.clone(),
            valid: (from, to),
            sources: Vec::new(),
            clock: clock_of(zone),
            known: Interval::new(0, 0),
            week: Vec::new(),
            days: BTreeMap::new(),
            sessions: Vec::new(),
            weekly_maintenance: Vec::new(),
            maintenance: Vec::new(),
        })
    }

    /// Lets what a document says count instead of what is there.
    fn lay_over(&mut self, spec: &CalendarSpec) {
        let (first, last) = self.valid;
        self.valid = (
            spec.valid_from.map_or(first, |Day(date)| date),
            spec.valid_to.map_or(last, |Day(date)| date),
        );
        self.week.extend(spec.week.iter().map(week_rule));
        let holidays = spec.holidays.iter();
        self.days
            .extend(holidays.map(|Day(date)| (*date, DayRule::default())));
        self.days.extend(spec.days.iter().map(day_rule));
        let sessions = spec.sessions.iter();
        self.sessions.extend(
            sessions.map(|session| (phase(session.kind), between(session.from, session.to))),
        );
        let MaintenanceParts { weekly, once } = MaintenanceParts::of(spec);
        self.weekly_maintenance.extend(weekly);
        self.maintenance.extend(once);
        self.known = self.knowledge();
    }

    /// The instants that the known days speak for. A session of the day after the last one could
    /// begin before its midnight, and one of the day before the first could end behind it.
    fn knowledge(&self) -> Interval {
        let (first, last) = self.valid;
        let rules = self.week.iter().map(|rule| &rule.day);
        let rules = rules.chain(self.days.values());
        let hours = rules.flat_map(|day| [&day.regular, &day.pre, &day.post]);
        let ranges: Vec<ClockRange> = hours
            .flatten()
            .flat_map(|hours| hours.ranges().iter().copied())
            .collect();
        let early = ranges
            .iter()
            .map(|range| range.from)
            .min()
            .unwrap_or(0)
            .min(0);
        let late = ranges
            .iter()
            .map(|range| range.to - DAY)
            .max()
            .unwrap_or(0)
            .max(0);
        let from = at_clock(&self.clock, first, late).unwrap_or(Nanos::MIN);
        let to = at_clock(&self.clock, last, DAY + early).unwrap_or(Nanos::MAX);
        Interval::new(from, to)
    }
}

const DAY: i32 = 86_400;

struct MaintenanceParts {
    weekly: Vec<(Weekdays, Hours)>,
    once: Vec<Interval>,
}

impl MaintenanceParts {
    fn of(spec: &CalendarSpec) -> Self {
        let weekly = spec.maintenance.weekly.iter();
        let once = spec.maintenance.once.iter();
        Self {
            weekly: weekly.map(|it| (it.days, it.at.clone())).collect(),
            once: once.map(|it| between(it.from, it.to)).collect(),
        }
    }
}

fn check(spec: &CalendarSpec) -> Result<(), CalendarError> {
    let day = |Day(date): Day| date.to_string();
    let backwards =
        |pointer: String, from: String, to: String| CalendarError::Backwards { pointer, from, to };
    if let (Some(from), Some(to)) = (spec.valid_from, spec.valid_to)
        && from > to
    {
        return Err(backwards("/validTo".to_owned(), day(from), day(to)));
    }
    for (index, week) in spec.week.iter().enumerate() {
        if let (Some(from), Some(to)) = (week.from, week.until)
            && from > to
        {
            let pointer = format!("/week/{index}/until");
            return Err(backwards(pointer, day(from), day(to)));
        }
    }
    let once = spec.maintenance.once.iter().map(|it| (it.from, it.to));
    let sessions = spec.sessions.iter().map(|it| (it.from, it.to));
    for (list, stretches) in [
        ("maintenance/once", once.collect::<Vec<_>>()),
        ("sessions", sessions.collect()),
    ] {
        for (index, (Instant(from), Instant(to))) in stretches.into_iter().enumerate() {
            if from >= to {
                let pointer = format!("/{list}/{index}/to");
                return Err(backwards(pointer, from.to_string(), to.to_string()));
            }
        }
    }
    once_each(spec)
}

fn once_each(spec: &CalendarSpec) -> Result<(), CalendarError> {
    let holidays = spec.holidays.iter().enumerate();
    let holidays = holidays.map(|(index, Day(date))| (*date, format!("/holidays/{index}")));
    let days = spec.days.iter().enumerate();
    let days = days.map(|(index, day)| (day.date.0, format!("/days/{index}/date")));
    let mut seen = BTreeSet::new();
    for (date, pointer) in holidays.chain(days) {
        if !seen.insert(date) {
            return Err(CalendarError::Twice { pointer, date });
        }
    }
    Ok(())
}

fn week_rule(spec: &WeekSpec) -> WeekRule {
    WeekRule {
        days: spec.days,
        from: spec.from.map_or(Date::MIN, |Day(date)| date),
        until: spec.until.map_or(Date::MAX, |Day(date)| date),
        day: DayRule {
            regular: spec.regular.clone(),
            pre: spec.pre.clone(),
            post: spec.post.clone(),
        },
    }
}

fn day_rule(spec: &DaySpec) -> (Date, DayRule) {
    let rule = DayRule {
        regular: spec.regular.clone(),
        pre: spec.pre.clone(),
        post: spec.post.clone(),
    };
    (spec.date.0, rule)
}

fn between(Instant(from): Instant, Instant(to): Instant) -> Interval {
    Interval::new(nanos(from), nanos(to))
}

fn phase(kind: SessionKind) -> Phase {
    match kind {
        SessionKind::Regular => Phase::Regular,
        SessionKind::Pre => Phase::Pre,
        SessionKind::Post => Phase::Post,
        SessionKind::Break => Phase::Break,
    }
}
