//! Findings as SARIF 2.1.0, for code scanning.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{docs, sorted};
use crate::diagnostic::{Code, Diagnostic, Severity, Span, catalog};

/// A SARIF log of one run.
pub fn sarif(findings: &[Diagnostic]) -> Value {
    let findings = sorted(findings);
    let codes: BTreeSet<Code> = findings.iter().map(|finding| finding.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| result(finding, &codes))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "tidegate",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: &str) -> Value {
    let Some(entry) = catalog::find(code) else {
        return json!({ "id": code });
    };
    json!({
        "id": code,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.explanation},
        "help": {"text": entry.remedy},
        "defaultConfiguration": {"level": level(entry.severity)},
    })
}

fn result(finding: &Diagnostic, codes: &[Code]) -> Value {
    let text = match &finding.help {
        Some(help) => format!("{}\n{help}", finding.message),
        None => finding.message.clone(),
    };
    let related: Vec<Value> = finding
        .labels
        .iter()
        .map(|label| {
            let mut related = location(&label.span);
            related["message"] = json!({"text": label.text});
            related
        })
        .collect();
    json!({
        "ruleId": finding.code,
        "ruleIndex": codes.binary_search(&finding.code).unwrap_or_default(),
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": [location(&finding.span)],
        "relatedLocations": related,
        "properties": {"docs": docs(finding)},
    })
}

fn location(span: &Span) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(span.file.as_str())},
        "region": {
            "startLine": span.start.line,
            "startColumn": span.start.column,
            "endLine": span.end.line,
            "endColumn": span.end.column,
        },
    }})
}

/// A relative path as a URI reference: what a URI does not hold is percent-encoded.
fn uri(path: &str) -> String {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(byte.into());
        } else {
            let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied();
            uri.push('%');
            uri.extend([digit(byte >> 4), digit(byte & 15)].into_iter().flatten());
        }
    }
    uri
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}
