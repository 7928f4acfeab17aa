//! `tidegate window explain`.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::input::Input;
use super::{Exit, Failure, Screen};
use crate::calendar::{Calendar, Opening, State, Tables, Window, human_span, whole_second};
use crate::cli::{ExplainOptions, Output, WindowCommand, WindowOptions};
use crate::resolve::rollout::Rollout;
use crate::spec::window::WindowExpr;

/// How many openings are listed.
const OPENINGS: usize = 3;

pub(super) fn run(options: &WindowOptions, screen: Screen) -> Result<Exit, Failure> {
    match &options.command {
        WindowCommand::Explain(options) => explain(options, screen),
    }
}

fn explain(options: &ExplainOptions, screen: Screen) -> Result<Exit, Failure> {
    let input = Input::from_folder(&options.fleet)?;
    // Whoever asks for one that has errors, or that nobody has, is told so.
    input.bundles(std::slice::from_ref(&options.strategy))?;
    let fleet = input.build.fleet.as_ref();
    let strategy = fleet.and_then(|fleet| {
        let mut all = fleet.strategies.values();
        let strategy = all.find(|it| it.name.as_str() == options.strategy)?;
        Some((strategy, &fleet.calendars))
    });
    let Some((strategy, calendars)) = strategy else {
        let message = format!("there is no strategy `{}` in this fleet", options.strategy);
        return Err(Failure::usage(message));
    };
    let at = options.at.unwrap_or_else(Timestamp::now);
    let name = options.strategy.as_str();
    let Some(window) = &strategy.rollout.window else {
        match options.output {
            Output::Text => screen.data(&format!(
                "{name}: no window, so a change may begin at any time\n"
            ))?,
            Output::Json => screen.json(&json!({
                "strategy": name, "at": at, "window": null, "verdict": "open",
            }))?,
        }
        return Ok(Exit::Done);
    };
    let answer = Answer::of(name, window, &strategy.rollout, calendars, at);
    match options.output {
        Output::Text => screen.data(&answer.text())?,
        Output::Json => screen.json(&answer.json())?,
    }
    Ok(Exit::Done)
}

/// What is known about a window at an instant.
struct Answer<'a> {
    name: &'a str,
    at: Timestamp,
    window: &'a WindowExpr,
    within: Option<String>,
    state: State,
    openings: Vec<Opening>,
    calendars: Vec<&'a Calendar>,
}

impl<'a> Answer<'a> {
    fn of(
        name: &'a str,
        expr: &'a WindowExpr,
        rollout: &Rollout,
        tables: &'a Tables,
        at: Timestamp,
    ) -> Self {
        let window = Window::new(expr).finishing_within(rollout.must_finish_within);
        let names = expr.calendars().into_iter();
        Self {
            name,
            at,
            window: expr,
            within: rollout.must_finish_within.map(|span| span.to_string()),
            state: window.state(tables, at),
            openings: window.openings(tables, at, OPENINGS),
            calendars: names.filter_map(|name| tables.get(name)).collect(),
        }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{}: the window is {} at {}\n\n",
            self.name,
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
            return format!("\nA change may not begin within the next {days} days\n");
        }
        let mut text = "\nA change may begin\n".to_owned();
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

    fn json(&self) -> Value {
        let openings = self.openings.iter().map(|opening| {
            json!({
                "from": whole_second(opening.from),
                "until": opening.until.map(whole_second),
            })
        });
        json!({
            "strategy": self.name,
            "at": self.at,
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
