//! What happens to rollouts besides: records that somebody edits or deletes, definitions of an
//! earlier Tidegate, newer revisions, and failures that do not go back.

use std::time::Duration;

use tidegate::release::ReleaseStatus;

use super::scene::{Scene, images};
use crate::cluster::{Cluster, Options, wait};
use crate::daemon::{NAMESPACE, run, waits_for};
use crate::fleet::{image, service};

const PERSON: &str = "who promotes the stage";

/// A service whose changes come up unseen and wait for a person.
fn text(name: &str, digit: char, more: &str) -> String {
    let service = service(name, 2, digit);
    format!(
        "{service}  ports: [{{name: http, port: 8080}}]
  rollout:
    bootstrap: direct
    blueGreen: {{gates: [{{pause: {{}}}}]}}
{more}"
    )
}

/// A scene with a strategy on its way from `a` to `b`.
async fn on_its_way<'a>(cluster: &'a Cluster, name: &str, more: &str) -> Scene<'a> {
    let mut scene = Scene::open(cluster, &[]).await;
    begin(&mut scene, name, more).await;
    scene
}

async fn begin(scene: &mut Scene<'_>, name: &str, more: &str) {
    scene.settle(name, &text(name, 'a', more)).await;
    scene.push(name, &text(name, 'b', more));
    scene.rests_at(name, "preview", PERSON).await;
}

#[tokio::test]
async fn a_record_that_is_edited_or_deleted_moves_no_pod() {
    let cluster = Cluster::private(&Options::default());
    let mut scene = on_its_way(&cluster, "tern", "").await;
    let recorder = scene.record().await;
    let (old, new) = (
        scene.of_image("tern", 'a').await,
        scene.of_image("tern", 'b').await,
    );

    // Nobody gets past a gate by a number.
    let edit = r#"{"status": {"rollout": {"stage": 1}}}"#;
    let args = [
        "patch",
        "release",
        "tern",
        "--subresource=status",
        "--type=merge",
    ];
    let in_records = ["--namespace", NAMESPACE];
    run(&mut cluster.kubectl(args.into_iter().chain(in_records).chain(["--patch", edit])));
    let is_anew = |status: &ReleaseStatus| {
        let at = status.rollout.as_ref();
        at.is_some_and(|at| at.stage == 0 && at.settled_at.is_some()) && waits_for(status, PERSON)
    };
    scene.sees("tern", "begins anew", is_anew).await;
    assert_eq!(scene.serving("tern").await, images("tern", [('a', 2)]));

    // Without a record nobody knows what was judged, so nothing is done.
    run(&mut cluster.kubectl(["delete", "release", "tern"].into_iter().chain(in_records)));
    let lost = |status: &ReleaseStatus| waits_for(status, "the record of what runs is gone");
    scene
        .sees("tern", "tells that its record is gone", lost)
        .await;
    assert_eq!(scene.serving("tern").await, images("tern", [('a', 2)]));
    assert_eq!(scene.of_image("tern", 'a').await, old);
    assert_eq!(scene.of_image("tern", 'b').await, new);

    // A person decides: what runs is what Git says, and the rest goes.
    scene.push("tern", &text("tern", 'a', ""));
    let others = "tidegate.dev/strategy=tern,tidegate.dev/track!=main";
    run(&mut cluster.kubectl(["delete", "deployments", "--namespace=rates", "-l", others]));
    scene.promoted("tern", 1).await;
    scene.until_pods_of("tern", 'a', 2).await;
    assert_eq!(scene.of_image("tern", 'a').await, old);
    let history = recorder.finish().await;
    assert_eq!(history.pods_of("tern").len(), 4, "no pod was made");
    scene.close().await;
}

