//! From bytes to text: everything that is refused before YAML is even looked at.

use crate::diagnostic::{Diagnostic, Position, Span};
use crate::source::{MAX_FILE_BYTES, RepoPath};

use super::place::advance;

const ORIGIN: Position = Position {
    line: 1,
    column: 1,
    offset: 0,
};

/// The file's text, or why it is none.
pub(super) fn decode<'a>(file: &RepoPath, bytes: &'a [u8]) -> Result<&'a str, Box<Diagnostic>> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(Box::new(too_large(file, bytes.len() as u64)));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        let message = "the file is UTF-16, not UTF-8".to_owned();
        let finding = not_text(file, "", 0, message).with_help("save it as UTF-8");
        return Err(Box::new(finding));
    }
    if bytes.contains(&0) {
        return Err(Box::new(binary(file, bytes)));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|error| Box::new(not_utf8(file, bytes, &error)))?;
    match text.char_indices().find(|(_, c)| is_forbidden(*c)) {
        None => Ok(text),
        Some((at, character)) => Err(Box::new(control_character(file, text, at, character))),
    }
}

/// The finding about a file over the size limit.
pub(super) fn too_large(file: &RepoPath, bytes: u64) -> Diagnostic {
    Diagnostic::error(
        "yaml-budget",
        Span::start_of(file.clone()),
        format!("`{file}` has {bytes} bytes, more than the {MAX_FILE_BYTES} that are read"),
    )
    .with_help("split it into several files, and keep data out of the fleet's repository")
}

fn binary(file: &RepoPath, bytes: &[u8]) -> Diagnostic {
    let at = bytes.iter().position(|byte| *byte == 0).unwrap_or_default();
    let before = bytes.get(..at).unwrap_or_default();
    let before = String::from_utf8_lossy(before);
    not_text(file, &before, 1, "the file is binary, not YAML".to_owned())
        .with_help("remove the file from this folder, or give it another ending than `.yaml`")
}

fn not_utf8(file: &RepoPath, bytes: &[u8], error: &std::str::Utf8Error) -> Diagnostic {
    let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
    let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
    let valid = String::from_utf8_lossy(valid);
    let message = format!("byte {byte:#04x} is not UTF-8");
    not_text(file, &valid, 1, message).with_help("save the file as UTF-8")
}

fn control_character(file: &RepoPath, text: &str, at: usize, character: char) -> Diagnostic {
    let before = text.get(..at).unwrap_or_default();
    let message = format!(
        "control character U+{:04X} is not allowed in YAML",
        u32::from(character)
    );
    let escape = match u32::from(character) {
        code @ 0..0x100 => format!("\\x{code:02x}"),
        code => format!("\\u{code:04x}"),
    };
    not_text(file, before, character.len_utf8(), message).with_help(format!(
        "delete it, or write it as `{escape}` in a double-quoted text"
    ))
}

fn not_text(file: &RepoPath, before: &str, length: usize, message: String) -> Diagnostic {
    let start = advance(ORIGIN, before);
    let end = Position {
        column: start.column + usize::from(length > 0),
        offset: start.offset + length,
        ..start
    };
    let span = Span {
        file: file.clone(),
        start,
        end,
    };
    Diagnostic::error("not-text", span, message)
}

/// Whether YAML forbids the character in its raw form.
pub(super) fn is_forbidden(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{FFFE}' | '\u{FFFF}' => true,
        character => character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], line: usize, column: usize, message: &str) {
        let finding = decode(&RepoPath::from("a.yaml"), bytes).unwrap_err();
        assert_eq!(finding.message, message);
        assert_eq!(
            (finding.span.start.line, finding.span.start.column),
            (line, column)
        );
        assert!(finding.help.is_some());
    }

    #[test]
    fn a_binary_file_is_named_so() {
        check(
            b"\x7fELF\x02\x01\x01\0\0",
            1,
            8,
            "the file is binary, not YAML",
        );
    }

    #[test]
    fn a_byte_that_is_not_utf8_is_placed() {
        check(b"a: 1\nname: caf\xe9\n", 2, 10, "byte 0xe9 is not UTF-8");
    }

    #[test]
    fn utf16_is_named_so() {
        check(b"\xff\xfea\0", 1, 1, "the file is UTF-16, not UTF-8");
    }

    #[test]
    fn a_terminal_escape_is_refused() {
        check(
            b"a: 1\nb: \x1b[31mred\n",
            2,
            4,
            "control character U+001B is not allowed in YAML",
        );
    }

    #[test]
    fn a_file_over_the_limit_is_refused_by_its_size() {
        let size = usize::try_from(MAX_FILE_BYTES).unwrap() + 1;
        check(
            &vec![b'#'; size],
            1,
            1,
            "`a.yaml` has 1048577 bytes, more than the 1048576 that are read",
        );
    }

    #[test]
    fn tabs_breaks_and_any_language_are_text() {
        for text in ["a:\tb\r\n", "東京: été\n", "\u{feff}a: 1\n", ""] {
            assert_eq!(decode(&RepoPath::from("a.yaml"), text.as_bytes()), Ok(text));
        }
    }
}
