//! `tidegate window explain`.

mod answer;
mod runs;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::input::Input;
use super::{Exit, Failure, Screen};
use crate::calendar::Tables;
use crate::cli::{ExplainOptions, Output, WindowCommand, WindowOptions};
use crate::resolve::{Strategy, When};

use answer::{Answer, Words};
use runs::Runs;

/// A window in which a change may begin.
const CHANGES: Words = Words {
    what: "the window",
    when: "A change may begin",
    never: "A change may not begin",
};

/// A window in which it runs.
const RUNNING: Words = Words {
    what: "the window that it runs in",
    when: "It runs",
    never: "It does not run",
};

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
    match options.output {
        Output::Text => screen.data(&text(strategy, calendars, at))?,
        Output::Json => screen.json(&json(strategy, calendars, at))?,
    }
    Ok(Exit::Done)
}

/// The window in which it may change, if not at any time.
fn changes<'a>(strategy: &'a Strategy, calendars: &'a Tables, at: Timestamp) -> Option<Answer<'a>> {
    let rollout = &strategy.rollout;
    let window = rollout.window.as_ref()?;
    let finish = rollout.must_finish_within;
    Some(Answer::of(CHANGES, window, finish, calendars, at))
}

fn text(strategy: &Strategy, calendars: &Tables, at: Timestamp) -> String {
    let name = strategy.name.as_str();
    let changes = changes(strategy, calendars, at).map_or_else(
        || format!("{name}: no window, so a change may begin at any time\n"),
        |answer| answer.text(name),
    );
    let running = match &strategy.run {
        Some(When::While(window)) => Answer::of(RUNNING, window, None, calendars, at).text(name),
        Some(When::Session(run)) => Runs::of(run, calendars, at).text(name),
        Some(When::Cron(schedule)) => {
            let (cron, zone) = (&schedule.cron, &schedule.time_zone);
            format!("{name}: it runs by `{cron}` in {zone}, which the cluster goes by itself\n")
        }
        None => return changes,
    };
    format!("{changes}\n{running}")
}

fn json(strategy: &Strategy, calendars: &Tables, at: Timestamp) -> Value {
    let changes = changes(strategy, calendars, at).map_or_else(
        || json!({"window": null, "verdict": "open"}),
        |answer| answer.json(),
    );
    let run = match &strategy.run {
        Some(When::While(window)) => Answer::of(RUNNING, window, None, calendars, at).json(),
        Some(When::Session(run)) => Runs::of(run, calendars, at).json(),
        Some(When::Cron(schedule)) => json!(schedule),
        None => Value::Null,
    };
    let mut answer = json!({"strategy": strategy.name, "at": at});
    if let (Value::Object(answer), Value::Object(changes)) = (&mut answer, changes) {
        answer.extend(changes);
        answer.insert("run".to_owned(), run);
    }
    answer
}
