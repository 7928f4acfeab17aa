//! What the loader tells: one function for each finding, with its remedy.

use granit_parser::{ErrorKind, ScanError};
use serde_json::Number;

use crate::diagnostic::{Diagnostic, Span};

use super::load::{MAX_DEPTH, MAX_DOCUMENTS, MAX_EXPANDED_BYTES, MAX_FINDINGS, MAX_NODES};
use super::place::Place;
use super::scalar::Refusal;

/// The finding for what the parser could not read.
pub(super) fn syntax(place: Place<'_>, error: &ScanError) -> Diagnostic {
    let span = place.at(error.marker());
    let kind = error.kind();
    if *kind == ErrorKind::RecursionLimitExceeded {
        return too_deep(span);
    }
    if let Some(tab) = tab_to_blame(place, &span, kind) {
        return self::tab(tab);
    }
    let (message, help) = bracket(kind)
        .or_else(|| structure(kind))
        .or_else(|| text(kind))
        .unwrap_or_else(|| {
            (
                format!("this is not YAML: {kind}"),
                "compare the line, and the one above it, with a file that is read",
            )
        });
    Diagnostic::error("yaml-syntax", span, message).with_help(help)
}

type Told = Option<(String, &'static str)>;

fn bracket(kind: &ErrorKind) -> Told {
    let (message, help) = match kind {
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => (
            format!("`{open}` is closed by `{close}`"),
            "close every bracket by its own kind",
        ),
        ErrorKind::UnclosedFlowCollection { open } => (
            format!("`{open}` is never closed"),
            "close the bracket; inside brackets, separate entries by commas",
        ),
        ErrorKind::MisplacedFlowCollectionEnd => (
            "a bracket is closed here that was never opened".to_owned(),
            "delete it, or quote the text if the bracket belongs to it",
        ),
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::BlockEntryInFlowCollection => (
            "a `[…]` or `{…}` is not well-formed here".to_owned(),
            "separate entries by commas and close every bracket",
        ),
        _ => return None,
    };
    Some((message, help))
}

fn structure(kind: &ErrorKind) -> Told {
    let (message, help) = match kind {
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => (
            "a `:` stands where no value can begin",
            "indent the key like its neighbours, quote the text that has the `:` in it, or close \
             the quote or bracket above",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => (
            "this line is no `key: value`",
            "add the `:` and a space behind the key, or indent the line as a part of the one above",
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::InvalidIndentation
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::ExpectedBlockSequenceEntry => (
            "the indentation fits nothing above it",
            "indent the entries of one list or mapping by the same number of spaces",
        ),
        ErrorKind::ExpectedDocumentStart => (
            "this line belongs to nothing above it",
            "indent it as the lines above, or begin a new document with `---`",
        ),
        ErrorKind::BomInsideDocument => (
            "a byte-order mark stands inside the file",
            "delete the invisible character; it is left over from joining files",
        ),
        _ => return None,
    };
    Some((message.to_owned(), help))
}

fn text(kind: &ErrorKind) -> Told {
    let (message, help) = match kind {
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => (
            "a quoted text is never closed".to_owned(),
            "close it with the quote it began with",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "something follows the closing quote".to_owned(),
            "quote the whole value; inside single quotes write a single quote twice",
        ),
        ErrorKind::UnexpectedCharacter { character } => (
            format!("a plain text cannot begin with `{character}`"),
            "quote the text",
        ),
        ErrorKind::PlainScalarStartsWithDashFlowIndicator => (
            "a plain text cannot be a lone `-` inside brackets".to_owned(),
            "quote it",
        ),
        ErrorKind::UnknownQuotedScalarEscape => (
            "this `\\` escape does not exist".to_owned(),
            "write `\\\\` for a backslash, or use single quotes, which have no escapes",
        ),
        ErrorKind::CommentInterceptedScalar => (
            "a comment cuts a text of several lines in two".to_owned(),
            "move the comment above the text, or indent the next line as a key of its own",
        ),
        _ => return None,
    };
    Some((message, help))
}

/// Whether a tab in the indentation would lead to this error. Inside brackets tabs are allowed.
fn is_of_indentation(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::MappingValueNotAllowed
            | ErrorKind::SimpleKeyExpected
            | ErrorKind::InvalidSimpleKey
            | ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::InvalidIndentation
            | ErrorKind::BlockSequenceEntryNotAllowed
            | ErrorKind::ExpectedBlockSequenceEntry
    )
}

/// The tab that the parser stumbled over, if one indents the line or, where the parser stopped at
/// the end of a line, the next one.
fn tab_to_blame(place: Place<'_>, span: &Span, kind: &ErrorKind) -> Option<Span> {
    if !is_of_indentation(kind) {
        return None;
    }
    let before = place.text.get(..span.start.offset)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = place.text.get(start..)?;
    let mut offset = start;
    for (index, line) in rest.split_inclusive('\n').take(2).enumerate() {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(column) = line.get(..indent)?.find('\t') {
            return Some(place.tab(span.start.line + index, offset, column));
        }
        offset += line.len();
    }
    None
}

/// A tab that indents a line.
pub(super) fn tab(span: Span) -> Diagnostic {
    Diagnostic::error(
        "yaml-tab",
        span,
        "a tab is used as indentation, which YAML does not allow",
    )
    .with_help("use spaces, and set your editor to insert them for the tab key")
}

/// A scalar that has no value.
pub(super) fn refused(refusal: &Refusal, text: &str, span: Span) -> Diagnostic {
    match refusal {
        Refusal::NotFinite => Diagnostic::error(
            "yaml-value",
            span,
            format!("`{text}` is no number that Kubernetes can hold"),
        )
        .with_help(format!("write a number, or quote it: `\"{text}\"`")),
        Refusal::Mismatch(expected) => Diagnostic::error(
            "yaml-value",
            span,
            format!("`{text}` is tagged as {expected} and is none"),
        )
        .with_help("remove the tag, or correct the value"),
        Refusal::Binary(reason) => Diagnostic::error(
            "yaml-value",
            span,
            format!("this `!!binary` value cannot be read: {reason}"),
        )
        .with_help("write the text itself, or mount the data from a file"),
    }
}

/// A tag that kubectl would ignore.
pub(super) fn unknown_tag(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "yaml-tag",
        span,
        format!("tag `{name}` means nothing to Kubernetes"),
    )
    .with_help("remove the tag, or quote the value if the `!` belongs to it")
}

/// A key that kubectl would rewrite to `true` or `false`.
pub(super) fn key_is_bool(text: &str, read: bool, span: Span) -> Diagnostic {
    let message = format!("key `{text}` is read as the truth value `{read}`, not as a text");
    Diagnostic::error("yaml-key", span, message).with_help(format!("quote it: `\"{text}\"`"))
}

/// A key that kubectl would rewrite to another number.
pub(super) fn key_is_number(text: &str, read: &Number, span: Span) -> Diagnostic {
    let message = format!("key `{text}` is read as the number {read}, not as a text");
    Diagnostic::error("yaml-key", span, message).with_help(format!("quote it: `\"{text}\"`"))
}

/// A key that is a list, a mapping, …
pub(super) fn key_of_kind(kind: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "yaml-key",
        span,
        format!("a key must be a text, and this is {kind}"),
    )
    .with_help("write a plain or quoted text as the key; quote `{{ … }}` placeholders")
}

