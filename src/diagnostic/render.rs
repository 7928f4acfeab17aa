//! Findings for their readers: people at a terminal, programs, pull requests.
//!
//! Every renderer tells each finding once, ordered by file, place and code, so that equal findings
//! give equal bytes. Text from the user's files is never passed on raw to a terminal.

mod github;
mod json;
mod safe;
mod sarif;
mod terminal;

pub use github::github;
pub use json::json;
pub use safe::neutralise;
pub use sarif::sarif;
pub use terminal::{Colour, summary, terminal};

use super::{Diagnostic, Severity};

/// The findings ordered by file, place and code, each once.
pub fn sorted(findings: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = findings.iter().collect();
    sorted.sort_by(|a, b| key(a).cmp(&key(b)));
    sorted.dedup();
    sorted
}

fn key(finding: &Diagnostic) -> impl Ord + '_ {
    (
        &finding.span,
        finding.code,
        finding.severity,
        &finding.message,
        &finding.help,
    )
}

/// Where a finding is documented, relative to the repository's root.
fn docs(finding: &Diagnostic) -> String {
    format!("docs/findings.md#{}", finding.code)
}

impl Severity {
    /// The word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

#[cfg(test)]
mod tests;
