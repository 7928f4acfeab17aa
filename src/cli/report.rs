//! Options of `report`.

use clap::{Args, ValueEnum};

use super::ledger::LedgerSource;

/// Options of `report`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tidegate report fleet/ --from 2026-07-01 --to 2026-10-01")]
pub struct ReportOptions {
    /// Which ledger.
    #[command(flatten)]
    pub ledger: LedgerSource,
    /// From the beginning of this day, or this instant, on.
    #[arg(long, value_name = "DAY")]
    pub from: String,
    /// Before the beginning of this day, or this instant.
    #[arg(long, value_name = "DAY")]
    pub to: String,
    /// How to print it.
    #[arg(long, short, value_enum, default_value = "markdown")]
    pub output: ReportOutput,
    /// Which table to print as comma-separated values.
    #[arg(long, value_enum, default_value = "changes")]
    pub table: ReportTable,
}

/// How `report` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportOutput {
    /// A page.
    #[value(alias = "text")]
    Markdown,
    /// One table as comma-separated values.
    Csv,
}

/// The tables of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportTable {
    /// Each strategy with its owner, its limits, and what of it runs.
    Inventory,
    /// What changed, or was to: when, from what to what, who let it go on, on which evidence.
    Changes,
    /// What people said besides.
    Said,
}
