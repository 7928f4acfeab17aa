//! A canary that a real Prometheus lets through, or sends back.

use std::collections::BTreeMap;

use super::meter::{BAD, GATE, Meter};
use super::{deployed, requests, uids};
use crate::cluster::{Cluster, Options};
use crate::daemon::{wait_release, waits_for};
use crate::fleet::{self, RATES, path, service};

fn strategy(digit: char) -> String {
    format!(
        "{}  ports: [{{name: http, port: 8080}}]\n  rollout:\n    bootstrap: direct\n    canary: [{{weight: 25%, gates: [{GATE}]}}, {{weight: 50%, gates: [{GATE}]}}]\n",
        service("signals", 4, digit)
    )
}

#[tokio::test]
async fn a_canary_goes_on_while_its_metric_is_good_and_back_when_it_is_not() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let meter = Meter::start(&cluster).await;
    let (_folder, repo) = fleet::repo();
    let daemon = deployed(&cluster, &repo, &[("signals", service("signals", 4, 'a'))]).await;
    let commit = repo.push(
        &[
            ("tidegate.yaml", &meter.root()),
            (&path("signals"), &strategy('a')),
        ],
        "Measure rejects",
    );
    daemon.wait_reconciled(&commit).await;

    let commit = repo.push(&[(&path("signals"), &strategy('b'))], "A good change");
    daemon.wait_reconciled(&commit).await;
    let stable = uids(&cluster, RATES);

    repo.push(&[(&path("signals"), &strategy(BAD))], "A bad change");
    let failed = wait_release(&cluster, "signals", "is sent back", |it| {
        it.rollout.is_none() && it.candidate.is_none() && waits_for(it, "is not tried again")
    })
    .await;
    assert!(waits_for(&failed, "rejects"), "{failed:#?}");
    let pods: BTreeMap<_, _> = stable
        .iter()
        .filter(|(name, _)| name.starts_with("Pod/"))
        .collect();
    let now = uids(&cluster, RATES);
    let untouched = pods
        .iter()
        .filter(|(name, uid)| now.get(name.as_str()) == Some(**uid));
    // One of four made room for the canary; the others never ended.
    assert!(untouched.count() >= 3, "{pods:?}\n{now:?}");
    requests(&cluster, mark).await;
}
