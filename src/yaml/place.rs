//! From the parser's marks to places in the user's file.

use granit_parser::Marker;

use crate::diagnostic::{Position, Span};
use crate::source::RepoPath;

/// A file being read.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// Its path.
    pub file: &'a RepoPath,
    /// Its whole text.
    pub text: &'a str,
}

impl Place<'_> {
    /// A span of this file.
    pub(super) fn span(self, start: Position, end: Position) -> Span {
        Span {
            file: self.file.clone(),
            start,
            end,
        }
    }

    /// The span of what the parser saw between two marks, without the line breaks behind it.
    pub(super) fn between(self, start: &Marker, end: &Marker) -> Span {
        let (start, end) = (position(start), position(end));
        let seen = self.text.get(start.offset..end.offset).unwrap_or_default();
        if !seen.ends_with(['\n', '\r', ' ', '\t']) {
            return self.span(start, end);
        }
        let kept = seen.trim_end_matches(['\n', '\r', ' ', '\t']);
        self.span(start, advance(start, kept))
    }

    /// The span of the one character at a mark, or of the end of its line.
    pub(super) fn at(self, mark: &Marker) -> Span {
        let start = position(mark);
        let rest = self.text.get(start.offset..).unwrap_or_default();
        let length = match rest.chars().next() {
            None | Some('\n' | '\r') => 0,
            Some(character) => character.len_utf8(),
        };
        let end = Position {
            column: start.column + usize::from(length > 0),
            offset: start.offset + length,
            ..start
        };
        self.span(start, end)
    }
}

impl Place<'_> {
    /// The first tab in the indentation of the line that a mark is on, if what stands at the mark
    /// begins the line, but for indicators.
    pub(super) fn indenting_tab(self, mark: &Marker) -> Option<Span> {
        let at = position(mark);
        let before = self.text.get(..at.offset)?;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let before = before.get(start..)?;
        let rest = before.trim_start_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with(['-', '?', '&', '!']) {
            return None;
        }
        let column = before.get(..before.len() - rest.len())?.find('\t')?;
        Some(self.tab(at.line, start, column))
    }

    /// The span of the tab that is `column` bytes into the line that begins at `start`.
    pub(super) fn tab(self, line: usize, start: usize, column: usize) -> Span {
        let tab = Position {
            line,
            column: column + 1,
            offset: start + column,
        };
        self.span(tab, advance(tab, "\t"))
    }
}

/// The parser's mark as a position.
pub(super) fn position(mark: &Marker) -> Position {
    Position {
        line: mark.line(),
        column: mark.col() + 1,
        offset: mark.byte_offset().unwrap_or_default(),
    }
}

/// The position behind `text`, which begins at `start`.
pub(super) fn advance(start: Position, text: &str) -> Position {
    let offset = start.offset + text.len();
    let normal = text.replace("\r\n", "\n").replace('\r', "\n");
    match normal.rsplit_once('\n') {
        None => Position {
            line: start.line,
            column: start.column + normal.chars().count(),
            offset,
        },
        Some((before, last)) => Position {
            line: start.line + before.matches('\n').count() + 1,
            column: last.chars().count() + 1,
            offset,
        },
    }
}