/// A second `<<` in one mapping.
pub(super) fn second_merge(span: Span) -> Diagnostic {
    Diagnostic::error(
        "yaml-merge",
        span,
        "the merge key `<<` is written twice in this mapping",
    )
    .with_help("merge several mappings by one list: `<<: [*a, *b]`")
}

/// An alias inside the value that it names.
pub(super) fn alias_of_itself(span: Span) -> Diagnostic {
    Diagnostic::error(
        "yaml-alias",
        span,
        "this alias stands inside the value that it repeats",
    )
    .with_help("move the anchor, or write the value out")
}

/// An alias without an anchor.
pub(super) fn unknown_anchor(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "yaml-alias",
        span,
        format!("no anchor `&{name}` stands before this alias in the document"),
    )
    .with_help(format!(
        "define it above as `&{name}`, or quote the text if it begins with a literal `*`"
    ))
}

/// More nesting than the budget.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(
        "yaml-budget",
        span,
        format!("the document nests more than {MAX_DEPTH} levels deep"),
    )
    .with_help("flatten it; no Kubernetes object needs that depth")
}

/// More values than the budget: an alias bomb, or a file far too large.
pub(super) fn too_many_nodes(span: Span) -> Diagnostic {
    Diagnostic::error(
        "yaml-budget",
        span,
        format!("the file has more than {MAX_NODES} values once its aliases are expanded"),
    )
    .with_help("write the repeated parts out, or split the file")
}

/// More text than the budget, by aliases of long texts.
pub(super) fn too_many_bytes(span: Span) -> Diagnostic {
    Diagnostic::error(
        "yaml-budget",
        span,
        format!("the file has more than {MAX_EXPANDED_BYTES} bytes once its aliases are expanded"),
    )
    .with_help("repeat fewer long texts, or split the file")
}

/// More documents than the budget.
pub(super) fn too_many_documents(span: Span) -> Diagnostic {
    Diagnostic::error(
        "yaml-budget",
        span,
        format!("the file has more than {MAX_DOCUMENTS} documents"),
    )
    .with_help("split it into several files")
}

/// More mistakes than anyone reads.
pub(super) fn too_many_findings(span: Span) -> Diagnostic {
    Diagnostic::error(
        "yaml-budget",
        span,
        format!("the file has more than {MAX_FINDINGS} mistakes; the rest is not shown"),
    )
    .with_help("correct those shown, then check again")
}
