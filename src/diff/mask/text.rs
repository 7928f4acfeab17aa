//! Secrets inside of texts: config files, command lines, error messages.

use std::ops::Range;

use super::{assign, form};

/// What stands for a secret.
pub(super) const MASK: &str = "•••";
/// What stands for a secret that the other version has too.
pub(super) const SAME: &str = "••• (same)";
/// What stands for a secret that the other version has differently.
pub(super) const CHANGED: &str = "••• (changed)";

/// A text with what looks like a secret masked: bearer tokens, passwords in URLs, private keys,
/// well-known token forms, and values that are assigned to telling names.
pub fn text(text: &str) -> String {
    replace(text, &secrets(text), |_| MASK)
}

/// One version's text; `changed` stands for a secret that the other version has differently.
pub(super) fn against(text: &str, other: &str, changed: &'static str) -> String {
    let (ours, theirs) = (secrets(text), secrets(other));
    let of = |text: &'_ str, range: &Range<usize>| text.get(range.clone()).map(str::to_owned);
    let others: Vec<Option<String>> = theirs.iter().map(|range| of(other, range)).collect();
    let is_paired = ours.len() == theirs.len();
    replace(text, &ours, |position| {
        let secret = ours.get(position).and_then(|range| of(text, range));
        // One by one where that is possible, so that two swapped secrets show as changed.
        let is_same = if is_paired {
            others.get(position) == Some(&secret)
        } else {
            others.contains(&secret)
        };
        if is_same { SAME } else { changed }
    })
}

/// Where the secrets are: in order, apart from each other.
fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    form::find(text, &mut found);
    assign::find(text, &mut found);
    found.retain(|range| !range.is_empty());
    found.sort_by_key(|range| (range.start, range.end));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in found {
        match apart.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

fn replace(text: &str, ranges: &[Range<usize>], mask: impl Fn(usize) -> &'static str) -> String {
    let mut out = String::new();
    let mut from = 0;
    for (position, range) in ranges.iter().enumerate() {
        out.push_str(text.get(from..range.start).unwrap_or_default());
        out.push_str(mask(position));
        from = range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests;
