//! A mapping's entries: duplicate keys found, merge keys folded in.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Span};

use super::{Entry, Node, Value};

/// The entries of a mapping whose keys are all distinct; of a key that is written twice the first
/// value stays, and every further one is a finding.
pub(super) fn distinct(entries: Vec<Entry>, findings: &mut Vec<Diagnostic>) -> Vec<Entry> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    let key = |index: &usize| entries.get(*index).map(|entry| entry.key.as_str());
    order.sort_by(|a, b| key(a).cmp(&key(b)));
    if order.is_sorted_by(|a, b| key(a) < key(b)) {
        return entries;
    }
    let mut first: Vec<Option<usize>> = vec![None; entries.len()];
    for run in order.chunk_by(|a, b| key(a) == key(b)) {
        let [original, repeats @ ..] = run else {
            continue;
        };
        for repeat in repeats {
            if let Some(slot) = first.get_mut(*repeat) {
                *slot = Some(*original);
            }
        }
    }
    for (entry, original) in entries.iter().zip(&first) {
        if let Some(original) = original.and_then(|index| entries.get(index)) {
            findings.push(duplicate(entry, &original.key_span));
        }
    }
    let mut repeated = first.iter().map(Option::is_some);
    let mut entries = entries;
    entries.retain(|_| !repeated.next().unwrap_or(false));
    entries
}

fn duplicate(entry: &Entry, first: &Span) -> Diagnostic {
    Diagnostic::error(
        "duplicate-key",
        entry.key_span.clone(),
        format!("key `{}` is written twice in this mapping", entry.key),
    )
    .with_label(first.clone(), "first written here")
    .with_help("keep one of the two, or rename one")
}

/// Folds what stands under `<<` into `entries`: keys written in the mapping itself win, then those
/// of earlier merged mappings.
pub(super) fn fold(entries: &mut Vec<Entry>, merged: Node, findings: &mut Vec<Diagnostic>) {
    let sources = match merged.value {
        Value::List(items) => items,
        _ => vec![merged],
    };
    let mut taken: BTreeSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    for source in sources {
        match source.value {
            Value::Map(more) => entries.extend(
                more.into_iter()
                    .filter(|entry| taken.insert(entry.key.clone())),
            ),
            other => findings.push(
                Diagnostic::error(
                    "yaml-merge",
                    source.span,
                    format!(
                        "the merge key `<<` takes mappings, and this is {}",
                        other.kind()
                    ),
                )
                .with_help("give it an alias of a mapping, such as `<<: *defaults`"),
            ),
        }
    }
}
