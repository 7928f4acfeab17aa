//! A service with state changes pod by pod from the highest ordinal down, held at each stage. What
//! fails goes back, also where a pod is stuck on it for ever.

use std::collections::BTreeMap;

use super::meter::{BAD, GATE, Meter};
use super::scene::{FATES, STUCK, Scene, image_of};
use crate::cluster::{Cluster, Options};
use crate::fleet::{image, service};

/// A service with four pods that keep something.
fn text(name: &str, digit: char) -> String {
    let service = service(name, 4, digit);
    format!(
        "{service}  ports: [{{name: http, port: 8080}}]
  state: [{{name: data, mountPath: /data, size: 1Gi, class: local}}]
  rollout:
    bootstrap: direct
    progressDeadline: 5s
    rolling:
    - {{pods: 1, gates: [{GATE}, {{pause: {{}}}}]}}
    - {{pods: 50%, gates: [{{pause: {{}}}}]}}
"
    )
}

#[tokio::test]
async fn pods_with_state_change_in_order_and_go_back() {
    let cluster = Cluster::private(&Options::default());
    let meter = Meter::start(&cluster).await;
    let mut scene = {
        // The pods share their volume, which only those of one node can.
        let root = meter.root().replace(
            "ssd: {name: ssd, csi: true}",
            "local: {name: local, csi: false}",
        );
        Scene::open(&cluster, &[("tidegate.yaml", &root)]).await
    };
    scene.break_images().await;
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
        .rests_at(name, "pods-1", "who promotes the stage")
        .await;
    assert_eq!(
        versions(scene, name).await,
        digits(name, ['a', 'a', 'a', 'b'])
    );
    let first = scene.of_image(name, 'b').await;
    scene.ask("promote", name);
    scene
        .rests_at(name, "pods-50%", "who promotes the stage")
        .await;
    assert_eq!(
        versions(scene, name).await,
        digits(name, ['a', 'a', 'b', 'b'])
    );
    assert!(scene.of_image(name, 'b').await.is_superset(&first));
    scene.ask("promote", name);
    scene.promoted(name, 2).await;
    let good = scene.of_image(name, 'b').await;
    assert_eq!(good.len(), 4, "{good:?}");

    // Its metric is bad, and then it does not even start.
    for (digit, why) in [(BAD, "rejects"), (STUCK, "no progress in 5s")] {
        let before = scene.of_image(name, 'b').await;
        scene.push(name, &text(name, digit));
        scene.begins(name).await;
        scene.sent_back(name, why).await;
        scene.until_pods_of(name, 'b', 4).await;
        let now = scene.of_image(name, 'b').await;
        assert_eq!(now.intersection(&before).count(), 3, "{before:?}, {now:?}");
    }
    let history = recorder.finish().await;
    // Four and four, and one each time that failed, with one in its place.
    assert_eq!(history.pods_of(name).len(), 12);
}

/// The image of each pod, by its name.
async fn versions(scene: &Scene<'_>, name: &str) -> BTreeMap<String, String> {
    let pods = scene.pods(name).await;
    let version = |pod| (pod_name(pod), image_of(pod));
    pods.iter().map(version).collect()
}

fn pod_name(pod: &k8s_openapi::api::core::v1::Pod) -> String {
    pod.metadata.name.clone().expect("a pod has a name")
}

/// The same, by ordinal.
fn digits(name: &str, digits: [char; 4]) -> BTreeMap<String, String> {
    let pods = digits.into_iter().enumerate();
    pods.map(|(ordinal, digit)| (format!("{name}-{ordinal}"), image(name, digit)))
        .collect()
}
