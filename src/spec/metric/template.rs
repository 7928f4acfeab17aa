//! Texts in which the rollout's own words stand for themselves.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::diagnostic::suggest;
use crate::spec::text::{text_type, written_as_displayed};

/// A text with placeholders such as `{{track}}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

text_type!(
    Template,
    "template",
    "A text in which `{{strategy}}`, `{{namespace}}`, `{{track}}`, `{{behaviour}}`, `{{stableTrack}}` and `{{interval}}` stand for those of the rollout."
);
written_as_displayed!(Template);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Text(String),
    Placeholder(Placeholder),
}

/// What can stand in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placeholder {
    /// The strategy's name.
    Strategy,
    /// Its namespace.
    Namespace,
    /// The track that is measured.
    Track,
    /// The behaviour digest that is measured, in 64 hex digits.
    Behaviour,
    /// The track of what runs already.
    StableTrack,
    /// The time between two measurements, such as `30s`: the range of a query whose points must
    /// not overlap.
    Interval,
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseTemplateError {
    /// A placeholder is not known.
    #[error("`{{{{{name}}}}}` stands for nothing: {help}")]
    Unknown {
        /// What stands between the braces.
        name: String,
        /// What to write.
        help: String,
    },
    /// A placeholder does not end.
    #[error("`{{{{` has no `}}}}` behind it: write a placeholder such as `{{{{track}}}}`")]
    Open,
    /// Nothing is there.
    #[error("the text is empty")]
    Empty,
}

impl Placeholder {
    const ALL: [Self; 6] = [
        Self::Strategy,
        Self::Namespace,
        Self::Track,
        Self::Behaviour,
        Self::StableTrack,
        Self::Interval,
    ];

    /// The word between the braces.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strategy => "strategy",
            Self::Namespace => "namespace",
            Self::Track => "track",
            Self::Behaviour => "behaviour",
            Self::StableTrack => "stableTrack",
            Self::Interval => "interval",
        }
    }
}

impl Template {
    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a placeholder stands in it.
    pub fn has(&self, placeholder: Placeholder) -> bool {
        self.parts.contains(&Part::Placeholder(placeholder))
    }

    /// What stands before the first placeholder.
    pub fn beginning(&self) -> &str {
        match self.parts.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// The text with every placeholder replaced.
    pub fn fill<'v>(&self, value: impl Fn(Placeholder) -> &'v str) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Placeholder(placeholder) => value(*placeholder),
        });
        parts.collect()
    }
}

impl FromStr for Template {
    type Err = ParseTemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() {
            return Err(ParseTemplateError::Empty);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, behind) = after.split_once("}}").ok_or(ParseTemplateError::Open)?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Placeholder(placeholder(name.trim())?));
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }
}

fn placeholder(name: &str) -> Result<Placeholder, ParseTemplateError> {
    let known = Placeholder::ALL.into_iter();
    let found = known.clone().find(|it| it.as_str() == name);
    found.ok_or_else(|| {
        let words = known.clone().map(Placeholder::as_str);
        let help = match suggest(name, words.clone()) {
            Some(meant) => format!("did you mean `{{{{{meant}}}}}`?"),
            None => format!("there are {}", words.collect::<Vec<_>>().join(", ")),
        };
        let name = name.to_owned();
        ParseTemplateError::Unknown { name, help }
    })
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced() {
        let template: Template = "rate(x{s=\"{{strategy}}\",t=\"{{ track }}\"}[1m])"
            .parse()
            .unwrap();
        let filled = template.fill(|placeholder| placeholder.as_str());
        assert_eq!(filled, "rate(x{s=\"strategy\",t=\"track\"}[1m])");
        assert!(template.has(Placeholder::Track));
        assert!(!template.has(Placeholder::Behaviour));
        assert_eq!(template.beginning(), "rate(x{s=\"");
    }

    #[test]
    fn an_unknown_placeholder_is_told_with_the_likely_one() {
        let error = "{{trak}}".parse::<Template>().unwrap_err().to_string();
        assert_eq!(
            error,
            "`{{trak}}` stands for nothing: did you mean `{{track}}`?"
        );
        let error = "{{zebra}}".parse::<Template>().unwrap_err().to_string();
        assert!(
            error.ends_with(
                "there are strategy, namespace, track, behaviour, stableTrack, interval"
            )
        );
        let error = "a {{track".parse::<Template>().unwrap_err().to_string();
        assert!(error.contains("has no `}}` behind it"), "{error}");
        assert!(" ".parse::<Template>().is_err());
    }
}
