//! Findings for programs.

use serde_json::{Value, json as object};

use super::{docs, sorted};
use crate::diagnostic::{Diagnostic, Label};

/// `{"findings": […]}`, lines and columns from 1, ends behind the last character.
pub fn json(findings: &[Diagnostic]) -> Value {
    let findings: Vec<Value> = sorted(findings).into_iter().map(finding).collect();
    object!({ "findings": findings })
}

fn finding(finding: &Diagnostic) -> Value {
    object!({
        "code": finding.code,
        "severity": finding.severity.as_str(),
        "message": finding.message,
        "help": finding.help,
        "file": finding.span.file.as_str(),
        "line": finding.span.start.line,
        "column": finding.span.start.column,
        "endLine": finding.span.end.line,
        "endColumn": finding.span.end.column,
        "labels": finding.labels.iter().map(label).collect::<Vec<_>>(),
        "docs": docs(finding),
    })
}

fn label(label: &Label) -> Value {
    object!({
        "message": label.text,
        "file": label.span.file.as_str(),
        "line": label.span.start.line,
        "column": label.span.start.column,
        "endLine": label.span.end.line,
        "endColumn": label.span.end.column,
    })
}
