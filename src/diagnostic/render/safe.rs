//! Making text from a user's file harmless to a terminal.

use std::borrow::Cow;

/// The text with every control character, terminal escape and mark that reorders text written out
/// as `\u{…}`. Line breaks and tabs become spaces.
pub fn neutralise(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' | '\t' => safe.push(' '),
            character if is_unsafe(character) => safe.extend(character.escape_unicode()),
            character => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

/// The text with every unsafe character replaced by one of the same length in UTF-8, so that
/// places in it stay where they are. Line breaks and tabs stay too.
pub(super) fn blot(text: &str) -> Cow<'_, str> {
    let stays = |character: char| matches!(character, '\n' | '\t') || !is_unsafe(character);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let blotted = text.chars().map(|character| match character.len_utf8() {
        _ if stays(character) => character,
        1 => '?',
        2 => '·',
        _ => char::REPLACEMENT_CHARACTER,
    });
    Cow::Owned(blotted.collect())
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61C}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{2069}'
                | '\u{FEFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_written_out() {
        assert_eq!(neutralise("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(neutralise("a\u{9b}2Jb\u{202e}c"), "a\\u{9b}2Jb\\u{202e}c");
        assert_eq!(neutralise("two\nlines\tthere"), "two lines there");
        assert!(matches!(neutralise("naïve 東京"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_blotted_text_keeps_its_places() {
        let text = "a\u{1b}b\u{9b}c\u{202e}d\te\n";
        let blotted = blot(text);
        assert_eq!(blotted, "a?b·c\u{FFFD}d\te\n");
        assert_eq!(blotted.len(), text.len());
    }
}
