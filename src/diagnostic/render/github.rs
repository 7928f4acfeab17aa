//! Findings as GitHub's workflow commands, which it shows beside the lines of a pull request.

use super::sorted;
use crate::diagnostic::{Diagnostic, Severity};

/// One `::error file=…::…` line for each finding.
pub fn github(findings: &[Diagnostic]) -> String {
    sorted(findings).into_iter().map(command).collect()
}

fn command(finding: &Diagnostic) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let (start, end) = (finding.span.start, finding.span.end);
    let mut text = finding.message.clone();
    if let Some(help) = &finding.help {
        text.push_str("\nHelp: ");
        text.push_str(help);
    }
    format!(
        "::{level} file={},line={},endLine={}{},title={}::{}\n",
        property(finding.span.file.as_str()),
        start.line,
        end.line.max(start.line),
        columns(finding),
        property(finding.code),
        data(&text),
    )
}

/// GitHub refuses columns on findings of several lines.
fn columns(finding: &Diagnostic) -> String {
    let (start, end) = (finding.span.start, finding.span.end);
    if start.line != end.line {
        return String::new();
    }
    // GitHub's end is the last character, ours is behind it.
    let last = end.column.saturating_sub(1).max(start.column);
    format!(",col={},endColumn={last}", start.column)
}

fn data(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '%' => escaped.push_str("%25"),
            '\r' => escaped.push_str("%0D"),
            '\n' => escaped.push_str("%0A"),
            character if character.is_control() => escaped.extend(character.escape_unicode()),
            character => escaped.push(character),
        }
    }
    escaped
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
