//! Texts that look like secrets. What is found is never repeated in a finding.

use super::ConfigFile;
use crate::diagnostic::{Position, Span};

/// Something that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leak {
    /// Its line, from 1.
    pub(super) line: usize,
    /// What it looks like, without the value.
    pub(super) what: String,
}

/// Parts of names under which secrets are kept.
const NAMES: &[&str] = &[
    "secret",
    "password",
    "passwd",
    "passphrase",
    "token",
    "bearer",
    "apikey",
    "privatekey",
    "accesskey",
    "jwt",
];

/// Beginnings that only secrets have.
const BEGINNINGS: &[(&str, usize, &str)] = &[
    ("-----BEGIN ", 0, "a private key"),
    ("AKIA", 20, "an AWS access key"),
    ("ghp_", 40, "a GitHub token"),
    ("github_pat_", 40, "a GitHub token"),
    ("glpat-", 26, "a GitLab token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("sk_live_", 24, "a live API key"),
];

/// The first thing in a text that looks like a secret.
pub(super) fn find(text: &str) -> Option<Leak> {
    text.lines().enumerate().find_map(|(index, line)| {
        let what = known_form(line).or_else(|| line.split([',', '{', '&']).find_map(named))?;
        let line = index + 1;
        Some(Leak { line, what })
    })
}

/// Where a leak is.
pub(super) fn span(file: &ConfigFile, leak: &Leak) -> Span {
    let offset = file
        .text
        .split_inclusive('\n')
        .take(leak.line - 1)
        .map(str::len)
        .sum();
    let start = Position {
        line: leak.line,
        column: 1,
        offset,
    };
    Span {
        file: file.source.clone(),
        start,
        end: start,
    }
}

/// Whether a name is one under which secrets are kept.
pub(super) fn is_secret_name(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let path = ["file", "path", "dir", "url", "name", "env"];
    NAMES.iter().any(|part| plain.contains(part)) && !path.iter().any(|end| plain.ends_with(end))
}

/// Whether a value could be a secret rather than a switch, a path or a reference to one.
pub(super) fn is_secret_value(value: &str) -> bool {
    let value = value.trim();
    let references = ["$", "<", "{", "/", "env:", "file:", "vault:"];
    value.len() >= 6
        && !value.contains(char::is_whitespace)
        && value.parse::<f64>().is_err()
        && !references.iter().any(|start| value.starts_with(start))
}

fn known_form(line: &str) -> Option<String> {
    let forms = BEGINNINGS.iter().find(|(start, length, _)| {
        line.match_indices(start).any(|(at, _)| {
            let word = line.get(at..).unwrap_or_default();
            let end = word
                .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ','))
                .unwrap_or(word.len());
            *length == 0 && line.contains("PRIVATE KEY") || *length > 0 && end >= *length
        })
    });
    forms.map(|(_, _, what)| (*what).to_owned())
}

fn named(pair: &str) -> Option<String> {
    let (name, value) = pair.split_once([':', '='])?;
    let name = name
        .trim()
        .trim_start_matches("- ")
        .trim_matches(['"', '\'']);
    let value = value
        .trim()
        .trim_start_matches('=')
        .trim_end_matches(['}', ' '])
        .trim_matches(['"', '\'']);
    let comment = name.starts_with(['#', '/', ';']) || name.contains(' ');
    (!comment && is_secret_name(name) && is_secret_value(value))
        .then(|| format!("the value of `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(usize, &str)>) {
        let found = find(text);
        let found = found.as_ref().map(|leak| (leak.line, leak.what.as_str()));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn named_secrets_are_found() {
        check(
            "{\n  \"jwt_secret_key\": \"c0ffee00c0ffee\",\n}",
            Some((2, "the value of `jwt_secret_key`")),
        );
        check("api-key: hunter22", Some((1, "the value of `api-key`")));
        check("PASSWORD=hunter22", Some((1, "the value of `PASSWORD`")));
        check(
            "{\"user\": \"desk\", \"password\": \"hunter22\"}",
            Some((1, "the value of `password`")),
        );
    }

    #[test]
    fn known_forms_are_found() {
        check(
            "a\n-----BEGIN EC PRIVATE KEY-----",
            Some((2, "a private key")),
        );
        check("x: AKIAIOSFODNN7EXAMPLE", Some((1, "an AWS access key")));
    }

    #[test]
    fn switches_paths_and_references_are_not() {
        for text in [
            "password: ''",
            "password: ${PASSWORD}",
            "\"secret\": \"\",",
            "token_file: /run/secrets/token",
            "max_tokens: 5000000",
            "# password: hunter22",
            "use_token: true",
            "-----BEGIN CERTIFICATE-----",
        ] {
            check(text, None);
        }
    }
}
