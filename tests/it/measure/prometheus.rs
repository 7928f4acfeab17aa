//! A real Prometheus: values, none, nonsense, and a server that is down or slow.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tidegate::rollout::gates::{Comparison, Finding, Margin, Outcome, Query, Source, Terms};
use tidegate::spec::gate::{Test, Worse};

use super::{error, measurer, mount, none, parse, take};
use crate::gitserver::{Listener, closed_port};
use crate::prometheus::{Exporter, Prometheus};

fn source(address: &str, query: &str, samples: Option<&str>) -> Source {
    Source::Prometheus {
        address: parse(address),
        query: query.to_owned(),
        samples: samples.map(str::to_owned),
        headers: none(),
    }
}

fn value(address: &str, query: &str) -> Query {
    Query::Value(source(address, query, None))
}

#[tokio::test]
async fn a_query_gives_a_value_or_says_why_not() {
    let exporter = Exporter::start();
    exporter.say("rejected{track=\"a\"} 3\nsent{track=\"a\"} 150\nsent{track=\"b\"} 0\n");
    let server = Prometheus::start(&exporter);
    server.wait_for("sent{track=\"b\"}");
    let address = server.address();
    let measurer = measurer(None);

    let ratio = "rejected{track=\"a\"} / ignoring(x) sent{track=\"a\"}";
    let both = Query::Value(source(&address, ratio, Some("sent{track=\"a\"}")));
    let expected = Outcome::Value {
        value: 0.02,
        samples: Some(150.0),
    };
    assert_eq!(take(&measurer, &both).await, expected);

    let nothing = take(&measurer, &value(&address, "rejected{track=\"b\"}")).await;
    assert_eq!(
        nothing,
        Outcome::NoData("its `query` gives no series".to_owned())
    );

    // Nothing was sent, so nothing can be said about a share of it: no error, no samples.
    let unsent = source(&address, "rejected{track=\"b\"}", Some("sent{track=\"b\"}"));
    let unsent = take(&measurer, &Query::Value(unsent)).await;
    assert!(
        matches!(unsent, Outcome::Value { samples: Some(samples), .. } if samples == 0.0),
        "{unsent:?}"
    );

    let nan = take(
        &measurer,
        &value(&address, "sent{track=\"b\"} / sent{track=\"b\"}"),
    )
    .await;
    assert!(
        matches!(nan, Outcome::Value { value, .. } if value.is_nan()),
        "{nan:?}"
    );

    for (query, why) in [
        ("sent", "gives 2 series instead of one"),
        (
            "sent{track=\"a\"}[1m]",
            "ends in a range such as `[5m]` and gives a matrix",
        ),
        (
            "scalar(sent{track=\"a\"})",
            "gives a scalar, which is a number even where there is no data",
        ),
        ("\"a\"", "gives a string instead of one number"),
        (
            "sent{",
            "Prometheus refuses its `query`: invalid parameter \"query\"",
        ),
        ("sum(", "Prometheus refuses its `query`"),
    ] {
        error(&take(&measurer, &value(&address, query)).await, why);
    }
}

