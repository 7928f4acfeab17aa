//! A recording as comma-separated values: a header, then a row a value.
//!
//! `time,metric,track,value,samples`, in any order of the columns; `samples` may be left out.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::recording::{Recording, Side};
use crate::rollout::statistics::Point;
use crate::spec::metric::MetricName;

/// A row that says nothing that could be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct RowError {
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

const COLUMNS: [&str; 5] = ["time", "metric", "track", "value", "samples"];

/// Reads a recording, or tells every row that is wrong.
pub fn read(text: &str) -> Result<Recording, Vec<RowError>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().enumerate().map(|(index, it)| (index + 1, it));
    let mut lines = lines.by_ref().filter(|(_, line)| !line.trim().is_empty());
    let Some((number, header)) = lines.next() else {
        let message = "there is nothing in it".to_owned();
        return Err(vec![wrong(1, message, &form())]);
    };
    let columns = columns(number, header).map_err(|error| vec![error])?;
    let mut recording = Recording::default();
    let mut errors = Vec::new();
    for (number, line) in lines {
        match row(&columns, number, line) {
            Ok((metric, side, point)) if !recording.add(&metric, side, point) => {
                let side = side.as_str();
                errors.push(wrong(
                    number,
                    format!(
                        "`{metric}` of the {side} has a value of {} already",
                        point.at
                    ),
                    "leave one of the two rows out",
                ));
            }
            Ok(_) => {}
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() && recording.first().is_none() {
        let message = "there is no row after the header".to_owned();
        errors.push(wrong(number, message, "add a row for each value"));
    }
    if errors.is_empty() {
        Ok(recording)
    } else {
        Err(errors)
    }
}

fn wrong(line: usize, message: String, help: &str) -> RowError {
    RowError {
        line,
        message,
        help: help.to_owned(),
    }
}

fn form() -> String {
    format!("write `{}` into its first line", COLUMNS.join(","))
}

/// Where each column is.
fn columns(number: usize, header: &str) -> Result<BTreeMap<&'static str, usize>, RowError> {
    let mut columns = BTreeMap::new();
    for (index, name) in header.split(',').enumerate() {
        let name = name.trim();
        let known = COLUMNS.iter().find(|it| name.eq_ignore_ascii_case(it));
        let Some(known) = known else {
            let message = format!("there is no column `{name}`");
            return Err(wrong(number, message, &form()));
        };
        if columns.insert(*known, index).is_some() {
            let message = format!("the column `{known}` is there twice");
            return Err(wrong(number, message, "leave one of them out"));
        }
    }
    let needed = COLUMNS.iter().filter(|it| **it != "samples");
    match needed.clone().find(|it| !columns.contains_key(*it)) {
        Some(missing) => {
            let message = format!("the column `{missing}` is missing");
            Err(wrong(number, message, &form()))
        }
        None => Ok(columns),
    }
}

fn row(
    columns: &BTreeMap<&'static str, usize>,
    number: usize,
    line: &str,
) -> Result<(MetricName, Side, Point), RowError> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    if fields.len() != columns.len() {
        let message = format!(
            "the header has {} columns, and this row has {}",
            columns.len(),
            fields.len()
        );
        let help = "write one value for each column; none of them has a comma or quotes in it";
        return Err(wrong(number, message, help));
    }
    let field = |name: &str| {
        let index = columns.get(name);
        index.and_then(|index| fields.get(*index)).copied()
    };
    let needed = |name: &str| field(name).unwrap_or_default();
    let metric = needed("metric").parse::<MetricName>();
    let metric = metric.map_err(|error| {
        let help = "write the metric's name as under `metrics:`";
        wrong(number, error.to_string(), help)
    })?;
    let point = Point {
        at: instant(number, needed("time"))?,
        value: value(number, needed("value"))?,
        samples: samples(number, field("samples").unwrap_or_default())?,
    };
    Ok((metric, side(number, needed("track"))?, point))
}

