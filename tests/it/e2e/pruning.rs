//! What is taken out of Git goes; what cannot be made again, or may be a mistake, stays.

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::api::Api;

use super::{consent_in, deployed, requests, root_with, uids};
use crate::cluster::{Cluster, Options, wait};
use crate::daemon::{self, tidegate, wait_looked, wait_release, waits_for};
use crate::fleet::{self, RATES, algo, path, service};
use crate::gitserver::Repo;

/// What a command prints, on both streams.
async fn said(cluster: &Cluster, args: &[&str]) -> String {
    let output = tidegate(cluster, args.iter().copied()).output().await;
    let output = output.expect("tidegate runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

async fn live_diff(cluster: &Cluster, repo: &Repo) -> String {
    let folder = repo
        .clone_dir()
        .to_str()
        .expect("temporary paths are UTF-8");
    said(cluster, &["diff", "--live", folder]).await
}

#[tokio::test]
async fn removed_strategy_goes_and_its_claim_waits_for_a_consent() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let strategies = [
        ("tern", algo("tern", "one", 'a')),
        ("knot", algo("knot", "two", 'a')),
        ("gull", service("gull", 1, 'a')),
    ];
    let daemon = deployed(&cluster, &repo, &strategies).await;
    let before = uids(&cluster, RATES);

    let commit = fleet::remove(&repo, &[&path("tern")]);
    daemon.wait_reconciled(&commit).await;
    let after = uids(&cluster, RATES);
    let claim = "PersistentVolumeClaim/tern.data";
    assert_eq!(after.get(claim), before.get(claim));
    let others = before.iter().filter(|(name, _)| !name.contains("/tern"));
    let kept = others.chain(before.get_key_value(claim));
    let kept = kept
        .map(|(name, uid)| (name.clone(), uid.clone()))
        .collect();
    assert_eq!(after, kept, "the others are untouched");

    let status = said(&cluster, &["status", "tern"]).await;
    let consent = consent_in(&status, "tern.data");
    assert_eq!(
        consent_in(&live_diff(&cluster, &repo).await, "tern.data"),
        consent
    );

    repo.push(
        &[("tidegate.yaml", &root_with(&[consent]))],
        "Give the claim up",
    );
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(cluster.client().await, RATES);
    wait::until_gone(&claims, "tern.data").await;
    requests(&cluster, mark).await;
}

#[tokio::test]
async fn nothing_is_removed_for_what_cannot_be_read() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let strategies = [
        ("tern", algo("tern", "one", 'a')),
        ("knot", algo("knot", "two", 'a')),
        ("gull", service("gull", 1, 'a')),
    ];
    let _daemon = deployed(&cluster, &repo, &strategies).await;
    let before = uids(&cluster, RATES);

    // One file cannot be read, another is gone, a third is changed: only the change is made.
    repo.git(&["rm", "--quiet", &path("knot")]);
    let broken = "kind: Strategy\nspec: [\n";
    let changed = service("gull", 2, 'a');
    let files = [(&*path("tern"), broken), (&*path("gull"), &*changed)];
    let commit = repo.push(&files, "Break a file");
    wait_looked(&cluster, &commit).await;
    let deployments: Api<Deployment> = Api::namespaced(cluster.client().await, RATES);
    let gull = deployments.get("gull").await.expect("the others go on");
    assert_eq!(gull.spec.and_then(|spec| spec.replicas), Some(2));
    assert_untouched(&cluster, &before);

    // A fleet without its root, and a repository without anything, are no empty fleets.
    let commit = fleet::remove(&repo, &["tidegate.yaml"]);
    wait_looked(&cluster, &commit).await;
    assert_untouched(&cluster, &before);
    let commit = fleet::remove(&repo, &["."]);
    wait_looked(&cluster, &commit).await;
    assert_untouched(&cluster, &before);
    requests(&cluster, mark).await;
}

#[track_caller]
fn assert_untouched(cluster: &Cluster, before: &std::collections::BTreeMap<String, String>) {
    let after = uids(cluster, RATES);
    let lost: Vec<_> = before
        .iter()
        .filter(|(name, uid)| after.get(*name) != Some(uid))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[tokio::test]
async fn more_deletions_than_the_cap_need_the_consent_that_the_diff_prints() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let strategies = [
        ("tern", algo("tern", "one", 'a')),
        ("knot", algo("knot", "two", 'a')),
        ("gull", service("gull", 1, 'a')),
        ("auk", service("auk", 1, 'a')),
    ];
    let daemon = deployed(&cluster, &repo, &strategies).await;
    let before = uids(&cluster, RATES);

    let gone = [path("tern"), path("knot"), path("gull")];
    let commit = fleet::remove(&repo, &gone.each_ref().map(String::as_str));
    wait_looked(&cluster, &commit).await;
    assert_eq!(
        uids(&cluster, RATES),
        before,
        "too many to go without a consent"
    );
    for name in ["tern", "knot", "gull"] {
        wait_release(&cluster, name, "asks for a consent", |status| {
            waits_for(status, "more than the cap of 10")
        })
        .await;
    }
    let printed = live_diff(&cluster, &repo).await;
    let consent = consent_in(&printed, "objects");
    let status = said(&cluster, &["status", "tern"]).await;
    assert!(
        status.contains(&consent.replace("2099-01-01", "<date>")),
        "{status}\n{printed}"
    );

    let commit = repo.push(&[("tidegate.yaml", &root_with(&[consent]))], "Let them go");
    daemon.wait_reconciled(&commit).await;
    let left: Vec<String> = uids(&cluster, RATES).into_keys().collect();
    let stays = |name: &&String| {
        let is_gone = ["/tern", "/knot", "/gull"]
            .iter()
            .any(|gone| name.contains(gone));
        !is_gone || name.starts_with("PersistentVolumeClaim/")
    };
    let expected: Vec<String> = before.keys().filter(stays).cloned().collect();
    assert_eq!(left, expected);
    let sets: Api<StatefulSet> = Api::namespaced(cluster.client().await, RATES);
    assert!(sets.get_opt("tern").await.expect("answered").is_none());
    requests(&cluster, mark).await;
    daemon::status(&cluster).await;
}
