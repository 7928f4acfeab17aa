//! `tidegate render`.

use serde_json::Value;

use super::input::Input;
use super::{Exit, Failure, Screen};
use crate::cli::{RenderOptions, RenderOutput};
use crate::object::Object;
use crate::yaml;

pub(super) fn run(options: &RenderOptions, screen: Screen) -> Result<Exit, Failure> {
    let input = Input::from_folder(&options.fleet)?;
    input.tell_findings(screen);
    let bundles = input.bundles(&options.strategy)?;
    let objects = bundles
        .iter()
        .flat_map(|bundle| &bundle.objects)
        .map(Object::value);
    match options.output {
        RenderOutput::Yaml => screen.data(&yaml::emit_all(objects))?,
        RenderOutput::Json => screen.json(&Value::Array(objects.cloned().collect()))?,
    }
    Ok(input.exit(Exit::Found))
}
