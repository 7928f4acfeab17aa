//! `tidegate completions`.

use clap::CommandFactory as _;

use super::{Exit, Failure, Screen};
use crate::cli::{Cli, CompletionsOptions, Output};

pub(super) fn run(options: &CompletionsOptions, screen: Screen) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "tidegate", &mut script);
    let script = String::from_utf8_lossy(&script);
    match options.output {
        Output::Text => screen.data(&script)?,
        Output::Json => screen.json(&serde_json::json!({ "script": script }))?,
    }
    Ok(Exit::Done)
}
