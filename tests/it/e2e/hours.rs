//! Windows, by a calendar of the fleet's own whose sessions last seconds: a change waits for one to
//! open, and one under way for the next, and one that might not finish in time does not begin.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tidegate::release::ReleaseStatus;

use super::scene::{FATES, Scene, images};
use crate::cluster::{Cluster, Options};
use crate::daemon::{wait_heeded, waits_for};
use crate::fleet::{self, service};

const CALENDAR: &str = "calendars/berth.yaml";

const WINDOW: &str = "the window `open(desk:berth)`, which is closed";

/// A calendar with these sessions, in seconds from an instant.
fn calendar(at: Timestamp, sessions: &[(i64, i64)]) -> String {
    let lines = sessions.iter().map(|(from, to)| {
        let (from, to) = (after(at, *from), after(at, *to));
        format!("  - {{from: {from}, to: {to}}}\n")
    });
    let lines: String = lines.collect();
    format!(
        "kind: Calendar
metadata: {{name: 'desk:berth'}}
spec:
  zone: Etc/UTC
  validFrom: 2020-01-01
  validTo: 2099-12-31
  sessions:
{lines}"
    )
}

/// So many seconds later, to the second.
fn after(at: Timestamp, seconds: i64) -> Timestamp {
    let span = SignedDuration::from_secs(seconds);
    let later = at.checked_add(span).expect("it is not that late");
    Timestamp::from_second(later.as_second()).expect("it is not that late")
}

/// A service whose changes keep to the window.
fn text(name: &str, digit: char) -> String {
    let service = service(name, 2, digit);
    format!(
        "{service}  ports: [{{name: http, port: 8080}}]
  rollout:
    bootstrap: direct
    window: open(desk:berth)
    mustFinishWithin: 30m
    canary: [{{weight: 50%, gates: [{{pause: {{}}}}]}}]
"
    )
}

#[tokio::test]
async fn a_change_keeps_to_its_window() {
    let cluster = Cluster::private(&Options::default());
    let sessions = calendar(Timestamp::now(), &[(-7200, 7200)]);
    let mut scene = Scene::open(&cluster, &[(CALENDAR, &sessions)]).await;
    for (fate, name) in FATES {
        scene.decide(fate);
        story(&mut scene, name).await;
    }
    freeze(&mut scene, "gull").await;
    scene.close().await;
}

/// A freeze in Git holds a change back until Git takes it out again.
async fn freeze(scene: &mut Scene<'_>, name: &str) {
    scene.settle(name, &text(name, 'a')).await;
    let frozen = format!("{}  freezes: [{{reason: quarter end}}]\n", fleet::ROOT);
    scene.repo.write("tidegate.yaml", &frozen);
    scene.push(name, &text(name, 'b'));
    let is_frozen = |status: &ReleaseStatus| waits_for(status, "the freeze of fleet: quarter end");
    let held = scene.sees(name, "is held by the freeze", is_frozen).await;
    assert!(held.rollout.is_none(), "{held:#?}");
    scene.repo.push(&[("tidegate.yaml", fleet::ROOT)], "Thaw");
    scene.rests_at(name, "50%", "who promotes the stage").await;
}

async fn story(scene: &mut Scene<'_>, name: &str) {
    let recorder = scene.record().await;
    scene.settle(name, &text(name, 'a')).await;

    // It is open, but not for as long as the change may take.
    let now = Timestamp::now();
    open(scene, now, &[(-7200, 1200)], "Close soon");
    scene.push(name, &text(name, 'b'));
    let waiting = scene.sees(name, "waits for the window", is_waiting).await;
    assert!(
        waiting.rollout.is_none() && waiting.candidate.is_none(),
        "{waiting:#?}"
    );
    assert_eq!(scene.serving(name).await, images(name, [('a', 2)]));

    // The next opening is told, and the change begins then.
    let now = Timestamp::now();
    open(scene, now, &[(-7200, -3600), (20, 7200)], "Open again");
    let opening = after(now, 20);
    let told = |status: &ReleaseStatus| waits_for(status, &opening.to_string());
    scene.sees(name, "tells the next opening", told).await;
    let begun = scene.begins(name).await;
    let started = begun.rollout.map(|at| at.started);
    assert!(started >= Some(opening), "{started:?} is before {opening}");

    // It closes in the middle: what has begun stays as it is until it opens again.
    scene.rests_at(name, "50%", "who promotes the stage").await;
    let now = Timestamp::now();
    let commit = open(scene, now, &[(-7200, 2)], "Close in the middle");
    wait_heeded(scene.cluster, &commit).await;
    let rest = after(now, 2).duration_since(Timestamp::now());
    tokio::time::sleep(Duration::try_from(rest).unwrap_or_default()).await;
    scene.ask("promote", name);
    let held = scene.sees(name, "is held by the window", is_waiting).await;
    assert_eq!(held.rollout.map(|at| at.name).as_deref(), Some("50%"));
    let both = images(name, [('a', 1), ('b', 1)]);
    assert_eq!(scene.serving(name).await, both);
    let now = Timestamp::now();
    open(scene, now, &[(10, 7200)], "Open once more");
    let opening = after(now, 10);
    let done = scene.promoted(name, 2).await;
    let promoted = done.history.last().map(|it| it.at);
    assert!(
        promoted >= Some(opening),
        "{promoted:?} is before {opening}"
    );
    scene.until_pods_of(name, 'b', 2).await;
    let history = recorder.finish().await;
    assert_eq!(history.pods_of(name).len(), 4, "two of each version");

    let now = Timestamp::now();
    open(scene, now, &[(-7200, 7200)], "Open for the next one");
}

fn is_waiting(status: &ReleaseStatus) -> bool {
    waits_for(status, WINDOW)
}

fn open(scene: &Scene<'_>, at: Timestamp, sessions: &[(i64, i64)], why: &str) -> String {
    let text = calendar(at, sessions);
    scene.repo.push(&[(CALENDAR, &text)], why)
}
