//! Which findings a change brings.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, render};

/// What a reader must see, and how much is left out as known.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    /// Every error, and what was not found before.
    pub findings: Vec<Diagnostic>,
    /// How many others there are, all of them found before.
    pub known: usize,
}

/// What makes two findings the same although lines have moved.
type Key<'a> = (&'a str, Code, &'a str);

fn key(finding: &Diagnostic) -> Key<'_> {
    (finding.span.file.as_str(), finding.code, &finding.message)
}

/// Holds the findings of the head against those of the base.
pub(super) fn news(base: &[Diagnostic], head: &[Diagnostic]) -> News {
    let mut before: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    for finding in render::sorted(base) {
        *before.entry(key(finding)).or_default() += 1;
    }
    let mut news = News {
        findings: Vec::new(),
        known: 0,
    };
    for finding in render::sorted(head) {
        let left = before.get_mut(&key(finding)).filter(|left| **left > 0);
        let is_known = left.map(|left| *left -= 1).is_some();
        if is_known && !finding.is_error() {
            news.known += 1;
        } else {
            news.findings.push(finding.clone());
        }
    }
    news
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Position, Span};

    fn at(line: usize, message: &str) -> Diagnostic {
        let position = Position {
            line,
            column: 1,
            offset: line,
        };
        let span = Span {
            file: "a.yaml".into(),
            start: position,
            end: position,
        };
        Diagnostic::warning("unpinned-image", span, message)
    }

    fn check(base: &[Diagnostic], head: &[Diagnostic], findings: &[Diagnostic], known: usize) {
        let findings = findings.to_vec();
        assert_eq!(news(base, head), News { findings, known });
    }

    #[test]
    fn a_finding_that_only_moved_is_known() {
        check(&[at(1, "a")], &[at(7, "a")], &[], 1);
    }

    #[test]
    fn a_second_one_of_the_same_words_is_new() {
        check(&[at(1, "a")], &[at(1, "a"), at(2, "a")], &[at(2, "a")], 1);
    }

    #[test]
    fn an_error_is_told_however_old_it_is() {
        let error = Diagnostic::error("unknown-field", at(1, "").span, "b");
        let (base, head) = ([error.clone()], [error.clone(), at(2, "a")]);
        check(&base, &head, &[error, at(2, "a")], 0);
    }
}
