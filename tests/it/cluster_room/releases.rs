//! Releases, and the comparing write of their status.

use kube::ResourceExt as _;
use tidegate::cluster::{Class, Fault, releases};
use tidegate::release::{Phase, Release, ReleaseSpec, ReleaseStatus};

use super::Leader;
use crate::cluster::Cluster;

/// Names and versions: which Releases they are, as of when.
fn state(releases: impl IntoIterator<Item = Release>) -> Vec<(String, String)> {
    let facts = |it: Release| (it.name_any(), it.resource_version().unwrap());
    releases.into_iter().map(facts).collect()
}

fn spec(leader: &Leader, strategy: &str) -> ReleaseSpec {
    ReleaseSpec {
        fleet: "fleet".to_owned(),
        cluster: "here".to_owned(),
        desk: "hall".to_owned(),
        strategy: Some(strategy.to_owned()),
        namespace: leader.namespace.clone(),
        owner: format!("owner-of-{strategy}"),
    }
}

fn status(phase: Phase) -> ReleaseStatus {
    ReleaseStatus {
        version: ReleaseStatus::VERSION,
        phase,
        ..ReleaseStatus::default()
    }
}

#[tokio::test]
async fn a_release_is_made_once_and_seen_at_once() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "release-once").await;
    let spec = spec(&leader, "lamp");
    let make = || releases::create(&leader.writer, &leader.namespace, "lamp", spec.clone());
    let made = make().await.unwrap();
    assert_eq!(made.labels()["tidegate.dev/owner"], "owner-of-lamp");
    assert_eq!(
        state(leader.cache.release("lamp")),
        state(Some(made.clone()))
    );
    let again = make().await.unwrap_err();
    assert_eq!(*again.fault(), Fault::AlreadyExists);

    let client = leader.client();
    let read = releases::get(client, &leader.namespace, "lamp").await;
    assert_eq!(state(read.unwrap()), state(Some(made.clone())));
    let listed = releases::list(client, &leader.namespace).await.unwrap();
    assert_eq!(state(listed), state([made.clone()]));
    let absent = releases::get(client, &leader.namespace, "desk.hall").await;
    assert!(absent.unwrap().is_none());

    releases::delete(&leader.writer, &made).await.unwrap();
    releases::delete(&leader.writer, &made).await.unwrap();
    assert!(leader.cache.releases().is_empty());
}

#[tokio::test]
async fn a_status_is_written_only_over_the_one_that_was_read() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "release-swap").await;
    let read = releases::create(
        &leader.writer,
        &leader.namespace,
        "desk.hall",
        spec(&leader, "a"),
    )
    .await
    .unwrap();
    let put = |phase| releases::put_status(&leader.writer, &read, status(phase));
    let written = put(Phase::Progressing).await.unwrap();
    assert_eq!(written.status.as_ref().unwrap().phase, Phase::Progressing);
    assert_eq!(state(leader.cache.release("desk.hall")), state([written]));

    let late = put(Phase::Ready).await.unwrap_err();
    assert_eq!(late.class(), Class::Stale);
    assert_eq!(
        late.to_string(),
        format!(
            "write the status of Release {}/desk.hall: it has changed since it was looked at; look again",
            leader.namespace
        )
    );
    let kept = leader.cache.release("desk.hall").unwrap();
    assert_eq!(kept.status.unwrap().phase, Phase::Progressing);
}
