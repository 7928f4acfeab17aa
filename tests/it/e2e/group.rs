//! Two strategies whose gates wait for each other: they go on together, and give up together.

use super::meter::{BAD, GATE, Meter};
use super::scene::{Fate, Scene, images};
use crate::cluster::{Cluster, Options};
use crate::fleet::service;

/// The one that leads is judged by its metric, the other one first waits for a person.
const GROUPS: [(Fate, [&str; 2]); 2] = [
    (Fate::Spared, ["tern", "knot"]),
    (Fate::Killed, ["skua", "gull"]),
];

fn text(name: &str, digit: char, stages: &str) -> String {
    let service = service(name, 2, digit);
    format!(
        "{service}  ports: [{{name: http, port: 8080}}]
  rollout:
    bootstrap: direct
    canary:
{stages}"
    )
}

fn after(name: &str) -> String {
    format!("{{after: {{strategy: {name}, stage: half}}}}")
}

/// Pushes both, each with a version.
fn push(scene: &Scene<'_>, [lead, other]: [&str; 2], [one, two]: [char; 2]) {
    let gate = after(other);
    let stages = format!("    - {{name: half, weight: 50%, gates: [{GATE}, {gate}]}}\n");
    scene.write(lead, &text(lead, one, &stages));
    let gate = after(lead);
    let stages = format!(
        "    - {{name: few, weight: 10%, gates: [{{pause: {{}}}}, {gate}]}}\n    - {{name: half, weight: 60%, gates: [{gate}]}}\n"
    );
    scene.push(other, &text(other, two, &stages));
}

#[tokio::test]
async fn a_group_goes_on_together_and_gives_up_together() {
    let cluster = Cluster::private(&Options::default());
    let meter = Meter::start(&cluster).await;
    let mut scene = Scene::open(&cluster, &[("tidegate.yaml", &meter.root())]).await;
    for (fate, names) in GROUPS {
        scene.decide(fate);
        story(&mut scene, names).await;
    }
    scene.close().await;
}

async fn story(scene: &mut Scene<'_>, names: [&str; 2]) {
    let [lead, other] = names;
    push(scene, names, ['a', 'a']);
    scene.promoted(lead, 1).await;
    scene.promoted(other, 1).await;

    push(scene, names, ['b', 'b']);
    scene
        .rests_at(lead, "half", &format!("strategy: {other}"))
        .await;
    scene.rests_at(other, "few", "who promotes the stage").await;
    scene.ask("promote", other);
    scene.promoted(lead, 2).await;
    scene.promoted(other, 2).await;

    // The one fails by its own metric, and takes the other with it, whatever that waits for.
    push(scene, names, [BAD, 'c']);
    scene.sent_back(lead, "rejects").await;
    scene
        .sent_back(other, &format!("strategy `{lead}` failed"))
        .await;
    for name in names {
        scene.until_pods_of(name, 'b', 2).await;
        assert_eq!(scene.serving(name).await, images(name, [('b', 2)]));
    }
}
