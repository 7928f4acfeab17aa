//! A diff for a terminal: an object a paragraph, a change a line.

use std::fmt::Write as _;

use serde_json::Value;
use similar::TextDiff;

use super::{details, effect_words, kind_sign, order, summary_words, title, verdict_sign};
use crate::diagnostic::render::Colour;
use crate::diff::mask::{Masked, MaskedObject};
use crate::diff::{Change, Kind, Verdict};

/// Values longer than this stand on lines of their own.
const SHORT: usize = 60;

/// A piece of text in its sign's colour.
fn paint(colour: Colour, sign: char, text: &str) -> String {
    let code = match sign {
        '+' => "32",
        '-' => "31",
        '~' | '⇄' => "33",
        '?' => "35",
        _ => "2",
    };
    match colour {
        Colour::Always => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        Colour::Never => text.to_owned(),
    }
}

/// Every object that is not the same, and a line that counts them all.
pub fn text(masked: &Masked, colour: Colour) -> String {
    let mut out = String::new();
    for object in masked.objects() {
        object_text(object, colour, &mut out);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(&summary_words(masked.summary()));
    out.push('\n');
    out
}

fn object_text(object: &MaskedObject, colour: Colour, out: &mut String) {
    let verdict = &object.diff().verdict;
    if *verdict == Verdict::Same {
        return;
    }
    let sign = verdict_sign(verdict);
    let mut head = format!("{sign} {}", title(object));
    if let Some(effect) = object.effect() {
        head = format!("{head}: {}", effect_words(effect));
    }
    if let Verdict::CannotTell { reason } = verdict {
        head = format!("{head}: cannot tell: {}", shown(reason));
    }
    out.push_str(&paint(colour, sign, &head));
    out.push('\n');
    for (change, _) in object.changes() {
        for detail in details(change) {
            change_text(&detail, colour, out);
        }
    }
}

fn change_text(change: &Change, colour: Colour, out: &mut String) {
    let sign = kind_sign(change.kind);
    let lines = match (change.kind, &change.before, &change.after) {
        (Kind::Ownership, _, _) => vec![(sign, "recorded under another field manager".to_owned())],
        (Kind::Moved, before, after) => {
            vec![('-', order(before.as_ref())), ('+', order(after.as_ref()))]
        }
        (_, Some(Value::String(before)), Some(Value::String(after)))
            if before.contains('\n') || after.contains('\n') =>
        {
            text_lines(before, after)
        }
        (_, before, after) => value_lines(before.as_ref(), after.as_ref()),
    };
    let head = format!("{sign} {}", change.path);
    match lines.as_slice() {
        [(_, only)] if only.chars().count() <= SHORT => {
            line(out, 1, sign, &format!("{head}: {only}"), colour);
        }
        [(_, before), (_, after)] if before.chars().count() + after.chars().count() <= SHORT => {
            line(out, 1, sign, &format!("{head}: {before} → {after}"), colour);
        }
        lines => {
            line(out, 1, sign, &head, colour);
            for (sign, text) in lines {
                line(out, 3, *sign, &format!("{sign} {text}"), colour);
            }
        }
    }
}

fn line(out: &mut String, depth: usize, sign: char, text: &str, colour: Colour) {
    let pad = "  ".repeat(depth);
    let text = paint(colour, sign, text);
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{pad}{text}");
}

fn value_lines(before: Option<&Value>, after: Option<&Value>) -> Vec<(char, String)> {
    let before = before.map(|value| ('-', value_text(value)));
    let after = after.map(|value| ('+', value_text(value)));
    before.into_iter().chain(after).collect()
}

/// The lines that differ between two texts, with a little around them.
fn text_lines(before: &str, after: &str) -> Vec<(char, String)> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(1) {
        if !lines.is_empty() {
            lines.push((' ', "…".to_owned()));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                similar::ChangeTag::Delete => '-',
                similar::ChangeTag::Insert => '+',
                similar::ChangeTag::Equal => ' ',
            };
            lines.push((sign, shown(change.value().trim_end_matches('\n'))));
        }
    }
    lines
}

pub(super) fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::String(text) => format!("\"{}\"", shown(&text.replace('"', "\\\""))),
        other => shown(&other.to_string()),
    }
}

/// Whether a text cannot be taken for another value.
fn is_plain(text: &str) -> bool {
    let is_other = text.parse::<f64>().is_ok() || matches!(text, "" | "true" | "false" | "null");
    !is_other
        && !text.starts_with([' ', '"', '{', '['])
        && !text.ends_with(' ')
        && shown(text) == text
}

/// A text that cannot steer a terminal or hide in it.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Control characters, and marks that change how the text around them is shown.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control() && c != '\t'
        || matches!(
            c,
            '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{2069}'
                | '\u{61C}'
                | '\u{FEFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{ObjectDiff, objects};
    use crate::object::Object;
    use serde_json::json;

    fn set(image: &str, config: &str) -> Object {
        Object::new(json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": {"name": "mm", "namespace": "desk"},
            "spec": {"template": {"spec": {"containers": [{
                "name": "strategy", "image": image, "args": ["--a", config, "--z"],
                "env": [{"name": "API_KEY", "value": image}],
            }]}}},
        }))
        .unwrap()
    }

    fn config(text: &str) -> Object {
        Object::new(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "mm", "namespace": "desk"},
            "data": {"mm.yaml": text},
        }))
        .unwrap()
    }

    fn check(diffs: &[ObjectDiff], expect: &str) {
        assert_eq!(text(&Masked::of(diffs), Colour::Never), expect);
    }

    #[test]
    fn a_change_is_a_line_and_a_long_one_three() {
        let long = "x".repeat(70);
        check(
            &objects(&[set("a:1", "x")], &[set("a:2", &long)]),
            &format!(
                "~ StatefulSet desk/mm: restarts pods\n\
                 \x20 ~ spec.template.spec.containers[name=strategy].image: a:1 → a:2\n\
                 \x20 ~ spec.template.spec.containers[name=strategy].args[1]\n\
                 \x20     - x\n\
                 \x20     + {long}\n\
                 \x20 ~ spec.template.spec.containers[name=strategy].env[name=API_KEY].value: ••• → ••• (changed)\n\
                 \n\
                 1 to change\n"
            ),
        );
    }

    #[test]
    fn config_files_show_their_lines() {
        check(
            &objects(
                &[config("a: 1\nb: 2\nc: 3\n")],
                &[config("a: 1\nb: 2\nc: \u{1b}[31m\n")],
            ),
            "~ ConfigMap desk/mm: in place\n\
             \x20 ~ data[\"mm.yaml\"]\n\
             \x20       b: 2\n\
             \x20     - c: 3\n\
             \x20     + c: \\u{1b}[31m\n\
             \n\
             1 to change\n",
        );
    }

    #[test]
    fn unknown_is_never_shown_as_same() {
        let id = config("x").id();
        check(
            &[
                ObjectDiff::same(id.clone()),
                ObjectDiff::cannot_tell(id, "forbidden: Bearer abcdefgh123"),
                ObjectDiff::created(&config("x")),
            ],
            "? ConfigMap desk/mm: cannot tell: forbidden: Bearer •••\n\
             + ConfigMap desk/mm\n\
             \n\
             1 to create, 1 unknown, 1 the same\n",
        );
    }

    #[test]
    fn nothing_to_show_is_said() {
        check(&[], "no objects\n");
    }
}
