//! A diff for a pull request: an object a heading and a fence of unified YAML.
//!
//! Whatever the objects say, nothing in them can end the fence, start HTML, mention anybody or hide.

use similar::TextDiff;

use super::text::is_hidden;
use super::{effect_words, title};
use crate::diff::Verdict;
use crate::diff::mask::{Masked, MaskedObject};
use crate::object::Object;
use crate::yaml;

/// Lines around a difference.
const CONTEXT: usize = 3;
/// The shortest fence.
const FENCE: usize = 3;

/// Every object that is not the same.
pub fn markdown(masked: &Masked) -> String {
    let objects: Vec<String> = masked
        .objects()
        .iter()
        .filter(|object| object.diff().verdict != Verdict::Same)
        .map(markdown_object)
        .collect();
    objects.join("\n")
}

/// One object; it ends in a line break.
pub fn markdown_object(object: &MaskedObject) -> String {
    let diff = object.diff();
    let what = match &diff.verdict {
        Verdict::Same => "the same".to_owned(),
        Verdict::Created => "created".to_owned(),
        Verdict::Deleted => "deleted".to_owned(),
        Verdict::Differs(_) => object
            .effect()
            .map(effect_words)
            .unwrap_or_default()
            .to_owned(),
        Verdict::CannotTell { reason } => format!("cannot tell: {}", code(reason)),
    };
    let heading = format!("**{}**: {what}\n", code(&title(object)));
    let (before, after) = (
        document(diff.before.as_ref()),
        document(diff.after.as_ref()),
    );
    let lines = unified(&before, &after);
    if lines.is_empty() {
        return heading;
    }
    format!("{heading}\n{}", fenced(&lines))
}

fn document(object: Option<&Object>) -> String {
    object.map_or_else(String::new, |object| yaml::emit(object.value()))
}

/// The lines that differ, and some around them, in `diff`'s unified form without file names.
fn unified(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff()
        .context_radius(CONTEXT)
        .iter_hunks()
        .map(|hunk| hunk.to_string())
        .collect()
}

fn fenced(lines: &str) -> String {
    let lines = inert(lines);
    let fence = "`".repeat(longest_run(&lines, '`').max(FENCE - 1) + 1);
    let end = if lines.ends_with('\n') { "" } else { "\n" };
    format!("{fence}diff\n{lines}{end}{fence}\n")
}

/// Text in code quotes, on one line.
fn code(text: &str) -> String {
    let text = inert(&text.replace(['\n', '\r'], " "));
    let quote = "`".repeat(longest_run(&text, '`') + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{quote}{pad}{text}{pad}{quote}")
}

/// Text that means nothing to the many readers of Markdown, some of which look for comments, tags
/// and mentions inside of code too.
fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last = ' ';
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        let is_tag = c == '<' && (matches!(next, '!' | '/') || next.is_ascii_alphabetic());
        // An image's `@sha256:` is none: nobody is mentioned in the middle of a word.
        let is_mention = c == '@' && next.is_alphanumeric() && !last.is_alphanumeric();
        match c {
            '\n' => out.push(c),
            c if is_hidden(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
        if is_tag || is_mention {
            // Shown as nothing, it keeps the two characters apart.
            out.push('\u{200B}');
        }
        last = c;
    }
    out
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{ObjectDiff, objects};
    use serde_json::json;

    fn config(name: &str, text: &str) -> Object {
        Object::new(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "desk"},
            "data": {"mm.yaml": text},
        }))
        .unwrap()
    }

    fn shown(diffs: &[ObjectDiff]) -> String {
        markdown(&Masked::of(diffs))
    }

    #[test]
    fn config_files_differ_line_by_line() {
        let (before, after) = (config("mm", "a: 1\nb: 2\n"), config("mm", "a: 1\nb: 3\n"));
        assert_eq!(
            shown(&objects(&[before], &[after])),
            "**`ConfigMap desk/mm`**: in place\n\
             \n\
             ```diff\n\
             @@ -2,7 +2,7 @@\n \
             data:\n   \
             mm.yaml: |\n     \
             a: 1\n\
             -    b: 2\n\
             +    b: 3\n \
             kind: ConfigMap\n \
             metadata:\n   \
             name: mm\n\
             ```\n"
        );
    }

    #[test]
    fn the_same_and_the_unknown() {
        let id = config("mm", "").id();
        assert_eq!(
            shown(&[
                ObjectDiff::same(id.clone()),
                ObjectDiff::cannot_tell(id, "it ``hangs``\n@all"),
            ]),
            "**`ConfigMap desk/mm`**: cannot tell: ```it ``hangs`` @\u{200B}all```\n"
        );
    }

    #[test]
    fn content_cannot_break_out() {
        let evil = "```\n ````\n</details>\n<!-- x -->\n@team x@y\n\u{202E}gnp\n";
        let shown = shown(&[ObjectDiff::created(&config("mm", evil))]);
        assert!(shown.contains("\n`````diff\n"), "{shown}");
        assert!(shown.ends_with("\n`````\n"), "{shown}");
        for broken in ["</details>", "<!--", " @team", "\u{202E}"] {
            assert!(!shown.contains(broken), "{broken} in {shown}");
        }
        assert!(shown.contains("x@y"), "{shown}");
    }
}
