//! Approvals by signed tags: people without an account in the cluster, with nothing but a key.

use std::path::PathBuf;
use std::process::Command;

use tidegate::release::{ApprovalWanted, ReleaseStatus};

use super::scene::Scene;
use crate::cluster::{Cluster, Options};
use crate::daemon::{run, tidegate, wait_release, waits_for};
use crate::fleet::{self, algo};

const NAME: &str = "tern";

/// Somebody with a key.
struct Signer {
    name: &'static str,
    folder: tempfile::TempDir,
}

impl Signer {
    fn new(name: &'static str) -> Self {
        let signer = Self {
            name,
            folder: tempfile::tempdir().expect("a folder"),
        };
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]);
        run(keygen.arg(signer.key()));
        signer
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    fn fingerprint(&self) -> String {
        let mut keygen = Command::new("ssh-keygen");
        let line = run(keygen.arg("-lf").arg(self.key()));
        let fingerprint = line.split(' ').nth(1);
        fingerprint.expect("a fingerprint").to_owned()
    }

    fn person(&self) -> String {
        let (name, key) = (self.name, self.fingerprint());
        format!(
            "  - {{name: {name}, emails: [{name}@example.com], keys: ['{key}'], roles: [risk]}}\n"
        )
    }

    /// Makes the tag that the status asks for, now, and pushes it. Its name.
    fn approve(&self, scene: &Scene<'_>, wanted: &ApprovalWanted) -> String {
        let tag = wanted.tag.as_ref().expect("a tag may say so");
        let name = format!("{tag}/{}", self.name);
        let key = self.key();
        let key = key.to_str().expect("temporary paths are UTF-8");
        let plan = format!("plan: {}", wanted.plan);
        let mut git = Command::new("git");
        git.current_dir(scene.repo.clone_dir())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_COMMITTER_NAME", self.name)
            .env("GIT_COMMITTER_EMAIL", "nobody@example.com")
            .args(["-c", "gpg.format=ssh", "-c"])
            .arg(format!("user.signingkey={key}"))
            .args(["tag", "--sign", "-m", "role: risk", "-m", &plan, &name]);
        run(&mut git);
        scene
            .repo
            .git(&["push", "--quiet", "origin", &format!("refs/tags/{name}")]);
        name
    }
}

async fn held(cluster: &Cluster, words: &str) -> ReleaseStatus {
    let what = format!("is held for `{words}`");
    wait_release(cluster, NAME, &what, |status| waits_for(status, words)).await
}

fn wanted(status: &ReleaseStatus) -> ApprovalWanted {
    let waits = &status.waiting_on;
    let wanted = waits.iter().find_map(|it| it.approval.clone());
    wanted.expect("an approval is waited for")
}

fn guarded(digit: char) -> String {
    let algo = algo(NAME, "one", digit);
    format!("{algo}  rollout: {{approve: [{{role: risk, quorum: 2}}]}}\n")
}

#[tokio::test]
async fn a_change_runs_once_enough_others_signed_a_tag_and_a_tag_that_is_gone_says_nothing() {
    let cluster = Cluster::private(&Options::default());
    let signers = ["ada", "carla", "dora", "eve"].map(Signer::new);
    let [ada, carla, dora, eve] = &signers;
    let people = [ada, carla, dora].map(Signer::person);
    let root = format!("{}  people:\n{}", fleet::ROOT, people.concat());
    let scene = Scene::open(&cluster, &[("tidegate.yaml", &root)]).await;
    let commit = scene.push(NAME, &guarded('a'));

    // The author, one whom nobody knows, and one person where it takes two.
    let asked = "approval by 2 people of role `risk`";
    let wanted = wanted(&held(&cluster, asked).await);
    let told = tidegate(&cluster, ["rollout", "status", NAME])
        .output()
        .await;
    let told = String::from_utf8_lossy(&told.expect("tidegate runs").stdout).into_owned();
    assert!(
        told.contains("or git tag -s -m 'role: risk' -m 'plan: "),
        "{told}"
    );
    ada.approve(&scene, &wanted);
    held(&cluster, "`ada` wrote the change").await;
    eve.approve(&scene, &wanted);
    held(&cluster, "is nobody's of `people`").await;
    let tag = carla.approve(&scene, &wanted);
    held(&cluster, "after carla").await;

    // Whoever takes a tag away takes the yes back.
    scene
        .repo
        .git(&["push", "--quiet", "--delete", "origin", &tag]);
    scene.repo.git(&["tag", "--delete", &tag]);
    wait_release(&cluster, NAME, "asks again", |status| {
        waits_for(status, asked) && !waits_for(status, "after carla")
    })
    .await;

    dora.approve(&scene, &wanted);
    held(&cluster, "after dora").await;
    carla.approve(&scene, &wanted);
    wait_release(&cluster, NAME, "runs as it was pushed", |status| {
        let stable = status.stable.as_ref();
        stable.and_then(|it| it.commit.as_deref()) == Some(&commit)
    })
    .await;
    scene.close().await;
}
