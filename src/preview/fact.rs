//! What changes, in the words of the spec: from two resolved strategies.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::mask::MaskedObject;
use crate::diff::render::brief;
use crate::diff::{ObjectDiff, Verdict};
use crate::resolve::{ConfigFile, Strategy};

/// What changes from one to the other.
pub(super) fn facts(
    before: Option<&Strategy>,
    after: Option<&Strategy>,
    objects: &[ObjectDiff],
) -> Vec<String> {
    match (before, after) {
        (Some(before), Some(after)) => {
            let mut facts = changed(before, after);
            if facts.is_empty() {
                facts.push(counted(objects));
            }
            facts
        }
        (None, Some(after)) => vec![format!("new; image `{}`", after.image)],
        (Some(_), None) => vec!["removed from Git".to_owned()],
        (None, None) => vec![counted(objects)],
    }
}

fn changed(before: &Strategy, after: &Strategy) -> Vec<String> {
    let mut facts = Vec::new();
    let mut pair = |what: &str, old: String, new: String| {
        if old != new {
            facts.push(format!("{what} `{old}` → `{new}`"));
        }
    };
    pair("image", before.image.to_string(), after.image.to_string());
    pair("mode", word(before.mode), word(after.mode));
    pair(
        "replicas",
        before.replicas.to_string(),
        after.replicas.to_string(),
    );
    pair(
        "cpu",
        text(before.resources.cpu.as_str()),
        text(after.resources.cpu.as_str()),
    );
    pair(
        "memory",
        text(before.resources.memory.as_str()),
        text(after.resources.memory.as_str()),
    );
    pair("command", before.command.join(" "), after.command.join(" "));
    pair("args", before.args.join(" "), after.args.join(" "));
    pair(
        "engine",
        before.engine.name.to_string(),
        after.engine.name.to_string(),
    );
    pair("run", run(before), run(after));
    pair("account", account(before), account(after));
    facts.extend(names("env", &before.env, &after.env));
    facts.extend(names(
        "config",
        &by_path(&before.config),
        &by_path(&after.config),
    ));
    facts.extend(names("", &before.deferred, &after.deferred));
    facts.extend(others(before, after));
    facts
}

/// Blocks whose insides the diff shows better than a phrase could.
fn others(before: &Strategy, after: &Strategy) -> Vec<String> {
    [
        (
            "engine profile",
            before.engine != after.engine && before.engine.name == after.engine.name,
        ),
        ("secrets", before.secrets != after.secrets),
        ("models", before.models != after.models),
        ("state", before.state != after.state),
        ("placement", before.placement != after.placement),
        ("network", before.network != after.network),
        ("ports", before.ports != after.ports),
        ("probes", before.probes != after.probes),
        ("metrics", before.metrics != after.metrics),
        ("job", before.job != after.job),
        (
            "scratch space",
            before.resources.ephemeral_storage != after.resources.ephemeral_storage,
        ),
    ]
    .into_iter()
    .filter(|(_, differs)| *differs)
    .map(|(what, _)| what.to_owned())
    .collect()
}

/// The names whose values differ; never the values, which may be secret.
fn names<V: PartialEq>(
    what: &str,
    before: &BTreeMap<String, V>,
    after: &BTreeMap<String, V>,
) -> Vec<String> {
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    all.into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| format!("{what} `{name}`").trim_start().to_owned())
        .collect()
}

fn by_path(files: &[ConfigFile]) -> BTreeMap<String, &str> {
    files
        .iter()
        .map(|file| (file.path.clone(), file.text.as_str()))
        .collect()
}

/// The one object that differs, if it does so in places that are short; else how many do.
fn counted(objects: &[ObjectDiff]) -> String {
    if let [only] = objects
        && matches!(only.verdict, Verdict::Differs(_))
    {
        let told = brief(&MaskedObject::of(only));
        return told.trim_start_matches(['~', ' ']).to_owned();
    }
    let fields: usize = objects
        .iter()
        .map(|object| match &object.verdict {
            Verdict::Differs(changes) => changes.len(),
            Verdict::Same | Verdict::Created | Verdict::Deleted | Verdict::CannotTell { .. } => 0,
        })
        .sum();
    match (fields, objects.len()) {
        (0, 1) => "1 object".to_owned(),
        (0, objects) => format!("{objects} objects"),
        (1, _) => "1 field".to_owned(),
        (fields, 1) => format!("{fields} fields of 1 object"),
        (fields, objects) => format!("{fields} fields of {objects} objects"),
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn word<T: serde::Serialize>(value: Option<T>) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or("none").to_owned()
}

fn run(strategy: &Strategy) -> String {
    let run = strategy.run.as_ref();
    run.map_or_else(|| "none".to_owned(), ToString::to_string)
}

fn account(strategy: &Strategy) -> String {
    strategy
        .account
        .as_ref()
        .map_or_else(|| "none".to_owned(), |holding| holding.account.to_string())
}
