//! A preview as the comment of a pull request, within what forges accept.
//!
//! Sections are packed whole, the riskiest first, and what does not fit is counted, never cut.

use std::fmt::Write as _;

use super::{Preview, Row};
use crate::build::Build;
use crate::compile::UnitId;
use crate::diagnostic::{Diagnostic, Severity, render};
use crate::diff::mask::Masked;
use crate::diff::render as diff;

/// How every comment begins: by it, the next one is found and edited.
pub const MARKER: &str = "<!-- tidegate:preview:v1";

/// GitHub refuses a comment over 65,536 characters; what a bot adds must fit too.
pub const MAX_CHARACTERS: usize = 60_000;

/// Findings beyond these are counted.
const MAX_FINDINGS: usize = 100;

/// Room kept for the lines that count what was left out, and the footer.
const RESERVE: usize = 1_000;

/// The comment.
pub fn markdown(preview: &Preview, base: &Build, head: &Build) -> String {
    let mut page = Page::begin(&heading(preview, base, head));
    page.pack(&table(preview));
    page.pack(&findings(&head.findings));
    let shown = preview
        .rows
        .iter()
        .filter(|row| page.pack(&[section(row)]))
        .count();
    page.end(shown, preview.rows.len())
}

/// A text that grows by whole pieces and never beyond the limit.
struct Page {
    text: String,
    characters: usize,
}

impl Page {
    fn begin(heading: &str) -> Self {
        Self {
            text: heading.to_owned(),
            characters: heading.chars().count(),
        }
    }

    /// Adds all of the pieces or, when they do not fit, those of them that do and a line that
    /// counts the rest. Whether all did.
    fn pack(&mut self, pieces: &[String]) -> bool {
        for (index, piece) in pieces.iter().enumerate() {
            let characters = piece.chars().count();
            if self.characters + characters + RESERVE > MAX_CHARACTERS {
                self.rest(pieces.len() - index, pieces.len());
                return false;
            }
            self.text.push_str(piece);
            self.characters += characters;
        }
        true
    }

    fn rest(&mut self, missing: usize, all: usize) {
        if all > 1 {
            let line = format!("\n… and {missing} more of {all}.\n");
            self.characters += line.chars().count();
            self.text.push_str(&line);
        }
    }

    fn end(mut self, shown: usize, all: usize) -> String {
        if shown < all {
            let _ = write!(
                self.text,
                "\nShowing the rendered diff of {shown} of {all} units; `tidegate diff --base REV` shows all of it.\n"
            );
        }
        let _ = write!(
            self.text,
            "\n<sub>Rendered by tidegate {} from Git alone, without a cluster.</sub>\n",
            env!("CARGO_PKG_VERSION")
        );
        self.text
    }
}

fn heading(preview: &Preview, base: &Build, head: &Build) -> String {
    let commit = |build: &Build| {
        build
            .commit
            .clone()
            .unwrap_or_else(|| "uncommitted".to_owned())
    };
    let mut text = format!("{MARKER} base={} head={} -->\n", commit(base), commit(head));
    let fleet = head.fleet.as_ref().or(base.fleet.as_ref());
    let name = fleet.map_or_else(
        || "fleet".to_owned(),
        |fleet| format!("`{}` on `{}`", fleet.name, fleet.cluster.name),
    );
    let _ = writeln!(text, "### Tidegate preview · {name}\n");
    let _ = writeln!(text, "{}\n", tally(preview, head));
    text
}

/// "1 material, 2 minor, 1 added, 0 removed, 12 unchanged · 1 error, 2 warnings".
fn tally(preview: &Preview, head: &Build) -> String {
    use super::Change::{Added, Broken, Material, Minor, Removed};
    let count = |change| {
        preview
            .rows
            .iter()
            .filter(|row| row.change == change)
            .count()
    };
    let mut parts: Vec<String> = [Broken, Removed, Material, Added, Minor]
        .into_iter()
        .filter(|change| count(*change) > 0)
        .map(|change| format!("**{} {}**", count(change), change.as_str()))
        .collect();
    parts.push(format!("{} unchanged", preview.unchanged));
    let found = render::summary(&render::sorted(&head.findings))
        .unwrap_or_else(|| "no findings".to_owned());
    format!("{} · {found}", parts.join(", "))
}

fn table(preview: &Preview) -> Vec<String> {
    if preview.rows.is_empty() {
        return vec!["Nothing that runs changes.\n".to_owned()];
    }
    let mut lines = vec![
        "| Unit | Desk | Class | Change | What changes | What happens |\n|---|---|---|---|---|---|\n".to_owned(),
    ];
    lines.extend(preview.rows.iter().map(line));
    lines
}

fn line(row: &Row) -> String {
    let class = row
        .class
        .map_or_else(|| "desk".to_owned(), |class| word(&class));
    let class = row
        .mode
        .map_or_else(|| class.clone(), |mode| format!("{class}, {}", word(&mode)));
    let facts: Vec<String> = row.facts.iter().map(|fact| safe(fact)).collect();
    format!(
        "| `{}` | `{}` | {class} | {} | {} | {} |\n",
        name(&row.unit),
        row.desk,
        row.change.as_str(),
        facts.join("; "),
        row.consequence
    )
}

fn findings(findings: &[Diagnostic]) -> Vec<String> {
    let sorted = render::sorted(findings);
    if sorted.is_empty() {
        return Vec::new();
    }
    let open = if findings.iter().any(Diagnostic::is_error) {
        " open"
    } else {
        ""
    };
    let mut lines = vec![format!(
        "\n<details{open}><summary>Findings ({})</summary>\n\n",
        sorted.len()
    )];
    lines.extend(sorted.iter().take(MAX_FINDINGS).map(|finding| {
        let mark = match finding.severity {
            Severity::Error => "❌",
            Severity::Warning => "⚠️",
            Severity::Info => "ℹ️",
        };
        let help = finding
            .help
            .as_ref()
            .map(|help| format!(" — {}", safe(help)))
            .unwrap_or_default();
        let place = format!(
            "{}:{}:{}",
            finding.span.file, finding.span.start.line, finding.span.start.column
        );
        format!(
            "- {mark} `{}` {} (`{}`){help}\n",
            safe(&place),
            safe(&finding.message),
            finding.code
        )
    }));
    if sorted.len() > MAX_FINDINGS {
        lines.push(format!(
            "- … and {} more; `tidegate check` lists them\n",
            sorted.len() - MAX_FINDINGS
        ));
    }
    lines.push("\n</details>\n".to_owned());
    // A closing tag that did not fit would swallow the rest, so the block is one piece.
    vec![lines.concat()]
}

fn section(row: &Row) -> String {
    if row.objects.is_empty() {
        return String::new();
    }
    let objects = if row.objects.len() == 1 {
        "object"
    } else {
        "objects"
    };
    let diff = diff::markdown(&Masked::of(&row.objects));
    format!(
        "\n<details><summary><code>{}</code> · {} {objects}</summary>\n\n{diff}\n</details>\n",
        name(&row.unit),
        row.objects.len()
    )
}

fn name(unit: &UnitId) -> String {
    match unit {
        UnitId::Desk(name) => format!("{name}/"),
        UnitId::Strategy(name) => name.to_string(),
    }
}

fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// A user's words in a table: they close no cell, open no tag and call nobody.
fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' => out.push_str("\\|"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("@\u{200b}"),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}
