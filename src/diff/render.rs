//! Diffs for people and programs. Every renderer takes [`Masked`](crate::diff::mask::Masked), so
//! that none can show a secret.

mod brief;
mod json;
mod markdown;
mod text;

use serde_json::Value;

use crate::diff::mask::MaskedObject;
use crate::diff::{Change, Effect, Kind, Summary, Verdict, items};

pub use brief::brief;
pub use json::json;
pub use markdown::{markdown, markdown_object};
pub use text::text;

/// What an effect means to whoever reads it.
fn effect_words(effect: Effect) -> &'static str {
    match effect {
        Effect::MetadataOnly => "metadata only",
        Effect::InPlace => "in place",
        Effect::Restart => "restarts pods",
        Effect::Recreate => "needs a new object",
    }
}

/// The sign before an object or a change.
fn verdict_sign(verdict: &Verdict) -> char {
    match verdict {
        Verdict::Same => '=',
        Verdict::Differs(_) => '~',
        Verdict::Created => '+',
        Verdict::Deleted => '-',
        Verdict::CannotTell { .. } => '?',
    }
}

fn kind_sign(kind: Kind) -> char {
    match kind {
        Kind::Added => '+',
        Kind::Removed => '-',
        Kind::Changed => '~',
        Kind::Moved => '⇄',
        Kind::Ownership => '@',
    }
}

/// An object's name, with the name it had.
fn title(object: &MaskedObject) -> String {
    let diff = object.diff();
    match &diff.renamed_from {
        Some(from) => format!("{} (was {from})", diff.id),
        None => diff.id.to_string(),
    }
}

/// A change, or the items of an atomic list that differ, as deep as they are atomic lists.
fn details(change: &Change) -> Vec<Change> {
    let items = items(change);
    if items.is_empty() {
        return vec![change.clone()];
    }
    items.iter().flat_map(details).collect()
}

/// "2 to change, 1 to create": what there is, in words.
fn summary_words(summary: Summary) -> String {
    let Summary {
        same,
        differs,
        created,
        deleted,
        cannot_tell,
    } = summary;
    let counts = [
        (differs, "to change"),
        (created, "to create"),
        (deleted, "to delete"),
        (cannot_tell, "unknown"),
        (same, "the same"),
    ];
    let words: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    if words.is_empty() {
        return "no objects".to_owned();
    }
    words.join(", ")
}

/// A list's keys in their order, to show a move by.
fn order(value: Option<&Value>) -> String {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    let names: Vec<String> = items
        .map(|item| match item.get("name").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => item.to_string(),
        })
        .collect();
    names.join(", ")
}
