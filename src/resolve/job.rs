//! How a job splits and what it does when it fails.

use super::case::Case;
use super::{Class, ConfigFile, JobShape, config};
use crate::source::Entry;
use crate::spec::strategy::IgnoredFailure;

/// Where the table is when nobody says where the program wants it.
const TABLE: &str = "/etc/tidegate/matrix.csv";

/// Kubernetes ends at 100,000 indexes; so many rows are a mistake long before.
const MAX_ROWS: usize = 100_000;

/// How a job splits and retries.
pub(super) fn shape(case: &mut Case) -> JobShape {
    if case.spec.class != Class::Job {
        return JobShape::default();
    }
    let completions = rows(case);
    let parallelism = case.spec.parallelism.unwrap_or(1);
    if parallelism == 0 {
        case.error(
            "invalid-value",
            "/parallelism",
            "with a `parallelism` of 0 the job would never run",
            "write at least 1",
        );
    }
    if case.spec.matrix.is_none() && parallelism > 1 {
        case.error(
            "invalid-value",
            "/parallelism",
            "a job without a `matrix` has one index, so that nothing runs beside it",
            "add `matrix: {file: …}`, or remove `parallelism`",
        );
    }
    let retry = case.spec.retry.clone();
    JobShape {
        completions,
        parallelism,
        retries: retry.as_ref().and_then(|it| it.per_index).unwrap_or(0),
        ignore_preemption: retry.is_some_and(|it| it.ignore.contains(&IgnoredFailure::Preemption)),
        deadline_seconds: case.spec.deadline.map(|span| span.seconds().max(1)),
    }
}

/// A job's table as a file of its configuration.
pub(super) fn table(case: &mut Case) -> Option<ConfigFile> {
    let matrix = case.spec.matrix.clone()?;
    if case.spec.class != Class::Job {
        return None;
    }
    let (source, text) = config::text(case, "/matrix/file", &matrix.file)?;
    Some(ConfigFile {
        path: matrix
            .path
            .map_or_else(|| TABLE.to_owned(), |path| path.to_string()),
        text,
        source,
        writable: false,
    })
}

/// The rows below the line that names the columns.
fn rows(case: &mut Case) -> Option<u32> {
    let matrix = case.spec.matrix.clone()?;
    let path = case.document.span.file.sibling(&matrix.file)?;
    let Entry::File(bytes) = case.tables.sources.get(&path)? else {
        return None;
    };
    let text = std::str::from_utf8(bytes).ok()?;
    let rows = text.lines().filter(|line| !line.trim().is_empty()).count();
    let rows = rows.saturating_sub(1);
    if rows == 0 || rows > MAX_ROWS {
        case.error(
            "matrix-rows",
            "/matrix/file",
            format!("`{path}` has {rows} rows below its line of column names"),
            format!("give it at least one and at most {MAX_ROWS}"),
        );
        return None;
    }
    u32::try_from(rows).ok()
}
