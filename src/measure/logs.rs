//! How many lines a log has, by class.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jsonpath_rust::JsonPath as _;
use serde_json::Value;

use super::prometheus::Server;
use super::{Trouble, json};
use crate::rollout::gates::Log;
use crate::spec::metric::JsonPath;

/// More classes than anybody can tell apart.
const MOST: usize = 1000;

/// What a server counts, over the time that stands in its queries, until an instant.
pub(super) async fn of_server(
    server: &Server<'_>,
    query: &str,
    samples: Option<&str>,
    at: Timestamp,
) -> Result<Log, Trouble> {
    let counts = server.values(query, at).await?;
    let counts = counts.into_iter();
    let classes = classes(counts.map(|(labels, count)| (class(labels), count)))?;
    let lines = match samples {
        None => classes.values().sum(),
        Some(samples) => match server.instant("samples", samples, at).await {
            // Without a series there is no line.
            Err(Trouble::NoData(_)) => 0.0,
            lines => lines?,
        },
    };
    Ok(Log { classes, lines })
}

/// What stands in a document: a mapping of classes to counts.
pub(super) fn of_document(
    document: &Value,
    path: &JsonPath,
    samples: Option<&JsonPath>,
) -> Result<Log, Trouble> {
    let found = document
        .query(path.as_str())
        .map_err(|_| Trouble::Error(format!("`{path}` cannot be looked for")))?;
    let counts = match found.as_slice() {
        [] | [Value::Null] => {
            return Err(Trouble::NoData(format!(
                "its answer has nothing at `{path}`"
            )));
        }
        [Value::Object(counts)] => counts,
        _ => {
            return Err(Trouble::Error(format!(
                "at `{path}` is no mapping of classes to counts"
            )));
        }
    };
    let counts = counts.iter().map(|(class, count)| {
        let count = count.as_f64();
        let count = count.ok_or_else(|| Trouble::Error(format!("`{class}` has no count")));
        Ok((class.clone(), count?))
    });
    let classes = classes(counts.collect::<Result<Vec<_>, Trouble>>()?.into_iter())?;
    let lines = match samples {
        None => classes.values().sum(),
        Some(samples) => json::number(document, samples)?,
    };
    Ok(Log { classes, lines })
}

/// The classes that have lines.
fn classes(counts: impl Iterator<Item = (String, f64)>) -> Result<BTreeMap<String, f64>, Trouble> {
    let mut classes = BTreeMap::new();
    for (class, count) in counts {
        if !count.is_finite() {
            return Err(Trouble::Error(format!(
                "`{class}` is {count}, which is no number of lines"
            )));
        }
        if count > 0.0 {
            *classes.entry(class).or_insert(0.0) += count;
        }
    }
    if classes.len() > MOST {
        return Err(Trouble::Error(format!(
            "it tells {} classes apart: group by what is the same each time, and not by what a line says of its moment",
            classes.len()
        )));
    }
    Ok(classes)
}

/// What a series is called: the value of its only label, or all of them.
fn class(labels: BTreeMap<String, String>) -> String {
    let only = labels.len() == 1;
    let values = labels.into_iter().map(|(label, value)| {
        if only {
            value
        } else {
            format!("{label}={value}")
        }
    });
    values.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn classes_are_called_after_their_labels() {
        let labels = |labels: &[(&str, &str)]| {
            let labels = labels.iter();
            class(
                labels
                    .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                    .collect(),
            )
        };
        assert_eq!(
            labels(&[("class", "Power Peg disabled")]),
            "Power Peg disabled"
        );
        assert_eq!(
            labels(&[("level", "error"), ("class", "x")]),
            "class=x, level=error"
        );
        assert_eq!(labels(&[]), "");
    }

    #[test]
    fn a_document_holds_a_count_for_each_class() {
        let document =
            json!({"errors": {"timeout": 3, "reject": 0}, "lines": 800, "bad": {"x": "y"}});
        let of = |path: &str, samples: &str| {
            of_document(
                &document,
                &path.parse().unwrap(),
                Some(&samples.parse().unwrap()),
            )
        };
        let expected = Log {
            classes: [("timeout".to_owned(), 3.0)].into(),
            lines: 800.0,
        };
        assert_eq!(of("$.errors", "$.lines"), Ok(expected));
        assert!(matches!(of("$.none", "$.lines"), Err(Trouble::NoData(_))));
        assert!(matches!(of("$.errors", "$.none"), Err(Trouble::NoData(_))));
        for path in ["$.lines", "$.bad"] {
            assert!(
                matches!(of(path, "$.lines"), Err(Trouble::Error(_))),
                "{path}"
            );
        }
    }

    #[test]
    fn what_differs_with_every_line_is_no_class() {
        let counts = |number: usize| (0..number).map(|it| (format!("order {it} rejected"), 1.0));
        assert_eq!(classes(counts(MOST)).unwrap().len(), MOST);
        let error = classes(counts(MOST + 1)).unwrap_err().to_string();
        assert!(error.contains("1001 classes"), "{error}");
        assert!(classes([("x".to_owned(), f64::NAN)].into_iter()).is_err());
    }
}
