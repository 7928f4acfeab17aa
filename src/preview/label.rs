//! Whether a unit's change is material or minor, and why: what a diff says of it beside its objects.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::inline::safe;
use super::{Change, Row};
use crate::compile::UnitId;
use crate::diagnostic::render::neutralise;

/// What a unit's change is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The unit.
    pub unit: UnitId,
    /// Whether it is material.
    pub change: Change,
    /// What changed it.
    pub cause: Cause,
    /// What changes, in the spec's words.
    pub why: Vec<String>,
    /// What comes of it.
    pub consequence: String,
}

/// What changed a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cause {
    /// Somebody: it says something else.
    #[default]
    Spec,
    /// Only that the fleet asks for another edition's defaults.
    Edition,
    /// Only that this Tidegate compiles the same spec to something else.
    Compiler,
}

impl Cause {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Edition => "edition",
            Self::Compiler => "compiler",
        }
    }

    /// What it says that the spec's own words do not.
    pub(super) fn words(self) -> Option<&'static str> {
        match self {
            Self::Spec => None,
            Self::Edition => Some("only the edition changed it"),
            Self::Compiler => {
                Some("only the compiler changed it: the spec is the same as what runs")
            }
        }
    }
}

impl Label {
    /// The label of a preview's row.
    pub fn of(row: &Row) -> Self {
        Self {
            unit: row.unit.clone(),
            change: row.change,
            cause: row.cause,
            why: row.facts.clone(),
            consequence: row.consequence.clone(),
        }
    }

    /// What changes, and what changed it where the spec did not.
    pub fn reasons(&self) -> String {
        let cause = self.cause.words().map(str::to_owned);
        let reasons: Vec<String> = cause.into_iter().chain(self.why.iter().cloned()).collect();
        reasons.join("; ")
    }

    /// A label a line, for a terminal.
    pub fn text(labels: &[Self]) -> String {
        let width = labels.iter().map(|it| it.change.as_str().len()).max();
        let width = width.unwrap_or(0);
        let mut text = String::new();
        for label in labels {
            let line = format!(
                "{:<width$}  {}: {}. {}",
                label.change.as_str(),
                label.unit.release_name(),
                label.reasons(),
                label.consequence
            );
            let _ = writeln!(text, "{}", neutralise(&line));
        }
        text
    }

    /// Labels as a list of Markdown.
    pub fn markdown(labels: &[Self]) -> String {
        let mut text = String::new();
        for label in labels {
            let _ = writeln!(
                text,
                "- **{}** {}: {}. {}",
                label.change.as_str(),
                safe(&format!("`{}`", label.unit.release_name())),
                safe(&label.reasons()),
                safe(&label.consequence)
            );
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }

    /// Labels for programs.
    pub fn json(labels: &[Self]) -> Value {
        let labels = labels.iter().map(|label| {
            let (kind, name) = match &label.unit {
                UnitId::Desk(name) => ("desk", name.as_str()),
                UnitId::Strategy(name) => ("strategy", name.as_str()),
            };
            json!({
                "kind": kind,
                "name": name,
                "change": label.change.as_str(),
                "cause": label.cause.as_str(),
                "why": label.why,
                "consequence": label.consequence,
            })
        });
        labels.collect()
    }
}
