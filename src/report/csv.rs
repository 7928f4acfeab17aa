//! A table of a report as comma-separated values (RFC 4180).

use super::{Report, Table};

/// One table.
pub fn csv(report: &Report, table: Table) -> String {
    let titles = table.columns().iter().map(|(name, rule)| match *rule {
        "" => (*name).to_owned(),
        rule => format!("{name} ({rule})"),
    });
    let mut text = line(titles);
    for cells in table.rows(report) {
        text.push_str(&line(cells.into_iter()));
    }
    text
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| quoted(&cell)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell that a spreadsheet takes for text and for nothing else: one that begins like a formula
/// gets an apostrophe.
fn quoted(cell: &str) -> String {
    let begins = cell.chars().next();
    let is_formula =
        begins.is_some_and(|first| matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r'));
    let cell = if is_formula {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if cell.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}
