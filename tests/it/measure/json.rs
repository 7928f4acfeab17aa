//! JSON documents.

use tidegate::rollout::gates::{Outcome, Query, Source};

use super::{error, measurer, none, parse, take};
use crate::prometheus::Exporter;

fn at(address: &str, path: &str, samples: Option<&str>) -> Query {
    Query::Value(Source::Http {
        url: format!("{address}/stats"),
        path: parse(path),
        samples: samples.map(parse),
        headers: none(),
    })
}

#[tokio::test]
async fn a_number_is_found_in_a_document() {
    let server = Exporter::start();
    server.say(r#"{"orders": {"rejectRatio": 0.25, "count": 80}, "note": "x", "gone": null}"#);
    let address = server.address();
    let measurer = measurer(None);
    let both = at(&address, "$.orders.rejectRatio", Some("$.orders.count"));
    let expected = Outcome::Value {
        value: 0.25,
        samples: Some(80.0),
    };
    assert_eq!(take(&measurer, &both).await, expected);
    for path in ["$.missing", "$.gone"] {
        let outcome = take(&measurer, &at(&address, path, None)).await;
        assert!(matches!(outcome, Outcome::NoData(_)), "{outcome:?}");
    }
    let text = take(&measurer, &at(&address, "$.note", None)).await;
    error(&text, "there is a text at `$.note`");
}

#[tokio::test]
async fn what_is_no_document_is_an_error() {
    let server = Exporter::start();
    let measurer = measurer(None);
    let query = at(&server.address(), "$.a", None);
    server.say("not JSON");
    error(&take(&measurer, &query).await, "its answer is not JSON");
    server.answer("500 Internal Server Error");
    error(&take(&measurer, &query).await, "it answers 500");
    server.answer("302 Found");
    error(&take(&measurer, &query).await, "redirects are not followed");
}
