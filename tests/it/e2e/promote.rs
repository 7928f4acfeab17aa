//! A change that waits for a person: promoted, given up, lifted, and gone back from.

use k8s_openapi::api::apps::v1::Deployment;
use kube::api::Api;
use tidegate::release::ReleaseStatus;

use super::{deployed, requests};
use crate::cluster::{Cluster, Options};
use crate::daemon::{self, tidegate, wait_release, waits_for};
use crate::fleet::{self, RATES, image, path, service};
use crate::gitserver::Repo;

/// A service that comes up at once the first time, and then waits for a person each time.
fn guarded(digit: char) -> String {
    format!(
        "{}  rollout:\n    bootstrap: direct\n    rollbackWindow: {{revisions: 3}}\n    watch: {{gates: [{{pause: {{}}}}]}}\n",
        service("signals", 2, digit)
    )
}

fn push(repo: &Repo, digit: char) -> String {
    repo.push(&[(&path("signals"), &guarded(digit))], "Change the image")
}

async fn ask(cluster: &Cluster, args: &[&str]) {
    let output = tidegate(cluster, args.iter().copied()).output().await;
    let output = output.expect("tidegate runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{args:?}: {out}{err}");
    assert!(out.contains("asked to"), "{out}");
}

async fn image_of(cluster: &Cluster) -> String {
    let deployments: Api<Deployment> = Api::namespaced(cluster.client().await, RATES);
    let live = deployments.get("signals").await.expect("it is there");
    let pod = live.spec.and_then(|spec| spec.template.spec);
    let containers = pod.map(|pod| pod.containers).unwrap_or_default();
    let image = containers.into_iter().find_map(|container| container.image);
    image.expect("it has an image")
}

fn is_waiting(status: &ReleaseStatus) -> bool {
    waits_for(status, "a person, who promotes the stage")
}

fn promotions(status: &ReleaseStatus) -> usize {
    status.history.len()
}

#[expect(clippy::too_many_lines, reason = "a scenario is read in order")]
#[tokio::test]
async fn a_person_promotes_gives_up_lifts_and_goes_back() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let _daemon = deployed(&cluster, &repo, &[("signals", guarded('a'))]).await;
    let release = |what: &'static str, holds: fn(&ReleaseStatus) -> bool| {
        wait_release(&cluster, "signals", what, holds)
    };

    push(&repo, 'b');
    let waiting = release("waits for a person", is_waiting).await;
    assert_eq!(image_of(&cluster).await, image("signals", 'b'));
    assert_eq!(promotions(&waiting), 1, "{waiting:#?}");
    ask(
        &cluster,
        &["promote", "signals", "--reason", "it looks right"],
    )
    .await;
    let promoted = release("is promoted", |it| {
        promotions(it) == 2 && it.rollout.is_none()
    })
    .await;
    assert!(promoted.candidate.is_none(), "{promoted:#?}");

    // Given up: what ran before runs again, and the change is not tried again by itself.
    push(&repo, 'c');
    release("waits for a person again", is_waiting).await;
    ask(
        &cluster,
        &["abort", "signals", "--reason", "fills are late"],
    )
    .await;
    let failed = release("went back", |it| {
        waits_for(it, "failed and is not tried again") && it.failure.is_none()
    })
    .await;
    assert!(waits_for(&failed, "fills are late"), "{failed:#?}");
    daemon::wait_release(&cluster, "signals", "runs what ran before", |it| {
        it.rollout.is_none() && it.candidate.is_none() && waits_for(it, "is not tried again")
    })
    .await;
    crate::cluster::wait::until(
        &Api::<Deployment>::namespaced(cluster.client().await, RATES),
        "signals",
        "has the image of before",
        |live| {
            let spec = live.and_then(|it| it.spec.as_ref()?.template.spec.as_ref());
            let images = spec.into_iter().flat_map(|it| &it.containers);
            images
                .into_iter()
                .any(|it| it.image == Some(image("signals", 'b')))
        },
    )
    .await;

    // Lifted, it is tried again; what was asked of the first try says nothing about this one.
    ask(&cluster, &["lift", "signals"]).await;
    release("waits for a person once more", is_waiting).await;
    ask(&cluster, &["promote", "signals"]).await;
    release("is promoted after all", |it| promotions(it) == 3).await;

    // Back to what was promoted before, past the gates: it was promoted lately.
    ask(
        &cluster,
        &["rollback", "signals", "--reason", "wrong fills"],
    )
    .await;
    let back = release("went back by a person's word", |it| {
        promotions(it) == 4 && waits_for(it, "wrong fills")
    })
    .await;
    let stable = back.stable.map(|it| it.behaviour);
    assert_eq!(
        stable,
        back.history.get(1).map(|it| it.revision.behaviour.clone())
    );
    assert_eq!(image_of(&cluster).await, image("signals", 'b'));

    // Git moves on, and so does everything else.
    push(&repo, 'd');
    release("waits for a person at last", is_waiting).await;
    requests(&cluster, mark).await;
}
