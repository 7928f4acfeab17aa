//! What the loader tells: one function for each finding, with its remedy.

use granit_parser::{ErrorKind, ScanError};

use crate::diagnostic::{Diagnostic, Span};

use super::load::{MAX_DEPTH, MAX_DOCUMENTS, MAX_FINDINGS, MAX_NODES};
use super::place::Place;
use super::scalar::{Refusal, Tag};

/// The finding for what the parser could not read.
pub(super) fn explain(place: Place<'_>, error: &ScanError) -> Diagnostic {
    use ErrorKind as Kind;
    let span = place.at(error.marker());
    let (message, help) = match error.kind() {
        Kind::RecursionLimitExceeded => return too_deep(span),
        Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabAtBlockScalarStart
        | Kind::TabInIndentation
        | Kind::TabInPlainScalar => return tab(place, span),
        _ if is_indented_by_tab(place, &span) => return tab(place, span),
        Kind::MappingValueNotAllowed | Kind::InvalidColonPlacement => (
            "a `:` stands where no value can begin".to_owned(),
            "quote the text that has the `:` in it, or put the key on a line of its own",
        ),
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey | Kind::ExpectedBlockMappingKey => (
            "this line is no `key: value`".to_owned(),
            "add the `:` and a space behind the key, or indent the line as its neighbours are",
        ),
        Kind::InvalidIndentation
        | Kind::InvalidQuotedScalarIndent
        | Kind::InvalidFlowScalarIndent
        | Kind::InvalidBlockScalarIndent
        | Kind::BlockSequenceEntryNotAllowed
        | Kind::ExpectedBlockSequenceEntry => (
            "the indentation fits nothing above it".to_owned(),
            "indent entries of one list or mapping by the same number of spaces",
        ),
        Kind::UnclosedQuotedScalar | Kind::DocumentIndicatorInQuotedScalar => (
            "a quoted text is never closed".to_owned(),
            "close it with the quote it began with",
        ),
        Kind::MismatchedFlowCollectionEnd { open, close } => (
            format!("`{open}` is closed by `{close}`"),
            "close every bracket by its own kind",
        ),
        Kind::UnclosedFlowCollection { open } => (
            format!("`{open}` is never closed"),
            "close the bracket; inside brackets, separate entries by commas",
        ),
        Kind::UnexpectedEofFlowSequence
        | Kind::UnexpectedEofFlowMapping
        | Kind::UnexpectedEofImplicitFlowMapping
        | Kind::ExpectedFlowMappingSeparator
        | Kind::ExpectedFlowSequenceSeparator
        | Kind::MisplacedFlowCollectionEnd => (
            "a `[…]` or `{…}` is not well-formed here".to_owned(),
            "separate entries by commas and close every bracket",
        ),
        Kind::UnexpectedCharacter { character } => (
            format!("a plain text cannot begin with `{character}`"),
            "quote the text",
        ),
        Kind::UnknownQuotedScalarEscape => (
            "this `\\` escape does not exist".to_owned(),
            "write `\\\\` for a backslash, or use single quotes, which have no escapes",
        ),
        other => (format!("this is not YAML: {other}"), SYNTAX_HELP),
    };
    Diagnostic::error("yaml-syntax", span, message).with_help(help)
}

const SYNTAX_HELP: &str = "compare the line and the one above it with a file that works";

fn tab(place: Place<'_>, span: Span) -> Diagnostic {
    let span = first_tab(place, &span).unwrap_or(span);
    Diagnostic::error(
        "yaml-tab",
        span,
        "a tab is used as indentation, which YAML does not allow",
    )
    .with_help("use spaces, and set your editor to insert them for the tab key")
}

fn line_indent<'a>(place: Place<'a>, span: &Span) -> (&'a str, usize) {
    let before = place.text.get(..span.start.offset).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = place.text.get(start..).unwrap_or_default();
    let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
    (line.get(..indent).unwrap_or_default(), start)
}

fn is_indented_by_tab(place: Place<'_>, span: &Span) -> bool {
    line_indent(place, span).0.contains('\t')
}

fn first_tab(place: Place<'_>, span: &Span) -> Option<Span> {
    let (indent, start) = line_indent(place, span);
    let at = indent.find('\t')?;
    let mut span = span.clone();
    span.start.column = at + 1;
    span.start.offset = start + at;
    span.end = span.start;
    span.end.column += 1;
    span.end.offset += 1;
    Some(span)
}

/// A scalar that has no value.
pub(super) fn refused(refusal: &Refusal, tag: Tag<'_>, text: &str, span: Span) -> Diagnostic {
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
        Refusal::UnknownTag => {
            let name = match tag {
                Tag::Other(name) => name.trim_start_matches('!'),
                _ => "",
            };
            Diagnostic::error(
                "yaml-tag",
                span,
                format!("tag `!{name}` means nothing to Kubernetes"),
            )
            .with_help("remove the tag, or quote the value if the `!` belongs to it")
        }
    }
}

/// A key that kubectl would rewrite.
pub(super) fn key_not_text(text: &str, read: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "yaml-key",
        span,
        format!("key `{text}` is read as {read}, not as a text"),
    )
    .with_help(format!("quote it: `\"{text}\"`"))
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