#[tokio::test]
async fn a_record_that_cannot_be_kept_whole_keeps_everything_as_it_is() {
    let cluster = Cluster::private(&Options::default());
    let mut scene = Scene::open(&cluster, &[]).await;
    scene.settle("tern", &text("tern", 'a', "")).await;
    let before = scene.of_image("tern", 'a').await;
    // A definition that neither knows a field nor keeps what it does not know.
    let status = "/spec/versions/0/schema/openAPIV3Schema/properties/status";
    let remove = |field: &str| format!(r#"{{"op": "remove", "path": "{status}/{field}"}}"#);
    let fields = ["properties/rollout", "x-kubernetes-preserve-unknown-fields"];
    let patch = format!("[{}]", fields.map(remove).join(", "));
    let args = [
        "patch",
        "crd",
        "releases.tidegate.dev",
        "--type=json",
        "--patch",
    ];
    run(&mut cluster.kubectl(args.into_iter().chain([patch.as_str()])));
    definition_is_older(&cluster).await;
    scene.push("tern", &text("tern", 'b', ""));
    scene
        .wait_log("the definition of `releases.tidegate.dev` is not this Tidegate's")
        .await;
    assert_eq!(scene.of_image("tern", 'a').await, before);
    assert!(scene.of_image("tern", 'b').await.is_empty());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/crds");
    let args = ["apply", "--server-side", "--force-conflicts", "-k", folder];
    run(&mut cluster.kubectl(args));
    scene.rests_at("tern", "preview", PERSON).await;
    scene.close().await;
}

/// Waits until the API server drops what it does not know any more.
async fn definition_is_older(cluster: &Cluster) {
    let args = [
        "patch",
        "release",
        "tern",
        "--namespace",
        NAMESPACE,
        "--subresource=status",
    ];
    let tried = [
        "--type=merge",
        "--dry-run=server",
        "--patch",
        r#"{"status": {"rollout": {}}}"#,
    ];
    let dropped = async {
        // Which definition is in force can only be tried.
        let mut ticks = tokio::time::interval(Duration::from_millis(200));
        loop {
            ticks.tick().await;
            let mut patch = cluster.kubectl(args.into_iter().chain(tried));
            if patch.output().expect("kubectl runs").status.success() {
                return;
            }
        }
    };
    wait::within("the definition is the older one", dropped).await;
}

#[tokio::test]
async fn newer_revisions_and_failures_come_as_the_spec_says() {
    let cluster = Cluster::private(&Options::default());
    let queue = "    onNewRevision: queue\n";
    let mut scene = on_its_way(&cluster, "tern", queue).await;
    scene.push("tern", &text("tern", 'c', queue));
    let waits = |status: &ReleaseStatus| waits_for(status, "which comes first");
    scene
        .sees("tern", "lets the first one go first", waits)
        .await;
    scene.ask("promote", "tern");
    scene
        .sees("tern", "begins the second one", |status| {
            status.history.len() == 2 && status.rollout.is_some() && waits_for(status, PERSON)
        })
        .await;
    assert_eq!(scene.serving("tern").await, images("tern", [('b', 2)]));
    assert_eq!(scene.of_image("tern", 'c').await.len(), 2);

    let reject = "    onNewRevision: reject\n";
    begin(&mut scene, "knot", reject).await;
    scene.push("knot", &text("knot", 'c', reject));
    let turned_away = |status: &ReleaseStatus| waits_for(status, "turned away");
    scene
        .sees("knot", "turns the newer one away", turned_away)
        .await;
    scene.ask("promote", "knot");
    scene
        .sees("knot", "stays with the first one", |status| {
            status.history.len() == 2 && waits_for(status, "it came while another was under way")
        })
        .await;
    scene.until_pods_of("knot", 'b', 2).await;

    for (name, on_failure) in [("skua", "halt"), ("gull", "hold")] {
        let more = format!("    onFailure: {on_failure}\n");
        begin(&mut scene, name, &more).await;
        scene.ask("abort", name);
        let stopped = |status: &ReleaseStatus| waits_for(status, "asked to abort");
        let status = scene.sees(name, "stays where it stopped", stopped).await;
        assert_eq!(status.rollout.map(|at| at.name).as_deref(), Some("preview"));
        assert_eq!(scene.serving(name).await, images(name, [('a', 2)]));
        assert_eq!(
            scene.of_image(name, 'b').await.len(),
            2,
            "{}",
            image(name, 'b')
        );
        scene.ask("promote", name);
        scene.promoted(name, 2).await;
        scene.until_pods_of(name, 'b', 2).await;
    }
    scene.close().await;
}
