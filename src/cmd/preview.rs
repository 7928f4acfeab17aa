//! `tidegate preview`.

use super::input::{self, Input};
use super::{Exit, Failure, Screen};
use crate::cli::{PreviewOptions, PreviewOutput};
use crate::preview;

pub(super) fn run(options: &PreviewOptions, screen: Screen) -> Result<Exit, Failure> {
    let head = Input::from_folder(&options.fleet)?;
    let base = Input::from_revision(&options.fleet, &options.base)?;
    let preview = input::preview(&options.fleet, &base, &head)?;
    match options.output {
        PreviewOutput::Markdown => {
            screen.data(&preview::markdown(&preview, &base.build, &head.build))?;
        }
        PreviewOutput::Json => screen.json(&preview::json(&preview))?,
    }
    Ok(head.exit(Exit::Found))
}
