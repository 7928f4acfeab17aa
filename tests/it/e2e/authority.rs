//! Changes that have to be signed, and a floor that the author of a change cannot lower: both are
//! judged by what was promoted last.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tidegate::release::ReleaseStatus;

use super::approvals::{approve, may_approve};
use super::scene::Scene;
use crate::cluster::{Cluster, Options};
use crate::daemon::{run, wait_release, waits_for};
use crate::fleet::{self, algo};
use crate::users::{User, name_of, prepare};

const NAME: &str = "tern";
const DESK: &str = "desks/rates/desk.yaml";

/// A key pair of SSH.
struct Key {
    file: PathBuf,
    fingerprint: String,
}

fn key(folder: &TempDir, name: &str) -> Key {
    let file = folder.path().join(name);
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]);
    run(command.arg(&file));
    let mut command = Command::new("ssh-keygen");
    let told = command
        .args(["-l", "-f"])
        .arg(&file)
        .output()
        .expect("it runs");
    let told = String::from_utf8(told.stdout).expect("text");
    let fingerprint = told.split(' ').nth(1).expect("a fingerprint").to_owned();
    Key { file, fingerprint }
}

/// Whoever pushes signs with a key, or with none from now on.
fn sign_with(scene: &Scene<'_>, key: Option<&Path>) {
    let set = |name: &str, value: &str| scene.repo.git(&["config", name, value]);
    set("gpg.format", "ssh");
    set(
        "commit.gpgSign",
        if key.is_some() { "true" } else { "false" },
    );
    if let Some(key) = key {
        set(
            "user.signingKey",
            key.to_str().expect("temporary paths are UTF-8"),
        );
    }
}

fn root(ada: &Key, signatures: &str) -> String {
    let (ada, carla) = (&ada.fingerprint, name_of("carla"));
    format!(
        "{}  people:
  - {{name: ada, emails: [ada@example.com], keys: ['{ada}']}}
  - {{name: carla, emails: [carla@example.com], kubernetes: ['{carla}'], roles: [risk]}}
{signatures}",
        fleet::ROOT
    )
}

const SIGNED: &str =
    "  signatures: [{paths: [tidegate.yaml, desks/rates/tern.yaml], require: signed}]\n";

async fn held(cluster: &Cluster, stable: Option<&str>, why: &str) -> ReleaseStatus {
    let status = wait_release(cluster, NAME, &format!("is held for `{why}`"), |status| {
        waits_for(status, why)
    })
    .await;
    let runs = status.stable.as_ref().and_then(|it| it.commit.as_deref());
    assert_eq!(runs, stable, "{status:#?}");
    status
}

async fn runs(cluster: &Cluster, commit: &str) {
    wait_release(cluster, NAME, "runs as it was pushed", |status| {
        let stable = status.stable.as_ref();
        stable.and_then(|it| it.commit.as_deref()) == Some(commit)
    })
    .await;
}

#[tokio::test]
async fn only_what_somebody_known_signed_runs_and_the_author_cannot_drop_the_rule() {
    let cluster = Cluster::private(&Options::default());
    let folder = tempfile::tempdir().expect("a folder");
    let (ada, stranger) = (key(&folder, "ada"), key(&folder, "stranger"));
    let scene = Scene::open(&cluster, &[]).await;
    prepare(&cluster);

    // The rule comes with the strategy's first version, which is signed.
    sign_with(&scene, Some(&ada.file));
    scene.repo.write("tidegate.yaml", root(&ada, SIGNED));
    let first = scene.push(NAME, &algo(NAME, "one", 'a'));
    runs(&cluster, &first).await;
    let stable = Some(first.as_str());

    // Not signed, signed by nobody who is known, and not signed by whoever drops the rule with it.
    sign_with(&scene, None);
    scene.push(NAME, &algo(NAME, "one", 'b'));
    let status = held(&cluster, stable, "is not signed").await;
    assert!(
        waits_for(&status, "a commit on top changes the same"),
        "{status:#?}"
    );
    sign_with(&scene, Some(&stranger.file));
    scene.push(NAME, &algo(NAME, "one", 'c'));
    held(&cluster, stable, "which is nobody's of `people`").await;
    sign_with(&scene, None);
    scene.repo.write("tidegate.yaml", root(&ada, ""));
    scene.push(NAME, &algo(NAME, "one", 'd'));
    held(&cluster, stable, "is not signed").await;

    // Whoever is known signs for all of it with a commit on top.
    sign_with(&scene, Some(&ada.file));
    scene
        .repo
        .write("tidegate.yaml", format!("{}# signed\n", root(&ada, SIGNED)));
    let text = format!("{}  # looked at\n", algo(NAME, "one", 'd'));
    let commit = scene.push(NAME, &text);
    runs(&cluster, &commit).await;
    scene.close().await;
}

#[tokio::test]
async fn a_floor_holds_whoever_lowers_it_with_the_change_that_it_is_for() {
    let cluster = Cluster::private(&Options::default());
    let folder = tempfile::tempdir().expect("a folder");
    let ada = key(&folder, "ada");
    let root = root(&ada, "");
    let floor = "floors: [{mode: paper, gates: [{approve: {role: risk}}]}]";
    let desk = format!("kind: Desk\nspec:\n  email: rates@example.com\n  {floor}\n");
    let scene = Scene::open(&cluster, &[("tidegate.yaml", &root)]).await;
    prepare(&cluster);
    let carla = User::new(&cluster, "carla").await;
    may_approve(&cluster, &["carla"]).await;

    // A strategy below the floor is an error, and does not come.
    scene.repo.write(DESK, &desk);
    scene.push(NAME, &algo(NAME, "one", 'a'));
    scene.wait_log("below-floor").await;

    // One that asks for what it has to comes once it is approved.
    let asks = |digit| {
        format!(
            "{}  rollout: {{approve: [{{role: risk}}]}}\n",
            algo(NAME, "one", digit)
        )
    };
    let commit = scene.push(NAME, &asks('a'));
    held(&cluster, None, "approval by a person of role `risk`").await;
    approve(&carla);
    runs(&cluster, &commit).await;
    let stable = Some(commit.as_str());

    // Its author lowers the floor, and drops the gate.
    scene.repo.write(DESK, fleet::DESK);
    let lowered = scene.push(NAME, &algo(NAME, "one", 'b'));
    held(&cluster, stable, "approval by a person of role `risk`").await;
    approve(&carla);
    runs(&cluster, &lowered).await;
    scene.close().await;
}
