//! `tidegate simulate`.

mod recorded;

use std::fs;
use std::path::Path;

use super::input::Input;
use super::{Exit, Failure, Screen};
use crate::cli::{Output, SimulateOptions};
use crate::compile::Bundle;
use crate::replay::{self, Recording, Replay, RowError};
use crate::resolve::Class;
use crate::rollout::ahead::Ending;

/// So many bad rows are told one by one; more are counted.
const ROWS: usize = 20;

pub(super) fn run(options: &SimulateOptions, screen: Screen) -> Result<Exit, Failure> {
    let input = Input::from_folder(&options.fleet)?;
    let bundles = input.bundles(std::slice::from_ref(&options.strategy))?;
    let (Some(bundle), Some(fleet)) = (bundles.first(), &input.build.fleet) else {
        let message = format!("there is no strategy `{}` in this fleet", options.strategy);
        return Err(Failure::usage(message));
    };
    is_staged(bundle)?;
    let recording = match (&options.data, &options.prometheus) {
        (Some(file), _) => from_file(file)?,
        (None, Some(server)) => recorded::ask(options, server, bundle, screen)?,
        (None, None) => return Err(Failure::usage("there is no recording")),
    };
    let Some(first) = recording.first() else {
        return Err(Failure::usage("the recording is empty"));
    };
    let from = options.from.unwrap_or(first);
    let replay = replay::replay(bundle, fleet, &recording, from);
    match options.output {
        Output::Text => screen.data(&replay::text(&replay))?,
        Output::Json => screen.json(&replay::json(&replay))?,
    }
    Ok(exit(&replay))
}

/// Only what goes through stages can be simulated.
fn is_staged(bundle: &Bundle) -> Result<(), Failure> {
    let stages = bundle.rollout.iter().flat_map(|rollout| &rollout.stages);
    let is_judged = stages.into_iter().any(|stage| !stage.gates.is_empty());
    let is_staged = !matches!(bundle.class, None | Some(Class::Job));
    if is_judged && is_staged {
        return Ok(());
    }
    let name = bundle.unit.release_name();
    let message = format!("no stage of `{name}` has a gate, so there is nothing to simulate");
    Err(Failure::usage(message).with_help("give its `rollout` stages with gates: docs/rollouts.md"))
}

fn from_file(file: &Path) -> Result<Recording, Failure> {
    let text = fs::read_to_string(file).map_err(|error| Failure {
        exit: Exit::World,
        message: format!("failed to read `{}`: {error}", file.display()),
        help: None,
    })?;
    replay::read(&text).map_err(|errors| bad_rows(file, &errors))
}

/// Every bad row, with what to do about it.
fn bad_rows(file: &Path, errors: &[RowError]) -> Failure {
    let file = file.display();
    let lines = errors.iter().take(ROWS);
    let lines = lines.map(|it| format!("  {file}:{}: {}: {}", it.line, it.message, it.help));
    let mut lines: Vec<String> = lines.collect();
    if errors.len() > ROWS {
        lines.push(format!("  … and {} more", errors.len() - ROWS));
    }
    let rows = match errors.len() {
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    };
    Failure::usage(format!(
        "{rows} of the recording cannot be used\n{}",
        lines.join("\n")
    ))
}

fn exit(replay: &Replay) -> Exit {
    match replay.journey.ending {
        Ending::Promoted(_) => Exit::Done,
        Ending::Stopped { .. } => Exit::Found,
        Ending::Waits(_) | Ending::Beyond(_) => Exit::NotConverged,
    }
}
