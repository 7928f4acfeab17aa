//! `tidegate halts`.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::super::apply::options as connection;
use super::super::{Exit, Failure, Screen, runtime};
use crate::cli::{HaltsOptions, Output};
use crate::cluster::{connect, halts};
use crate::halt::Halt;

pub(in super::super) fn run(options: &HaltsOptions, screen: Screen) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let client = connect(&connection(&options.connection)).await?;
        let mut all = halts::list(&client).await?;
        all.retain(|halt| options.all || !(halt.is_lifted() || halt.spec.drill));
        all.sort_by_key(|halt| halt.metadata.creation_timestamp.as_ref().map(|at| at.0));
        match options.output {
            Output::Json => screen.json(&json!({"halts": all}))?,
            Output::Text if all.is_empty() => screen.data("nothing is halted\n")?,
            Output::Text => screen.data(&all.iter().map(told).collect::<String>())?,
        }
        Ok(Exit::Done)
    })
}

fn told(halt: &Halt) -> String {
    let name = halt.metadata.name.as_deref().unwrap_or_default();
    let since = halt.metadata.creation_timestamp.as_ref().map(|at| at.0);
    let age = since.map(|at| Timestamp::now().duration_since(at).as_secs());
    let age = SignedDuration::from_secs(age.unwrap_or_default());
    let status = halt.status.clone().unwrap_or_default();
    let state = status.state.map_or_else(
        || "not taken in by a daemon yet".to_owned(),
        |state| format!("{state:?}").to_lowercase(),
    );
    let (scope, by, reason) = (halt.spec.scope.scope(), &halt.spec.by, &halt.spec.reason);
    let mut text = format!("{name} · {scope} · {state}\n  by {by}, {age:#} ago: {reason}\n");
    if halt.spec.restores.is_some() {
        text.push_str(
            "  restored by Tidegate: the one before vanished without having been lifted\n",
        );
    }
    for running in status.running.iter().filter(|_| !halt.is_lifted()) {
        let verb = if halt.spec.drill {
            "would stop"
        } else {
            "still runs"
        };
        let _ = writeln!(text, "  {verb}: {running}");
    }
    if let Some(lifted) = &status.lifted {
        let _ = writeln!(text, "  lifted by {}: {}", lifted.by, lifted.reason);
    }
    if let Some(refused) = &status.refused {
        let _ = writeln!(text, "  not lifted: {refused}");
    }
    text
}
