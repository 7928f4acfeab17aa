//! `tidegate check`.

use jiff::Timestamp;

use super::input::Input;
use super::{Exit, Failure, Screen};
use crate::cli::{CheckOptions, CheckOutput};
use crate::diagnostic::render;

pub(super) fn run(options: &CheckOptions, screen: Screen) -> Result<Exit, Failure> {
    let input = Input::from_folder(&options.fleet)?;
    let findings = &input.build.findings_at(Timestamp::now());
    match options.output {
        CheckOutput::Text => {
            screen.data(&render::terminal(
                findings,
                &input.sources,
                screen.out_colour(),
            ))?;
            if let Some(fleet) = &input.build.fleet {
                screen.words(&format!(
                    "{}: {} desks, {} strategies, {} with errors\n",
                    fleet.name,
                    fleet.desks.len(),
                    fleet.strategies.len() + fleet.broken.len(),
                    fleet.broken.len()
                ));
            }
        }
        CheckOutput::Json => screen.json(&render::json(findings))?,
        CheckOutput::Sarif => screen.json(&render::sarif(findings))?,
        CheckOutput::Github => screen.data(&render::github(findings))?,
    }
    Ok(input.exit(Exit::Found))
}
