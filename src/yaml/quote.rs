//! When a text may stand without quotes, and how it is quoted otherwise.
//!
//! Plain is allowed only where no reader in use could take the text for something else: YAML 1.1
//! (`PyYAML`, with sexagesimals and `y`), YAML 1.2, kubectl's table, JSON. Doubt means quotes.

use std::fmt::Write;

/// The text in the plainest style that is safe on one line.
pub(super) fn inline(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else if text
        .chars()
        .any(|c| needs_escape(c) || c == '\n' || c == '\t')
    {
        double_quoted(text)
    } else if text.contains(['"', '\\']) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        format!("\"{text}\"")
    }
}

/// Whether readers disagree about the character, or a reader refuses it in its raw form.
pub(super) fn needs_escape(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => true,
        character => character.is_control() || is_invisible(character),
    }
}

/// Marks that change how the text around them is shown: a reviewer must see them.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{61C}'
    )
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            character if needs_escape(character) => escape(&mut quoted, character.into()),
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

fn escape(quoted: &mut String, code: u32) {
    let written = match code {
        0..0x100 => write!(quoted, "\\x{code:02x}"),
        0x100..0x1_0000 => write!(quoted, "\\u{code:04x}"),
        _ => write!(quoted, "\\U{code:08x}"),
    };
    written.expect("writing to a String cannot fail");
}

fn is_plain(text: &str) -> bool {
    let mut characters = text.chars();
    let (first, second) = (characters.next(), characters.next());
    begins_plainly(first, second)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && text
            .chars()
            .all(|c| !needs_escape(c) && !matches!(c, '\n' | '\t'))
        && !is_word(text)
        && !is_numeric(text)
}

fn begins_plainly(first: Option<char>, second: Option<char>) -> bool {
    match (first, second) {
        (Some('-' | '.'), Some(second)) => {
            second.is_ascii_alphabetic() || second == '/' || (first, second) == (Some('-'), '-')
        }
        (Some(first), _) => first.is_alphanumeric() || matches!(first, '/' | '_' | '$'),
        (None, _) => false,
    }
}

/// Words that some reader takes for a truth value, for nothing, or for a float.
fn is_word(text: &str) -> bool {
    const WORDS: [&str; 16] = [
        "-.inf", "-inf", ".inf", ".nan", "false", "inf", "infinity", "n", "nan", "no", "null",
        "off", "on", "true", "y", "yes",
    ];
    text.len() <= 8 && WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// Whether the text could be a number, a sexagesimal, a date or a document marker to anyone: it
/// begins like one, and has only characters that occur in those.
fn is_numeric(text: &str) -> bool {
    text.starts_with(|c: char| c.is_numeric() || matches!(c, '.' | '-'))
        && (text.contains(char::is_numeric) || !text.contains(char::is_alphabetic))
        && text.chars().all(|c| {
            c.is_ascii_hexdigit()
                || c.is_numeric()
                || matches!(c, '.' | '-' | '+' | '_' | ':' | ',' | ' ')
                || matches!(c, 'x' | 'X' | 'o' | 'O' | 't' | 'T' | 'z' | 'Z')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyday_manifest_texts_stay_plain() {
        for text in [
            "apps/v1",
            "registry.example.com/mm/btc:2.16.0@sha256:0123abcd",
            "/app/mm.yaml",
            "--config=/app/mm.yaml",
            "-c",
            "$(POD_IP)",
            "100m",
            "2Gi",
            "10.0.0.0/8",
            "exec python /app/live.py",
            "tidegate.dev/owner",
            "été",
            "a,b",
        ] {
            assert_eq!(inline(text), text);
        }
    }

    /// Texts between bars.
    const MISREAD: &str = "\
y|N|yes|No|on|OFF|true|False|null|NULL|~|Null|inf|nan|.inf|-.Inf|.NaN
0|00|012|0o14|0x1F|0b11|1_000|1e3|1E3|+1|-1|.5|1.|1.5|1,000|123abc|٣
12:30:45|190:20:30.15|2024-01-01|2001-12-14t21:59:43.10-05:00|2001-12-14 21:59:43|1.2.3
a: b|a:|a #b| a|a |-|- a|? a|: a|---|...|--- |=|<<|*a|&a|!a|>|%a|@a|`a`|{a}|[a]|}|]|,|#a|'a'|?";

    #[test]
    fn whatever_any_reader_could_misread_is_quoted() {
        for text in MISREAD.lines().flat_map(|line| line.split('|')) {
            assert_ne!(inline(text), text, "{text}");
        }
        assert_eq!(
            (inline("").as_str(), inline("|").as_str()),
            ("\"\"", "\"|\"")
        );
    }

    #[test]
    fn quotes_are_double_unless_that_needs_escapes() {
        for (text, quoted) in [
            ("yes", r#""yes""#),
            ("it's: so", r#""it's: so""#),
            (r#"{"a": 1}"#, r#"'{"a": 1}'"#),
            (r#"{"it's": "\n"}"#, r#"'{"it''s": "\n"}'"#),
            ("a\nb\t\"c\"", r#""a\nb\t\"c\"""#),
            ("\u{1b}[31m", r#""\x1b[31m""#),
            ("a\u{2028}b", r#""a\u2028b""#),
            ("a\u{202e}b", r#""a\u202eb""#),
            ("a\r\n", r#""a\r\n""#),
        ] {
            assert_eq!(inline(text), quoted);
        }
    }
}
