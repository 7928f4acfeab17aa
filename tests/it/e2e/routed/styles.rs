//! What a route can do besides weights: requests told apart by their headers, and copied.

use super::super::requests;
use super::{GATE, Harbour, Road, routed};

const HEADERS: &str = "[{header: X-Desk, value: research}, {header: X-Beta, value: 'on'}]";

/// `signals` by headers, `quotes` by copies.
fn both(digit: char) -> [(&'static str, String); 2] {
    let ab = format!("ab: {{match: {HEADERS}, gates: [{GATE}]}}");
    let mirror = format!("mirror: {{share: 50%, gates: [{GATE}]}}");
    [
        ("signals", routed("signals", "3", digit, &ab)),
        ("quotes", routed("quotes", "3", digit, &mirror)),
    ]
}

#[tokio::test]
async fn requests_are_told_apart_or_copied_until_the_metric_says_which_version_stays() {
    let harbour = Harbour::build(&['c', 'e']).await;
    let cluster = &harbour.cluster;
    let mark = cluster.audit().mark().await;
    let mut daemon = harbour.deployed(&both('a')).await;
    let signals = Road::of(cluster, "signals").await;
    let quotes = Road::of(cluster, "quotes").await;
    signals.until("A").await;
    quotes.until("A").await;

    let commit = harbour.push(&both('b'));
    daemon.wait_reconciled(&commit).await;
    let stable = (harbour.pods("signals").await, harbour.pods("quotes").await);
    harbour.push(&both('c'));
    harbour
        .wait_sent_back("signals", "rejects", &signals, 'C')
        .await;
    harbour
        .wait_sent_back("quotes", "rejects", &quotes, 'C')
        .await;
    let now = (harbour.pods("signals").await, harbour.pods("quotes").await);
    assert_eq!(now, stable, "the stable is as it was");

    let commit = harbour.push(&both('d'));
    signals.until("X-Desk=research or X-Beta=on: D; B").await;
    daemon = harbour.anew(daemon).await;
    daemon.wait_reconciled(&commit).await;
    harbour.push(&both('e'));
    quotes.until("D ~E 50%").await;
    let _daemon = harbour.anew(daemon).await;
    harbour
        .wait_sent_back("signals", "rejects", &signals, 'E')
        .await;
    harbour
        .wait_sent_back("quotes", "rejects", &quotes, 'E')
        .await;

    let by = "X-Desk=research or X-Beta=on";
    let expected = [
        "A".to_owned(),
        format!("{by}: B; A"),
        "B".to_owned(),
        format!("{by}: C; B"),
        "B".to_owned(),
        format!("{by}: D; B"),
        "D".to_owned(),
        format!("{by}: E; D"),
        "D".to_owned(),
    ];
    assert_eq!(signals.told(), expected);
    let expected = [
        "A", "A ~B 50%", "B", "B ~C 50%", "B", "B ~D 50%", "D", "D ~E 50%", "D",
    ];
    assert_eq!(quotes.told(), expected);
    harbour.feeder.nothing_was_lost();
    requests(cluster, mark).await;
}
