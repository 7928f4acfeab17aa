//! A canary by the weights of its route.

use super::super::requests;
use super::{GATE, Harbour, Road, routed};
use crate::daemon::run;

fn canary(digit: char) -> String {
    let stages = format!("[{{weight: 5%, gates: [{GATE}]}}, {{weight: 50%, gates: [{GATE}]}}]");
    routed("signals", "4", digit, &format!("canary: {stages}"))
}

#[tokio::test]
async fn a_canary_rises_while_its_metric_is_good_and_falls_to_nothing_when_it_is_not() {
    let harbour = Harbour::build(&['c', 'e']).await;
    let cluster = &harbour.cluster;
    let mark = cluster.audit().mark().await;
    let mut daemon = harbour.deployed(&[("signals", canary('a'))]).await;
    let road = Road::of(cluster, "signals").await;
    road.until("A").await;

    // Each once undisturbed, and once with a daemon that dies in the middle.
    let commit = harbour.push(&[("signals", canary('b'))]);
    daemon.wait_reconciled(&commit).await;
    let stable = harbour.pods("signals").await;
    harbour.push(&[("signals", canary('c'))]);
    harbour
        .wait_sent_back("signals", "rejects", &road, 'C')
        .await;
    assert_eq!(
        harbour.pods("signals").await,
        stable,
        "the stable is as it was"
    );

    let commit = harbour.push(&[("signals", canary('d'))]);
    road.until("B 95, D 5").await;
    daemon = harbour.anew(daemon).await;
    road.until("B 50, D 50").await;
    daemon = harbour.anew(daemon).await;
    daemon.wait_reconciled(&commit).await;
    let stable = harbour.pods("signals").await;

    // What stands on a track of its own, and what the rollout turned, is no difference.
    let mut diff = std::process::Command::new(env!("CARGO_BIN_EXE_tidegate"));
    diff.arg("diff").arg(harbour.repo.clone_dir()).arg("--live");
    let diff = run(diff.env("KUBECONFIG", cluster.kubeconfig()));
    assert!(!diff.contains("HTTPRoute"), "{diff}");

    harbour.push(&[("signals", canary('e'))]);
    road.until("D 95, E 5").await;
    let _daemon = harbour.anew(daemon).await;
    harbour
        .wait_sent_back("signals", "rejects", &road, 'E')
        .await;
    assert_eq!(
        harbour.pods("signals").await,
        stable,
        "the stable is as it was"
    );

    let expected = [
        "A",
        "A 95, B 5",
        "A 50, B 50",
        "B",
        "B 95, C 5",
        "B",
        "B 95, D 5",
        "B 50, D 50",
        "D",
        "D 95, E 5",
        "D",
    ];
    assert_eq!(road.told(), expected);
    harbour.feeder.nothing_was_lost();
    requests(cluster, mark).await;
}
