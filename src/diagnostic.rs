//! What is wrong (or worth knowing) in a user's files: one type for the terminal, JSON, pull
//! requests and status.
//!
//! A diagnostic points into the user's own file, never into generated output, and says what to do.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod catalog;
pub mod render;
mod suggest;

pub use suggest::suggest;

use serde::{Deserialize, Serialize};

use crate::source::RepoPath;

/// A finding's stable name: kebab-case, documented in `docs/findings.md` under the same anchor.
pub type Code = &'static str;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Stops the strategy that has it.
    Error,
    /// Does not stop anything.
    Warning,
    /// Tells.
    Info,
}

/// A place in a text. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
    /// Byte offset from the start of the file.
    pub offset: usize,
}

/// A stretch of one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: RepoPath,
    /// Its first character.
    pub start: Position,
    /// Behind its last character.
    pub end: Position,
}

impl Span {
    /// The very beginning of a file, for findings about the file as a whole.
    pub fn start_of(file: RepoPath) -> Self {
        let origin = Position {
            line: 1,
            column: 1,
            offset: 0,
        };
        Self {
            file,
            start: origin,
            end: origin,
        }
    }
}

/// A second place that explains a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there.
    pub text: String,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which rule.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong, as a sentence without its full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where.
    pub span: Span,
    /// Other places that explain it.
    pub labels: Vec<Label>,
}

impl Diagnostic {
    /// A finding that stops its strategy.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message.into())
    }

    /// A finding that stops nothing.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message.into())
    }

    /// A finding that only tells.
    pub fn info(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Info, code, span, message.into())
    }

    /// Adds what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Whether it stops its strategy.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    fn new(severity: Severity, code: Code, span: Span, message: String) -> Self {
        Self {
            code,
            severity,
            message,
            help: None,
            span,
            labels: Vec::new(),
        }
    }
}
