//! A user's words in a line of Markdown: code stays code, and nothing else has a meaning.

use crate::diagnostic::render::neutralise;

/// The longest text that is shown whole.
const MAX_CHARACTERS: usize = 300;

/// Shown as nothing, it keeps the two characters around it apart.
const APART: char = '\u{200b}';

/// The text on one line, of a bounded length: it closes no cell, opens no tag, links nowhere and
/// calls nobody. What stands between backticks is shown as it is, as code.
pub(crate) fn safe(text: &str) -> String {
    spelled(&shortened(&neutralise(text)))
}

/// The same, however long it is.
pub(crate) fn whole(text: &str) -> String {
    spelled(&neutralise(text))
}

fn spelled(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        let (plain, quoted) = rest.split_at(at);
        out.push_str(&prose(plain));
        let run = quoted.len() - quoted.trim_start_matches('`').len();
        let (fence, inside) = quoted.split_at(run);
        if let Some(end) = closing(inside, run) {
            let (code, after) = inside.split_at(end);
            out.push_str(fence);
            out.push_str(&in_cell(code));
            out.push_str(fence);
            rest = after.get(run..).unwrap_or_default();
        } else {
            out.push_str(&fence.replace('`', "\\`"));
            rest = inside;
        }
    }
    out.push_str(&prose(rest));
    out
}

/// Where the next run of exactly so many backticks begins.
fn closing(text: &str, run: usize) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find('`') {
        let begin = from + at;
        let ticks = text.get(begin..)?;
        let length = ticks.len() - ticks.trim_start_matches('`').len();
        if length == run {
            return Some(begin);
        }
        from = begin + length;
    }
    None
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_CHARACTERS {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(MAX_CHARACTERS).collect();
    // Cut within code, what follows on the line would be taken for code.
    let is_open = short.matches('`').count() % 2 == 1;
    short.push_str(if is_open { "…`" } else { "…" });
    short
}

fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last = ' ';
    for character in text.chars() {
        match character {
            // Within an address it calls nobody.
            '@' if last.is_alphanumeric() => out.push('@'),
            '|' => out.push_str("&#124;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '[' | ']' | '*' => out.extend(['\\', character]),
            '@' | '#' => out.extend([character, APART]),
            other => out.push(other),
        }
        last = character;
    }
    out
}

/// Code, which a bar would cut where it stands in a table.
fn in_cell(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut last = ' ';
    for character in code.chars() {
        if character == '|' {
            if last == '\\' {
                out.push(APART);
            }
            out.push('\\');
        }
        out.push(character);
        last = character;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(safe(text), expect);
    }

    #[test]
    fn code_is_shown_as_it_is() {
        check(
            "image `a@sha256:0` → `b<1>&`",
            "image `a@sha256:0` → `b<1>&`",
        );
        check("``a ` @b``", "``a ` @b``");
        check("`a|b` `a\\|b`", "`a\\|b` `a\\\u{200b}\\|b`");
    }

    #[test]
    fn words_outside_of_code_mean_nothing() {
        check("ask @risk, see #12", "ask @\u{200b}risk, see #\u{200b}12");
        check("to risk@example.com", "to risk@example.com");
        check("a | b", "a &#124; b");
        check("</details><!-- x -->", "&lt;/details&gt;&lt;!-- x --&gt;");
        check("![x](http://example.com)", "!\\[x\\](http://example.com)");
        check("two\nlines\u{202e}", "two lines\\\\u{202e}");
    }

    #[test]
    fn a_quote_that_never_ends_is_no_quote() {
        check("a ` @b", "a \\` @\u{200b}b");
        check("a \\` @b `", "a \\\\` @b `");
        check("``a` @b", "\\`\\`a\\` @\u{200b}b");
    }

    #[test]
    fn a_long_text_is_cut_and_its_code_closed() {
        let cut = safe(&format!("args `{}`", "@".repeat(1000)));
        assert!(cut.ends_with("@…`"), "{cut}");
        assert_eq!(cut.chars().count(), MAX_CHARACTERS + 2);
        let long = "a".repeat(1000);
        assert_eq!(whole(&long), long);
    }
}
