//! A report as a page.

use std::fmt::Write as _;

use super::{Report, Table};
use crate::calendar::whole_second;
use crate::preview::inline::whole;

/// The page.
pub fn markdown(report: &Report) -> String {
    let mut page = head(report);
    for table in [Table::Changes, Table::Said, Table::Inventory] {
        let _ = writeln!(page, "\n## {}\n", table.title());
        self::table(&mut page, table, &table.rows(report));
    }
    page.push_str(
        "\nA column names the rule that it gives evidence for. Whether the evidence is enough is \
         for the reader to say: Tidegate is not in the order path, and enforces no limit of a venue \
         or a broker.\n",
    );
    page
}

fn head(report: &Report) -> String {
    let mut page = format!(
        "# Fleet {}: {} to {}\n\n",
        whole(&report.fleet),
        whole_second(report.span.from),
        whole_second(report.span.to)
    );
    let _ = match (report.findings, report.head) {
        (0, None) => writeln!(page, "The ledger is empty."),
        (0, Some(head)) => writeln!(
            page,
            "From the fleet's ledger, which is sound up to its last entry, `{head}`: \
             `tidegate ledger verify` shows the same."
        ),
        (findings, _) => writeln!(
            page,
            "**Do not rely on this: {findings} things are wrong with the ledger.** `tidegate ledger \
             verify` shows them all."
        ),
    };
    page
}

fn table(page: &mut String, table: Table, rows: &[Vec<String>]) {
    if rows.is_empty() {
        page.push_str("Nothing.\n");
        return;
    }
    let titles = table.columns().iter().map(|(name, rule)| match *rule {
        "" => (*name).to_owned(),
        rule => format!("{name}<br>*{rule}*"),
    });
    row(page, titles);
    row(page, table.columns().iter().map(|_| "---".to_owned()));
    for cells in rows {
        row(page, cells.iter().map(|cell| whole(cell)));
    }
}

fn row(page: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}
