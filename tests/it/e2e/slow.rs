//! Pods that end slowly or never, and controllers that stand still.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use super::history::Recorder;
use super::{deployed, requests};
use crate::cluster::{Cluster, Component, Options, PodEnd, wait};
use crate::daemon::{wait_release, waits_for};
use crate::fleet::{self, RATES, algo, path};

const NAMES: [(&str, &str); 3] = [("tern", "one"), ("knot", "two"), ("skua", "one")];

fn holdings() -> BTreeMap<String, Vec<String>> {
    let one = |(name, account): (&str, &str)| (name.to_owned(), vec![account.to_owned()]);
    NAMES.into_iter().map(one).collect()
}

#[tokio::test]
async fn no_two_pods_overlap_however_long_they_take_to_end() {
    let cluster = Cluster::private(&Options {
        pod_end: PodEnd::Seeded(11),
        ..Options::default()
    });
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let strategies = [
        ("tern", algo("tern", "one", 'a')),
        ("knot", algo("knot", "two", 'a')),
    ];
    let daemon = deployed(&cluster, &repo, &strategies).await;
    let recorder = Recorder::start(&cluster).await;

    // A second change comes while the first is under way, and a third renames.
    for digit in ['b', 'c'] {
        let changed = strategies.each_ref().map(|(name, _)| {
            let account = if *name == "tern" { "one" } else { "two" };
            (path(name), algo(name, account, digit))
        });
        let files: Vec<(&str, &str)> = changed.iter().map(|(p, t)| (&**p, &**t)).collect();
        repo.push(&files, "Change the images");
        wait_release(&cluster, "tern", "is on its way", |status| {
            status.candidate.is_some()
        })
        .await;
    }
    repo.git(&["mv", &path("tern"), &path("skua")]);
    let renamed = format!("{}  renamedFrom: tern\n", algo("skua", "one", 'c'));
    let commit = repo.push(&[(&path("skua"), &renamed)], "Rename tern");
    daemon.wait_reconciled(&commit).await;
    let history = recorder.finish().await;
    history.assert_one_pod_per_holding(&holdings());
    history.assert_references_exist();
    assert_eq!(history.pods_of("skua").len(), 1);
    assert!(history.pods_of("knot").len() >= 2);
    requests(&cluster, mark).await;
}

#[tokio::test]
async fn pod_that_never_ends_holds_the_change_back_and_status_says_so() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let strategies = [
        ("tern", algo("tern", "one", 'a')),
        ("knot", algo("knot", "two", 'a')),
    ];
    let daemon = deployed(&cluster, &repo, &strategies).await;
    let client = cluster.client().await;
    let pods: Api<Pod> = Api::namespaced(client.clone(), RATES);
    ends(&pods, "tern-0", "never").await;
    let recorder = Recorder::start(&cluster).await;

    let changed = [algo("tern", "one", 'b'), algo("knot", "two", 'b')];
    let [tern, knot] = &changed;
    repo.push(
        &[(&path("tern"), tern), (&path("knot"), knot)],
        "Change the images",
    );
    // Stopping has begun; the other is through, so this one is really held back.
    let status = wait_release(&cluster, "tern", "waits for its pod", |status| {
        waits_for(status, "tern-0") && waits_for(status, "which is stopping since")
    })
    .await;
    assert!(waits_for(&status, "it is gone"), "{status:?}");
    wait_release(&cluster, "knot", "is through", |status| {
        status.stable.as_ref().is_some_and(|stable| {
            status.candidate.is_none() && stable.commit.as_deref() == Some(&repo.head())
        })
    })
    .await;
    let sets: Api<StatefulSet> = Api::namespaced(client.clone(), RATES);
    let set = sets.get("tern").await.expect("the set is there");
    assert_eq!(set.spec.and_then(|spec| spec.replicas), Some(0));

    ends(&pods, "tern-0", "immediate").await;
    daemon.wait_reconciled(&repo.head()).await;
    let history = recorder.finish().await;
    history.assert_one_pod_per_holding(&holdings());
    history.assert_references_exist();
    assert_eq!(history.pods_of("tern").len(), 2);
    requests(&cluster, mark).await;
}

/// Has a pod end so from now on.
async fn ends(pods: &Api<Pod>, name: &str, how: &str) {
    let annotations = json!({"test.controlplane/ends-after": how});
    let patch = Patch::Merge(json!({"metadata": {"annotations": annotations}}));
    let patched = pods.patch(name, &PatchParams::default(), &patch).await;
    patched.expect("annotated");
}

#[tokio::test]
async fn nothing_is_scaled_up_before_its_controller_has_seen_the_new_template() {
    let cluster = Cluster::private(&Options {
        pod_end: PodEnd::After(3),
        ..Options::default()
    });
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let daemon = deployed(&cluster, &repo, &[("tern", algo("tern", "one", 'a'))]).await;
    let recorder = Recorder::start(&cluster).await;
    let sets: Api<StatefulSet> = Api::namespaced(cluster.client().await, RATES);

    let commit = repo.push(
        &[(&path("tern"), &algo("tern", "one", 'b'))],
        "Change the image",
    );
    // The controller stands still once it has begun to stop the pod, which takes it a while.
    let pods: Api<Pod> = Api::namespaced(cluster.client().await, RATES);
    wait::until(&pods, "tern-0", "is stopping", |pod| {
        pod.is_some_and(|pod| pod.metadata.deletion_timestamp.is_some())
    })
    .await;
    cluster.stop(Component::ControllerManager).await;
    wait::until_gone(&pods, "tern-0").await;
    wait_release(&cluster, "tern", "waits for the controller", |status| {
        waits_for(status, "the StatefulSet controller")
    })
    .await;
    let set = sets.get("tern").await.expect("the set is there");
    assert_eq!(set.spec.and_then(|spec| spec.replicas), Some(0));
    cluster.cont(Component::ControllerManager).await;
    daemon.wait_reconciled(&commit).await;
    let history = recorder.finish().await;
    history.assert_one_pod_per_holding(&holdings());
    assert_eq!(history.pods_of("tern").len(), 2);
    let events = requests(&cluster, mark).await;
    assert!(
        events
            .iter()
            .any(|it| it.object_ref.resource == "statefulsets")
    );
}
