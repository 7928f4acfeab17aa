//! `tidegate schema`.

use serde_json::json;

use super::{Exit, Failure, Screen};
use crate::cli::{Output, SchemaOptions};
use crate::diagnostic::suggest;
use crate::spec::schema;

pub(super) fn run(options: &SchemaOptions, screen: Screen) -> Result<Exit, Failure> {
    let schemas = schema::all();
    let kinds: Vec<&str> = schemas
        .keys()
        .filter_map(|file| file.strip_suffix(".json"))
        .collect();
    let Some(kind) = &options.kind else {
        match options.output {
            Output::Text => screen.data(&format!("{}\n", kinds.join("\n")))?,
            Output::Json => screen.json(&json!({ "kinds": kinds }))?,
        }
        return Ok(Exit::Done);
    };
    let Some(found) = schemas.get(format!("{}.json", kind.to_lowercase()).as_str()) else {
        let failure = Failure::usage(format!("there is no document kind `{kind}`"));
        let close = suggest(&kind.to_lowercase(), kinds.iter().copied()).map(str::to_owned);
        return Err(failure.with_help(match close {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("the kinds are {}", kinds.join(", ")),
        }));
    };
    screen.json(found)?;
    Ok(Exit::Done)
}
