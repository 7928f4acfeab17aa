//! A preview as the comment of a pull request, within what forges accept.
//!
//! Diffs are packed whole, the riskiest first, and what does not fit is counted, never cut.

use std::fmt::Write as _;

use super::inline::safe;
use super::{News, Preview, Row, stages};
use crate::build::Build;
use crate::compile::UnitId;
use crate::diagnostic::{Diagnostic, Severity, render};
use crate::diff::mask::Masked;
use crate::diff::render as diff;

/// How every comment begins: by it, the next one is found and edited.
pub const MARKER: &str = "<!-- tidegate:preview:v1";

/// GitHub refuses a comment over 65,536 characters; what a bot adds must fit too.
pub const MAX_CHARACTERS: usize = 60_000;

/// Rows beyond these are counted.
const MAX_ROWS: usize = 100;

/// Findings beyond these are counted.
const MAX_FINDINGS: usize = 40;

/// Facts of a row beyond these are counted.
const MAX_FACTS: usize = 8;

/// What the table and the findings may each take, so that the other and the diffs have room too.
const MAX_PART: usize = 20_000;

/// What the tables of stages may take; `tidegate plan` has all of them.
const MAX_STAGES: usize = 10_000;

/// Room kept for the lines that count what was left out, and the footer.
const RESERVE: usize = 1_000;

/// The comment.
pub fn markdown(preview: &Preview, base: &Build, head: &Build) -> String {
    let mut page = Page::begin(&heading(preview, base, head));
    page.add(&table(preview));
    page.add(&findings(&preview.news));
    let mut room = MAX_STAGES;
    for row in &preview.rows {
        let stages = stages::markdown(row, &name(&row.unit));
        let characters = stages.chars().count();
        if characters <= room && page.try_add(&stages) {
            room -= characters;
        }
    }
    let shown = preview
        .rows
        .iter()
        .filter(|row| page.try_add(&section(row)))
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

    /// Adds a part whose size is bounded.
    fn add(&mut self, part: &str) {
        self.characters += part.chars().count();
        self.text.push_str(part);
    }

    /// Adds a part if it fits. Whether it did.
    fn try_add(&mut self, part: &str) -> bool {
        let fits = self.characters + part.chars().count() + RESERVE <= MAX_CHARACTERS;
        if fits {
            self.add(part);
        }
        fits
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
    let _ = writeln!(text, "{}\n", tally(preview));
    text
}

/// "1 material, 2 minor, 1 added, 12 unchanged · 1 error, 2 warnings".
fn tally(preview: &Preview) -> String {
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
    let found = render::summary(&render::sorted(&preview.news.findings))
        .unwrap_or_else(|| "no new findings".to_owned());
    format!("{} · {found}", parts.join(", "))
}

fn table(preview: &Preview) -> String {
    if preview.rows.is_empty() {
        return "Nothing that runs changes.\n".to_owned();
    }
    let head = "| Unit | Desk | Class | Change | What changes | What happens |\n|---|---|---|---|---|---|\n";
    let (rows, left) = fitting(preview.rows.iter().map(line), MAX_ROWS);
    let rest = match left {
        0 => String::new(),
        left => format!("\n… and {left} more of {} units.\n", preview.rows.len()),
    };
    format!("{head}{rows}{rest}")
}

/// The first of the lines, as many as a part may have, and how many are left.
fn fitting(lines: impl ExactSizeIterator<Item = String>, most: usize) -> (String, usize) {
    let all = lines.len();
    let (mut text, mut characters, mut count) = (String::new(), 0, 0);
    for line in lines.take(most) {
        characters += line.chars().count();
        if characters > MAX_PART {
            break;
        }
        text.push_str(&line);
        count += 1;
    }
    (text, all - count)
}

fn line(row: &Row) -> String {
    let class = row
        .class
        .map_or_else(|| "desk".to_owned(), |class| word(&class));
    let class = row
        .mode
        .map_or_else(|| class.clone(), |mode| format!("{class}, {}", word(&mode)));
    let cause = row.cause.words().map(str::to_owned);
    let mut facts: Vec<String> = cause
        .iter()
        .chain(&row.facts)
        .take(MAX_FACTS)
        .map(|fact| safe(fact))
        .collect();
    if row.facts.len() > MAX_FACTS {
        facts.push(format!("{} more", row.facts.len() - MAX_FACTS));
    }
    format!(
        "| `{}` | `{}` | {class} | {} | {} | {} |\n",
        name(&row.unit),
        row.desk,
        row.change.as_str(),
        facts.join("; "),
        safe(&row.consequence)
    )
}

fn findings(news: &News) -> String {
    let mut text = String::new();
    if !news.findings.is_empty() {
        text.push_str(&listed(&news.findings));
    }
    match news.known {
        0 => {}
        1 => text.push_str("\n1 known finding; `tidegate check` tells it\n"),
        known => {
            let _ = writeln!(
                text,
                "\n{known} known findings; `tidegate check` lists them"
            );
        }
    }
    text
}

/// Errors first, so that they are never among those that are only counted.
fn listed(findings: &[Diagnostic]) -> String {
    let mut sorted = render::sorted(findings);
    sorted.sort_by_key(|finding| finding.severity);
    let open = if findings.iter().any(Diagnostic::is_error) {
        " open"
    } else {
        ""
    };
    let (lines, left) = fitting(sorted.iter().map(|finding| told(finding)), MAX_FINDINGS);
    let rest = match left {
        0 => String::new(),
        left => format!("- … and {left} more; `tidegate check` lists them\n"),
    };
    format!(
        "\n<details{open}><summary>Findings ({})</summary>\n\n{lines}{rest}\n</details>\n",
        sorted.len()
    )
}

fn told(finding: &Diagnostic) -> String {
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
    let start = finding.span.start;
    let place = format!("{}:{}:{}", finding.span.file, start.line, start.column);
    format!(
        "- {mark} {} {} (`{}`){help}\n",
        safe(&format!("`{place}`")),
        safe(&finding.message),
        finding.code
    )
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
