//! `tidegate report`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::input::Input;
use super::ledger::{judged, tell};
use super::{Exit, Failure, Screen};
use crate::cli::{ReportOptions, ReportOutput, ReportTable};
use crate::ledger::Entry;
use crate::report::{Basis, Span, Table, csv, markdown, report};

pub(super) fn run(options: &ReportOptions, screen: Screen) -> Result<Exit, Failure> {
    let span = span(options)?;
    let judged = judged(&options.ledger, None)?;
    let input = Input::from_folder(&options.ledger.fleet)?;
    let Some(fleet) = &input.build.fleet else {
        input.tell_findings(screen);
        return Ok(Exit::SpecErrors);
    };
    let entries: Vec<&Entry> = judged.entries.iter().map(|it| &it.read.entry).collect();
    let basis = Basis {
        fleet,
        entries: &entries,
        chain: &judged.chain,
        findings: judged.findings.len(),
    };
    let drawn = report(&basis, span);
    tell(&judged.findings, screen);
    let text = match options.output {
        ReportOutput::Markdown => markdown(&drawn),
        ReportOutput::Csv => csv(&drawn, table(options.table)),
    };
    screen.data(&text)?;
    let is_sound = judged.findings.is_empty();
    Ok(if is_sound { Exit::Done } else { Exit::Found })
}

fn table(table: ReportTable) -> Table {
    match table {
        ReportTable::Inventory => Table::Inventory,
        ReportTable::Changes => Table::Changes,
        ReportTable::Said => Table::Said,
    }
}

fn span(options: &ReportOptions) -> Result<Span, Failure> {
    let from = instant("--from", &options.from)?;
    let to = instant("--to", &options.to)?;
    if from < to {
        return Ok(Span { from, to });
    }
    Err(Failure::usage("--to: it is not after `--from`"))
}

/// An instant, or the beginning of a day in UTC.
fn instant(flag: &str, text: &str) -> Result<Timestamp, Failure> {
    let day = || {
        let day: Date = text.parse().ok()?;
        day.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
    };
    let instant = text.parse().ok().or_else(day);
    instant.ok_or_else(|| {
        Failure::usage(format!("{flag}: `{text}` is neither a day nor an instant"))
            .with_help("write `2026-07-01` or `2026-07-01T00:00:00Z`")
    })
}
