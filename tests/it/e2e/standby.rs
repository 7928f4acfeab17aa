//! A warm standby takes the new version, is judged unseen, then takes over; what ran before stands
//! by from then on. A bad version never serves.

use super::meter::{BAD, GATE, Meter};
use super::scene::{FATES, Scene, images};
use crate::cluster::{Cluster, Options};
use crate::fleet::service;

/// A service whose changes are judged by their metric, and let through by a person.
fn text(name: &str, digit: char) -> String {
    let service = service(name, 2, digit);
    format!(
        "{service}  ports: [{{name: http, port: 8080}}]\n  rollout:\n    bootstrap: direct\n    standbyFirst: {{gates: [{GATE}, {{pause: {{}}}}]}}\n"
    )
}

#[tokio::test]
async fn a_standby_takes_the_new_version_and_then_takes_over() {
    let cluster = Cluster::private(&Options::default());
    let meter = Meter::start(&cluster).await;
    let mut scene = Scene::open(&cluster, &[("tidegate.yaml", &meter.root())]).await;
    for (fate, name) in FATES {
        scene.decide(fate);
        story(&mut scene, name).await;
    }
    scene.close().await;
}

async fn story(scene: &mut Scene<'_>, name: &str) {
    let recorder = scene.record().await;
    scene.settle(name, &text(name, 'a')).await;
    assert_eq!(scene.serving(name).await, images(name, [('a', 2)]));
    assert_eq!(scene.of_image(name, 'a').await.len(), 4);

    scene.push(name, &text(name, 'b'));
    scene.begins(name).await;
    scene
        .rests_at(name, "standby", "who promotes the stage")
        .await;
    assert_eq!(scene.serving(name).await, images(name, [('a', 2)]));
    let judged = scene.of_image(name, 'b').await;
    assert_eq!(judged.len(), 2, "{judged:?}");
    scene.ask("promote", name);
    scene.promoted(name, 2).await;
    assert_eq!(scene.serving(name).await, images(name, [('b', 2)]));
    // What ran before is of the new version too, and stands by.
    scene.until_pods_of(name, 'b', 4).await;
    assert!(scene.of_image(name, 'b').await.is_superset(&judged));
    assert_eq!(scene.serving(name).await, images(name, [('b', 2)]));

    scene.push(name, &text(name, BAD));
    scene.begins(name).await;
    scene.sent_back(name, "rejects").await;
    scene.until_pods_of(name, 'b', 4).await;
    assert!(scene.of_image(name, 'b').await.is_superset(&judged));
    assert_eq!(scene.serving(name).await, images(name, [('b', 2)]));
    let history = recorder.finish().await;
    // Two stand by each time, and two of the bad version gave way to two of the good one.
    assert_eq!(history.pods_of(name).len(), 12);
}