/// An instant as people write it, or in seconds as Prometheus does.
fn instant(number: usize, text: &str) -> Result<Timestamp, RowError> {
    let seconds = || {
        let millis = text.parse::<f64>().ok().map(|it| (it * 1000.0).round())?;
        let is_instant = (0.0..1e14).contains(&millis);
        #[expect(clippy::cast_possible_truncation, reason = "it is small, and whole")]
        is_instant.then(|| Timestamp::from_millisecond(millis as i64).ok())?
    };
    text.parse().ok().or_else(seconds).ok_or_else(|| {
        let help = "write it as `2026-11-02T14:30:00Z`, or in seconds since 1970";
        wrong(number, format!("`{text}` is no instant"), help)
    })
}

fn side(number: usize, text: &str) -> Result<Side, RowError> {
    match text {
        "stable" => Ok(Side::Stable),
        "candidate" => Ok(Side::Candidate),
        _ => {
            let message = format!("`{text}` is no track");
            let help = "write `candidate` for the new version, `stable` for what ran beside it";
            Err(wrong(number, message, help))
        }
    }
}

fn value(number: usize, text: &str) -> Result<f64, RowError> {
    text.parse().map_err(|_| {
        let help = "write a number such as `0.012`, or leave the row out if there was none";
        wrong(number, format!("the value `{text}` is no number"), help)
    })
}

fn samples(number: usize, text: &str) -> Result<Option<f64>, RowError> {
    if text.is_empty() {
        return Ok(None);
    }
    let count = text.parse::<f64>().ok();
    let count = count.filter(|it| it.is_finite() && *it >= 0.0);
    count.map(Some).ok_or_else(|| {
        let message = format!("`{text}` is no number of samples");
        let help = "write how many things the value is about, or nothing if that is not known";
        wrong(number, message, help)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "time,metric,track,value,samples\n";

    fn errors(text: &str) -> Vec<(usize, String)> {
        let errors = read(text).unwrap_err();
        assert!(errors.iter().all(|it| !it.help.is_empty()));
        errors.into_iter().map(|it| (it.line, it.message)).collect()
    }

    #[track_caller]
    fn refused(row: &str, message: &str) {
        let text = format!("{HEADER}{row}\n");
        assert_eq!(errors(&text), [(2, message.to_owned())]);
    }

    #[test]
    fn rows_are_values_at_instants() {
        let rows = "2026-11-02T14:30:00Z,reject,candidate,0.01,50\n\
                    \n\
                    1793629860,reject,stable,NaN,\n";
        let recording = read(&format!("{HEADER}{rows}")).unwrap();
        let first = recording.first().unwrap();
        assert_eq!(first.to_string(), "2026-11-02T14:30:00Z");
        let last = recording.last().unwrap();
        assert_eq!(last.as_second(), 1_793_629_860);
    }

    #[test]
    fn columns_come_in_any_order_and_samples_may_be_missing() {
        let text = "track,Value,time,metric\r\nstable,1,2026-11-02T14:30:00Z,reject\r\n";
        assert!(read(text).is_ok());
    }

    #[test]
    fn a_header_is_needed() {
        assert_eq!(errors(""), [(1, "there is nothing in it".to_owned())]);
        for (header, message) in [
            ("when,metric\n", "there is no column `when`"),
            ("time,time\n", "the column `time` is there twice"),
            ("time,metric,track\n", "the column `value` is missing"),
            (HEADER, "there is no row after the header"),
        ] {
            assert_eq!(errors(header), [(1, message.to_owned())]);
        }
    }

    #[test]
    fn a_bad_row_is_told_with_its_line() {
        refused("a,b", "the header has 5 columns, and this row has 2");
        refused("noon,reject,stable,1,", "`noon` is no instant");
        refused("-1,reject,stable,1,", "`-1` is no instant");
        refused("1,reject,main,1,", "`main` is no track");
        refused("1,reject,stable,much,", "the value `much` is no number");
        refused("1,reject,stable,1,-2", "`-2` is no number of samples");
    }

    #[test]
    fn every_bad_row_is_told_at_once() {
        let text = format!("{HEADER}1,reject,stable,x,\n2,reject,stable,1,\n2,reject,stable,2,\n");
        let told = errors(&text);
        assert_eq!(told.len(), 2);
        assert_eq!(told[1].0, 4);
        assert!(
            told[1]
                .1
                .contains("has a value of 1970-01-01T00:00:02Z already")
        );
    }
}
