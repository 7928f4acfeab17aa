//! A blue-green change: judged in full and unseen, then everything at once. A bad one goes away, and
//! nobody noticed.

use super::meter::{BAD, GATE, Meter};
use super::scene::{FATES, Scene, images};
use crate::cluster::{Cluster, Options};
use crate::fleet::service;

/// A service whose changes are judged by their metric, and let through by a person.
fn text(name: &str, digit: char) -> String {
    let service = service(name, 3, digit);
    format!(
        "{service}  ports: [{{name: http, port: 8080}}]\n  rollout:\n    bootstrap: direct\n    blueGreen: {{gates: [{GATE}, {{pause: {{}}}}]}}\n"
    )
}

#[tokio::test]
async fn a_blue_green_change_takes_over_at_once_or_goes_away_unseen() {
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

    scene.push(name, &text(name, 'b'));
    scene.begins(name).await;
    scene
        .rests_at(name, "preview", "who promotes the stage")
        .await;
    assert_eq!(scene.serving(name).await, images(name, [('a', 3)]));
    let judged = scene.of_image(name, 'b').await;
    assert_eq!(judged.len(), 3, "{judged:?}");
    scene.ask("promote", name);
    scene.promoted(name, 2).await;
    assert_eq!(scene.serving(name).await, images(name, [('b', 3)]));
    assert_eq!(scene.of_image(name, 'b').await, judged);
    scene.until_pods_of(name, 'b', 3).await;

    scene.push(name, &text(name, BAD));
    scene.begins(name).await;
    scene.sent_back(name, "rejects").await;
    assert_eq!(scene.serving(name).await, images(name, [('b', 3)]));
    scene.until_pods_of(name, 'b', 3).await;
    assert_eq!(scene.of_image(name, 'b').await, judged);
    let history = recorder.finish().await;
    assert_eq!(history.pods_of(name).len(), 9, "three of each version");
}
