//! How many lines logs have, as Loki, a Prometheus and JSON documents tell.

use tidegate::rollout::gates::{Log, LogBefore, LogCall, Logged, Outcome, Query, Source};

use super::{error, measurer, none, parse, take};
use crate::prometheus::Exporter;

fn loki(address: &str, samples: Option<&str>) -> Source {
    Source::Loki {
        address: parse(address),
        query: "sum by (class) (count_over_time({app=\"tern\"}[5m]))".to_owned(),
        samples: samples.map(str::to_owned),
        headers: none(),
    }
}

fn document(address: &str) -> Source {
    Source::Http {
        url: format!("{address}/errors"),
        path: parse("$.errors"),
        samples: Some(parse("$.lines")),
        headers: none(),
    }
}

fn alone(candidate: Source) -> Query {
    let before = None;
    Query::Logs(Box::new(LogCall { candidate, before }))
}

fn log(lines: f64, classes: &[(&str, f64)]) -> Log {
    let classes = classes.iter();
    Log {
        classes: classes
            .map(|(class, count)| ((*class).to_owned(), *count))
            .collect(),
        lines,
    }
}

const VECTOR: &str = r#"{"status": "success", "data": {"resultType": "vector", "result": [
    {"metric": {"class": "timeout"}, "value": [1763800000.1, "12"]},
    {"metric": {"class": "Power Peg disabled"}, "value": [1763800000.1, "97"]},
    {"metric": {"class": "reject"}, "value": [1763800000.1, "0"]}], "stats": {}}}"#;

#[tokio::test]
async fn loki_counts_lines_by_their_class() {
    let server = Exporter::start();
    let measurer = measurer(None);
    server.say(VECTOR);
    let query = alone(loki(&server.address(), None));
    let expected = Outcome::Logged(Logged {
        candidate: log(109.0, &[("timeout", 12.0), ("Power Peg disabled", 97.0)]),
        before: None,
    });
    assert_eq!(take(&measurer, &query).await, expected);
    let heard = server.heard();
    assert!(
        heard.starts_with("POST /loki/api/v1/query HTTP/1.1\r\n"),
        "{heard}"
    );
    assert!(heard.contains("query=sum%20by%20%28class%29"), "{heard}");

    // No series is no error, and no line either.
    server.say(r#"{"status": "success", "data": {"resultType": "vector", "result": []}}"#);
    let query = alone(loki(
        &server.address(),
        Some("sum(count_over_time({app=\"tern\"}[5m]))"),
    ));
    let expected = Outcome::Logged(Logged {
        candidate: log(0.0, &[]),
        before: None,
    });
    assert_eq!(take(&measurer, &query).await, expected);
}

#[tokio::test]
async fn what_ran_before_is_asked_about_as_of_when_it_was_alone() {
    let server = Exporter::start();
    server.say(VECTOR);
    let before = LogBefore {
        source: loki(&server.address(), None),
        until: Some(parse("2026-11-20T08:00:00Z")),
    };
    let candidate = {
        let other = Exporter::start();
        other.say(r#"{"errors": {"timeout": 3}, "lines": 800}"#);
        let call = LogCall {
            candidate: document(&other.address()),
            before: Some(before),
        };
        let outcome = take(&measurer(None), &Query::Logs(Box::new(call))).await;
        let Outcome::Logged(logged) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(logged.before.map(|it| it.lines), Some(109.0));
        logged.candidate
    };
    assert_eq!(candidate, log(800.0, &[("timeout", 3.0)]));
    let heard = server.heard();
    assert!(heard.contains("&time=1795161600.000"), "{heard}");
}

#[tokio::test]
async fn what_is_no_count_of_lines_is_an_error() {
    let server = Exporter::start();
    let measurer = measurer(None);
    let query = alone(loki(&server.address(), None));
    server.say(r#"{"status": "success", "data": {"resultType": "streams", "result": []}}"#);
    error(&take(&measurer, &query).await, "gives lines of a log");
    server.say("too many outstanding requests");
    error(&take(&measurer, &query).await, "is no Loki");
    server.say(r#"{"status": "error", "error": "the query time range exceeds the limit"}"#);
    error(
        &take(&measurer, &query).await,
        "Loki refuses its `query`: the query time range",
    );
    let query = alone(document(&server.address()));
    server.say(r#"{"errors": [1, 2], "lines": 800}"#);
    error(
        &take(&measurer, &query).await,
        "no mapping of classes to counts",
    );
    server.say(r#"{"lines": 800}"#);
    let outcome = take(&measurer, &query).await;
    assert!(matches!(outcome, Outcome::NoData(_)), "{outcome:?}");
}
