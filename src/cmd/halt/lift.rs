//! `tidegate unhalt`: a person lifts a Halt, and nothing else ever does.

use std::time::Instant;

use serde_json::json;

use super::super::apply::options as connection;
use super::super::{Exit, Failure, Screen, guarded, runtime};
use super::LOOK;
use crate::admission::HALTS;
use crate::cli::{Output, UnhaltOptions};
use crate::cluster::{Client, connect, halts, intents};
use crate::diagnostic::suggest;
use crate::halt::{Halt, UnhaltSpec};

pub(in super::super) fn run(options: &UnhaltOptions, screen: Screen) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let client = connect(&connection(&options.connection)).await?;
        let halt = find(&client, &options.halt).await?;
        if halt.is_lifted() {
            return told(&halt, options, screen);
        }
        guarded::until_it_counts(&client, HALTS, screen).await?;
        let spec = UnhaltSpec {
            halt: options.halt.clone(),
            uid: halt.metadata.uid.clone().unwrap_or_default(),
            scope: halt.spec.scope.clone(),
            reason: options.reason.clone(),
            by: intents::whoami(&client).await?,
        };
        // What was refused before is not about this one.
        let before = halt.status.and_then(|status| status.refused);
        halts::unhalt(&client, spec).await?;
        let until = Instant::now() + options.timeout;
        let halt = loop {
            let halt = find(&client, &options.halt).await?;
            let status = halt.status.clone().unwrap_or_default();
            let is_refused = status.refused.is_some() && status.refused != before;
            if halt.is_lifted() || is_refused || Instant::now() >= until {
                break halt;
            }
            tokio::time::sleep(LOOK).await;
        };
        told(&halt, options, screen)
    })
}

async fn find(client: &Client, name: &str) -> Result<Halt, Failure> {
    if let Some(halt) = halts::get(client, name).await? {
        return Ok(halt);
    }
    let all = halts::list(client).await?;
    let names = all.iter().filter_map(|halt| halt.metadata.name.as_deref());
    let failure = Failure::usage(format!("there is no Halt `{name}`"));
    Err(match suggest(name, names) {
        Some(close) => failure.with_help(format!("did you mean `{close}`?")),
        None => failure.with_help("`tidegate halts` lists those that stand"),
    })
}

fn told(halt: &Halt, options: &UnhaltOptions, screen: Screen) -> Result<Exit, Failure> {
    if options.output == Output::Json {
        screen.json(&json!(halt))?;
    }
    let scope = halt.spec.scope.scope();
    let status = halt.status.clone().unwrap_or_default();
    let (text, exit) = match (status.lifted, status.refused) {
        (Some(lifted), _) => (
            format!(
                "lifted by {}: {}\n{scope} goes on\n",
                lifted.by, lifted.reason
            ),
            Exit::Done,
        ),
        (None, Some(why)) => {
            let text = format!("not lifted, and {scope} stays halted: {why}\n");
            (text, Exit::NotConverged)
        }
        (None, None) => {
            let text = format!(
                "the Unhalt is written, but no daemon has taken it in within {} s: {scope} stays halted until one does\n",
                options.timeout.as_secs()
            );
            (text, Exit::NotConverged)
        }
    };
    if options.output == Output::Text {
        screen.data(&text)?;
    }
    Ok(exit)
}
