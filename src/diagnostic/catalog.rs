//! Every code that exists, with what it means and what to do: the source of `docs/findings.md`.
//!
//! Flat tables, by what the codes are about. A test compares them with the code.

mod accounts;
mod calendars;
mod classes;
mod documents;
mod files;
mod images;
mod network;
mod people;
mod references;
mod rollouts;
mod yaml;

use super::{Code, Severity};

/// What is known about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    /// The code.
    pub code: Code,
    /// How much its findings weigh; a rule may weigh more on live strategies.
    pub severity: Severity,
    /// What it is called.
    pub title: &'static str,
    /// What it means, and why it is a finding at all.
    pub explanation: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// Every code.
pub fn every() -> impl Iterator<Item = &'static Explained> {
    PARTS.iter().flat_map(|part| part.iter())
}

const PARTS: [&[Explained]; 11] = [
    accounts::CODES,
    calendars::CODES,
    classes::CODES,
    documents::CODES,
    files::CODES,
    images::CODES,
    network::CODES,
    people::CODES,
    references::CODES,
    rollouts::CODES,
    yaml::CODES,
];

/// What is known about a code.
pub fn find(code: &str) -> Option<&'static Explained> {
    every().find(|entry| entry.code == code)
}

/// The reference of all codes in Markdown, in alphabetical order.
pub fn markdown() -> String {
    let mut entries: Vec<&Explained> = every().collect();
    entries.sort_by_key(|entry| entry.code);
    let mut page = String::from(INTRODUCTION);
    for entry in entries {
        page.push_str(&section(entry));
    }
    page
}

fn section(entry: &Explained) -> String {
    format!(
        "\n## {}\n\n**{}** ({}). {}\n\n**What to do:** {}\n",
        entry.code,
        entry.title,
        entry.severity.as_str(),
        entry.explanation,
        entry.remedy
    )
}

const INTRODUCTION: &str = "\
# Findings

Everything that `tidegate check` can tell, by code. An error stops the strategy that has it, and
only that one; a warning or an info stops nothing. This page is generated from
`src/diagnostic/catalog`.
";

#[cfg(test)]
mod tests;