#[tokio::test]
async fn two_tracks_are_compared_over_the_same_time() {
    let exporter = Exporter::start();
    // The tracks differ by one; the time makes both wander.
    exporter.say("base 10\n");
    let server = Prometheus::start(&exporter);
    let address = server.address();
    let begun = Timestamp::now();
    server.wait_for("count_over_time(base[40s]) >= 24");
    let query = |shift: &str| {
        source(
            &address,
            &format!("base + (timestamp(base) % 3) + {shift}"),
            None,
        )
    };
    let comparison = |shift: &str| {
        Query::Compare(Box::new(Comparison {
            candidate: query(shift),
            baseline: query("0"),
            from: begun,
            step: parse("1s"),
            sessions: vec![(begun, begun + SignedDuration::from_hours(1))],
            terms: Terms {
                test: Test::Shift,
                margin: Margin::Absolute(2.0),
                worse: Worse::Either,
                risk: 0.05,
                negligible: None,
                min_samples: 20,
            },
        }))
    };
    let measurer = measurer(None);
    for (shift, finding) in [("0", Finding::Within), ("9", Finding::Beyond)] {
        let outcome = take(&measurer, &comparison(shift)).await;
        let Outcome::Compared(compared) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(compared.finding, finding, "{}", compared.how);
        assert!(compared.samples >= 20, "{compared:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_down_slow_or_another_is_an_error() {
    let measurer = measurer(None);
    let down = format!("http://127.0.0.1:{}", closed_port());
    error(
        &take(&measurer, &value(&down, "up")).await,
        "onnection refused",
    );

    let silent = Listener::start(|stream: TcpStream| {
        // Says nothing until whoever asked has gone.
        let _ = std::io::copy(&mut &stream, &mut std::io::sink());
    });
    let slow = format!("http://127.0.0.1:{}", silent.port());
    error(
        &take(&measurer, &value(&slow, "up")).await,
        "did not answer within 2 s",
    );

    let exporter = Exporter::start();
    exporter.say("<html>hello</html>");
    let other = exporter.address();
    error(
        &take(&measurer, &value(&other, "up")).await,
        "is no Prometheus: <html>hello</html>",
    );
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let measurer = measurer(None);
    let exporter = Exporter::start();
    exporter.say(&"x".repeat(9 << 20));
    error(
        &take(&measurer, &value(&exporter.address(), "up")).await,
        "is longer than",
    );
}

#[tokio::test]
async fn a_secret_is_shown_only_to_the_hosts_that_it_names() {
    let folder = tempfile::tempdir().expect("a folder");
    mount(
        folder.path(),
        "query-token",
        &[("token", "hush-hush\n"), ("hosts", "127.0.0.1\n")],
    );
    mount(
        folder.path(),
        "other-token",
        &[("token", "hush-hush"), ("hosts", "a.example.com")],
    );
    mount(folder.path(), "bare-token", &[("token", "hush-hush")]);
    let measurer = measurer(Some(folder.path()));
    let echo = Exporter::start();
    echo.say("{}");
    let with = |secret: &str, key: &str| {
        let reference = tidegate::spec::metric::SecretRef {
            secret: parse(secret),
            key: key.to_owned(),
        };
        Query::Value(Source::Prometheus {
            address: parse(&echo.address()),
            query: "up".to_owned(),
            samples: None,
            headers: BTreeMap::from([("Authorization".to_owned(), reference)]),
        })
    };
    let shown = take(&measurer, &with("query-token", "token")).await;
    error(&shown, "is no Prometheus");
    assert!(echo.heard().contains("hush-hush"), "{}", echo.heard());
    for (secret, key, why) in [
        ("other-token", "token", "may not be shown to `127.0.0.1`"),
        ("bare-token", "token", "has no key `hosts`"),
        ("no-token", "token", "is not mounted"),
        (
            "query-token",
            "../other-token/token",
            "is not a key of a Secret",
        ),
        ("query-token", "hosts", "is not a key of a Secret"),
        ("query-token", "absent", "has no readable key `absent`"),
    ] {
        let outcome = take(&measurer, &with(secret, key)).await;
        error(&outcome, why);
        assert!(!format!("{outcome:?}").contains("hush"), "{outcome:?}");
    }
}

#[tokio::test]
async fn only_so_many_questions_are_under_way_at_a_time() {
    let settings = tidegate::measure::Settings {
        at_a_time: 1,
        deadline: Duration::from_secs(30),
        ..tidegate::measure::Settings::default()
    };
    let measurer = tidegate::measure::Measurer::new(settings, None).expect("it is set up");
    let exporter = Exporter::start();
    exporter.say("{}");
    let query = value(&exporter.address(), "up");
    let all = (0..20).map(|_| take(&measurer, &query));
    let outcomes = futures::future::join_all(all).await;
    assert!(outcomes.iter().all(|it| matches!(it, Outcome::Error(_))));
    assert_eq!(exporter.most_at_a_time(), 1);
}
