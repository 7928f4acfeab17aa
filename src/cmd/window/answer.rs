//! What a window says, for a person and for a program.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::calendar::{Calendar, Opening, State, Tables, Window, human_span, whole_second};
use crate::spec::measure::Duration;
use crate::spec::window::WindowExpr;

/// How many openings are listed.
const OPENINGS: usize = 3;

/// What a window is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// What is open or closed.
    pub(super) what: &'static str,
    /// The line above its openings.
    pub(super) when: &'static str,
    /// What is said when there are none.
    pub(super) never: &'static str,
}

/// What is known about a window at an instant.
pub(super) struct Answer<'a> {
    words: Words,
    at: Timestamp,
    window: &'a WindowExpr,
    within: Option<String>,
    state: State,
    openings: Vec<Opening>,
    calendars: Vec<&'a Calendar>,
}

impl<'a> Answer<'a> {
    pub(super) fn of(
        words: Words,
        expr: &'a WindowExpr,
        finish: Option<Duration>,
        tables: &'a Tables,
        at: Timestamp,
    ) -> Self {
        let window = Window::new(expr).finishing_within(finish);
        let names = expr.calendars().into_iter();
        Self {
            words,
            at,
            window: expr,
            within: finish.map(|span| span.to_string()),
            state: window.state(tables, at),
            openings: window.openings(tables, at, OPENINGS),
            calendars: names.filter_map(|name| tables.get(name)).collect(),
        }
    }

    pub(super) fn text(&self, name: &str) -> String {
        let mut text = format!(
            "{name}: {} is {} at {}\n\n",
            self.words.what,
            self.state.verdict.as_str(),
            whole_second(self.at)
        );
        let _ = writeln!(text, "  window  {}", self.window);
        if let Some(within) = &self.within {
            let _ = writeln!(
                text,
                "  within  {within}, from the beginning of a change to its end"
            );
        }
        for (index, fact) in self.state.why.split("; ").enumerate() {
            let head = if index == 0 { "why" } else { "" };
            let _ = writeln!(text, "  {head:<6}  {fact}");
        }
        if let Some(until) = self.state.until {
            let _ = writeln!(text, "  until   {}", whole_second(until));
        }
        text.push_str(&self.opening_lines());
        text.push_str(&self.calendar_lines());
        text
    }

    fn opening_lines(&self) -> String {
        let days = Window::HORIZON_DAYS;
        if self.openings.is_empty() {
            return format!("\n{} within the next {days} days\n", self.words.never);
        }
        let mut text = format!("\n{}\n", self.words.when);
        for opening in &self.openings {
            let from = whole_second(opening.from);
            let _ = match opening.until.map(whole_second) {
                Some(until) => {
                    let span = human_span(until.duration_since(from));
                    writeln!(text, "  from {from} until {until}, {span}")
                }
                None => writeln!(text, "  from {from} for more than {days} days"),
            };
        }
        text
    }

    fn calendar_lines(&self) -> String {
        if self.calendars.is_empty() {
            return String::new();
        }
        let mut text = "\nCalendars\n".to_owned();
        for calendar in &self.calendars {
            let (first, last) = calendar.valid;
            let Calendar { name, zone, .. } = calendar;
            let _ = writeln!(text, "  {name}, {zone}: knows {first} to {last}");
            for source in &calendar.sources {
                let day = source.generated_at.map(|day| format!(", taken {day}"));
                let file = source.file.as_ref().map(|file| format!("{file}: "));
                let (day, file) = (day.unwrap_or_default(), file.unwrap_or_default());
                let _ = writeln!(text, "    {file}{}{day}", source.text);
            }
        }
        text
    }

    pub(super) fn json(&self) -> Value {
        let openings = self.openings.iter().map(|opening| {
            json!({
                "from": whole_second(opening.from),
                "until": opening.until.map(whole_second),
            })
        });
        json!({
            "window": self.window,
            "mustFinishWithin": self.within,
            "verdict": self.state.verdict,
            "why": self.state.why.split("; ").collect::<Vec<_>>(),
            "until": self.state.until.map(whole_second),
            "openings": openings.collect::<Vec<_>>(),
            "calendars": self.calendars.iter().map(|it| calendar(it)).collect::<Vec<_>>(),
        })
    }
}

fn calendar(calendar: &Calendar) -> Value {
    let (first, last) = calendar.valid;
    let sources = calendar.sources.iter().map(|source| {
        json!({
            "source": source.text,
            "generatedAt": source.generated_at,
            "file": source.file.as_ref().map(ToString::to_string),
        })
    });
    json!({
        "name": calendar.name,
        "zone": calendar.zone.as_str(),
        "validFrom": first,
        "validTo": last,
        "sources": sources.collect::<Vec<_>>(),
    })
}
