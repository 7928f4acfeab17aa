//! Findings for people: the line itself, a caret below it, and what to do.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::safe::{blot, neutralise};
use super::sorted;
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::source::{Entry, RepoPath, Sources};

/// Whether the reader's terminal shows colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// ANSI colours.
    Always,
}

/// The findings with their source lines, and a last line that counts them. Empty without findings.
pub fn terminal(findings: &[Diagnostic], sources: &Sources, colour: Colour) -> String {
    let renderer = match colour {
        Colour::Never => Renderer::plain(),
        Colour::Always => Renderer::styled(),
    };
    let findings = sorted(findings);
    let mut lines = BTreeMap::new();
    let mut out = String::new();
    for finding in &findings {
        out.push_str(&block(&renderer, finding, sources, &mut lines));
        out.push_str("\n\n");
    }
    if let Some(summary) = summary(&findings) {
        out.push_str(&summary);
        out.push('\n');
    }
    out
}

/// How many findings there are of each severity: "2 errors, 1 warning". `None` without any.
pub fn summary(findings: &[&Diagnostic]) -> Option<String> {
    let parts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Info]
        .into_iter()
        .filter_map(|severity| {
            let count = findings.iter().filter(|f| f.severity == severity).count();
            let word = match (severity, count) {
                (_, 0) => return None,
                (Severity::Error, 1) => "error",
                (Severity::Error, _) => "errors",
                (Severity::Warning, 1) => "warning",
                (Severity::Warning, _) => "warnings",
                (Severity::Info, 1) => "note",
                (Severity::Info, _) => "notes",
            };
            Some(format!("{count} {word}"))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Source text beyond this is not printed: a finding in a megabyte on one line has only its place.
const MAX_WINDOW: usize = 64 << 10;

fn block<'a>(
    renderer: &Renderer,
    finding: &Diagnostic,
    sources: &'a Sources,
    texts: &mut BTreeMap<RepoPath, Option<FileText<'a>>>,
) -> String {
    let marks = marks(finding);
    for mark in &marks {
        let file = &mark.span.file;
        if !texts.contains_key(file) {
            texts.insert(file.clone(), FileText::of(sources, file));
        }
    }
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let title = level
        .primary_title(neutralise(&finding.message))
        .id(finding.code);
    let mut group = Group::with_title(title);
    for marks in marks.chunk_by(|a, b| a.span.file == b.span.file) {
        group = add_file(group, marks, texts);
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(neutralise(help)));
    }
    renderer.render(&[group])
}

/// A place to underline.
struct Mark<'a> {
    span: &'a Span,
    text: Cow<'a, str>,
    kind: AnnotationKind,
}

/// The finding's places, its own file first, those of one file together.
fn marks(finding: &Diagnostic) -> Vec<Mark<'_>> {
    let mut marks = vec![Mark {
        span: &finding.span,
        text: Cow::Borrowed(""),
        kind: AnnotationKind::Primary,
    }];
    marks.extend(finding.labels.iter().map(|label| Mark {
        span: &label.span,
        text: neutralise(&label.text),
        kind: AnnotationKind::Context,
    }));
    marks.sort_by_key(|mark| (mark.span.file != finding.span.file, &mark.span.file));
    marks
}

fn add_file<'a>(
    group: Group<'a>,
    marks: &'a [Mark<'a>],
    texts: &'a BTreeMap<RepoPath, Option<FileText<'a>>>,
) -> Group<'a> {
    let Some(first) = marks.first() else {
        return group;
    };
    let file = &first.span.file;
    let window = texts
        .get(file)
        .and_then(Option::as_ref)
        .and_then(|text| text.window(marks));
    let Some((line, start, source)) = window else {
        let origin = Origin::path(neutralise(file.as_str()))
            .line(first.span.start.line)
            .char_column(first.span.start.column);
        return group.element(origin);
    };
    let snippet = Snippet::source(source)
        .line_start(line)
        .path(neutralise(file.as_str()))
        .annotations(marks.iter().map(|mark| annotation(mark, start, source)));
    group.element(snippet)
}

fn annotation<'a>(mark: &'a Mark<'a>, start: usize, source: &str) -> Annotation<'a> {
    let range = first_line(mark.span, start, source);
    let annotation = mark.kind.span(range);
    if mark.text.is_empty() {
        annotation
    } else {
        annotation.label(mark.text.as_ref())
    }
}

/// The part of a span on its first line: a caret under a whole document helps nobody.
fn first_line(span: &Span, start: usize, source: &str) -> Range<usize> {
    let boundary = |offset: usize| source.floor_char_boundary(offset.saturating_sub(start));
    let (from, to) = (boundary(span.start.offset), boundary(span.end.offset));
    let marked = source.get(from..to).unwrap_or_default();
    let length = marked.find(['\n', '\r']).unwrap_or(marked.len());
    from..from + length
}

/// A file's text, fit for a terminal, and where its lines begin.
struct FileText<'a> {
    text: Cow<'a, str>,
    lines: Vec<usize>,
}

impl<'a> FileText<'a> {
    fn of(sources: &'a Sources, file: &RepoPath) -> Option<Self> {
        let Some(Entry::File(bytes)) = sources.get(file) else {
            return None;
        };
        let text = blot(std::str::from_utf8(bytes).ok()?);
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        Some(Self { text, lines })
    }

    /// The lines that hold all marks: the number of the first, its offset, the text. `None` where
    /// there is nothing to show.
    fn window(&self, marks: &[Mark<'_>]) -> Option<(usize, usize, &str)> {
        let lines = marks.iter().map(|mark| mark.span.start.line);
        let first = lines.clone().min()?;
        let last = lines.max()?;
        let start = *self.lines.get(first.checked_sub(1)?)?;
        let end = self.lines.get(last).copied().unwrap_or(self.text.len());
        let source = self.text.get(start..end)?;
        let shown = !source.is_empty() && source.len() <= MAX_WINDOW;
        shown.then_some((first, start, source))
    }
}
