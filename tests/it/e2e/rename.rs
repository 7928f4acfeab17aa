//! A rename keeps what the strategy keeps, and never has two pods.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::api::Api;

use super::history::Recorder;
use super::{deployed, requests};
use crate::cluster::{Cluster, Options, PodEnd, wait};
use crate::daemon::{wait_release, waits_for};
use crate::fleet::{self, RATES, algo, path};

fn holdings(names: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
    let one = |(name, account): &(&str, &str)| ((*name).to_owned(), vec![(*account).to_owned()]);
    names.iter().map(one).collect()
}

#[expect(clippy::too_many_lines, reason = "a scenario is read in order")]
#[tokio::test]
async fn declared_rename_mounts_the_old_claim_and_an_undeclared_one_waits() {
    let cluster = Cluster::private(&Options {
        pod_end: PodEnd::After(2),
        ..Options::default()
    });
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let strategies = [
        ("tern", algo("tern", "one", 'a')),
        ("knot", algo("knot", "two", 'a')),
    ];
    let daemon = deployed(&cluster, &repo, &strategies).await;
    let client = cluster.client().await;
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(client.clone(), RATES);
    let claim = claims
        .get("tern.data")
        .await
        .expect("the claim")
        .metadata
        .uid;
    let recorder = Recorder::start(&cluster).await;

    repo.git(&["mv", &path("tern"), &path("skua")]);
    let renamed = format!("{}  renamedFrom: tern\n", algo("skua", "one", 'a'));
    let commit = repo.push(&[(&path("skua"), &renamed)], "Rename tern");
    daemon.wait_reconciled(&commit).await;
    let pods: Api<Pod> = Api::namespaced(client.clone(), RATES);
    let pod = pods.get("skua-0").await.expect("the renamed one runs");
    let volumes = pod.spec.and_then(|spec| spec.volumes).unwrap_or_default();
    let mounted: Vec<String> = volumes
        .into_iter()
        .filter_map(|volume| Some(volume.persistent_volume_claim?.claim_name))
        .collect();
    assert_eq!(mounted, ["tern.data"]);
    assert_eq!(
        claims
            .get("tern.data")
            .await
            .expect("the claim")
            .metadata
            .uid,
        claim
    );
    let sets: Api<StatefulSet> = Api::namespaced(client.clone(), RATES);
    assert!(sets.get_opt("tern").await.expect("answered").is_none());

    // Nobody says that `dunlin` is what `knot` was, whose claim is still there.
    repo.git(&["mv", &path("knot"), &path("dunlin")]);
    repo.push(
        &[(&path("dunlin"), &algo("dunlin", "two", 'a'))],
        "Replace knot",
    );
    let status = wait_release(&cluster, "dunlin", "waits for a person", |status| {
        waits_for(status, "was held by strategy `knot`")
    })
    .await;
    assert!(waits_for(&status, "renamedFrom: knot"), "{status:?}");
    wait::until_gone(&pods, "knot-0").await;
    assert!(sets.get_opt("dunlin").await.expect("answered").is_none());

    let declared = format!("{}  renamedFrom: knot\n", algo("dunlin", "two", 'a'));
    let commit = repo.push(&[(&path("dunlin"), &declared)], "Say that it is a rename");
    daemon.wait_reconciled(&commit).await;
    let history = recorder.finish().await;
    let names = [
        ("tern", "one"),
        ("skua", "one"),
        ("knot", "two"),
        ("dunlin", "two"),
    ];
    history.assert_one_pod_per_holding(&holdings(&names));
    history.assert_references_exist();
    assert_eq!(history.pods_of("dunlin").len(), 1);
    requests(&cluster, mark).await;
}
