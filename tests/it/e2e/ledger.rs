//! The ledger of a daemon that runs: what it tells, what a tampered one keeps from happening, and a
//! cluster that is lost in the middle of a rollout and made anew.

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use kube::api::Api;
use serde_json::Value;
use tidegate::ledger::REFERENCE;
use tidegate::release::{Phase, ReleaseStatus};

use super::requests;
use crate::cluster::{Cluster, Options, wait};
use crate::daemon::{self, Daemon, Settings, tidegate, wait_release, waits_for};
use crate::fleet::{self, RATES, algo, image, path, service};
use crate::git::ledger::Key;
use crate::gitserver::{Repo, git};

/// A service that comes up at once the first time, and then waits for a person each time.
fn guarded(digit: char) -> String {
    format!(
        "{}  rollout:\n    bootstrap: direct\n    watch: {{gates: [{{pause: {{}}}}]}}\n",
        service("signals", 2, digit)
    )
}

/// `tidegate.yaml` of a fleet that keeps a ledger under this key.
fn root(key: &Key) -> String {
    format!("{}  ledger: {{keys: [{}]}}\n", fleet::ROOT, key.public)
}

fn following(repo: &Repo, key: &Key) -> Settings {
    let settings = Settings::following(repo).env("TIDEGATE_INTERVAL", "1s");
    settings.ledger_key(&key.private)
}

fn push(repo: &Repo, digit: char) -> String {
    repo.push(&[(&path("signals"), &guarded(digit))], "Change the image")
}

/// Runs an offline command on the repository, as whoever has neither a cluster nor a daemon.
async fn offline(repo: &Repo, args: &[&str]) -> (i32, String, String) {
    let fetched = format!("+{REFERENCE}:{REFERENCE}");
    repo.git(&["fetch", "--quiet", "origin", &fetched]);
    let dir = repo
        .clone_dir()
        .to_str()
        .expect("temporary paths are UTF-8");
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_tidegate"));
    let output = command.args(args).arg(dir).output().await;
    let output = output.expect("tidegate runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("it was not killed");
    (code, text(&output.stdout), text(&output.stderr))
}

/// The kinds of the entries about a unit, in the order of the ledger.
async fn kinds(repo: &Repo, unit: &str) -> Vec<String> {
    let args = ["ledger", "show", "--output", "json", "--strategy", unit];
    let (code, out, err) = offline(repo, &args).await;
    assert_eq!(code, 0, "{out}{err}");
    let shown: Value = serde_json::from_str(&out).expect("it prints JSON");
    let entries = shown["entries"].as_array().expect("a list").iter();
    let kind = |entry: &Value| entry.pointer("/entry/fact/kind").cloned();
    let kinds = entries.filter_map(kind);
    kinds
        .filter_map(|kind| kind.as_str().map(str::to_owned))
        .collect()
}

/// All of the ledger, as it is shown.
async fn shown(repo: &Repo) -> String {
    let (code, out, err) = offline(repo, &["ledger", "show", "--output", "json"]).await;
    assert_eq!(code, 0, "{out}{err}");
    out
}

/// Waits until a unit is as told, and everything it had to tell is in the ledger.
async fn told(
    cluster: &Cluster,
    unit: &str,
    what: &'static str,
    holds: fn(&ReleaseStatus) -> bool,
) -> ReleaseStatus {
    wait_release(cluster, unit, what, |it| holds(it) && it.untold.is_empty()).await
}

async fn ask(cluster: &Cluster, args: &[&str]) {
    let output = tidegate(cluster, args.iter().copied()).output().await;
    let output = output.expect("tidegate runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{args:?}: {out}{err}");
}

fn is_waiting(status: &ReleaseStatus) -> bool {
    waits_for(status, "a person, who promotes the stage")
}

#[tokio::test]
async fn what_is_promoted_is_in_the_ledger_and_a_tampered_one_promotes_nothing() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let key = Key::new();
    fleet::push(&repo, &[("signals", guarded('a'))]);
    repo.push(&[("tidegate.yaml", &root(&key))], "Keep a ledger");
    daemon::install(&cluster);
    let mut daemon = Daemon::launch(&cluster, &following(&repo, &key)).await;
    told(&cluster, "signals", "is promoted and told", |it| {
        it.phase == Phase::Ready && it.history.len() == 1
    })
    .await;
    assert_eq!(kinds(&repo, "signals").await, ["promotion"]);

    push(&repo, 'b');
    wait_release(&cluster, "signals", "waits for a person", is_waiting).await;
    ask(
        &cluster,
        &["promote", "signals", "--reason", "it looks right"],
    )
    .await;
    told(&cluster, "signals", "is promoted again", |it| {
        it.history.len() == 2
    })
    .await;
    let kinds = kinds(&repo, "signals").await;
    assert_eq!(kinds, ["promotion", "passed", "promotion"]);
    let (code, out, _) = offline(&repo, &["ledger", "verify"]).await;
    assert!(code == 0 && out.contains("all sound"), "{out}");
    let (_, end) = out
        .trim()
        .rsplit_once(" is ")
        .expect("it says where it ends");
    daemon::wait_ledger(&cluster, end).await;

    // Somebody who may write to the repository cuts the end off, while the daemon is away.
    daemon.terminate().await;
    let whole = git(repo.path(), &["rev-parse", REFERENCE]);
    git(
        repo.path(),
        &["update-ref", REFERENCE, &format!("{REFERENCE}~1")],
    );
    let _daemon = Daemon::launch(&cluster, &following(&repo, &key)).await;
    push(&repo, 'c');
    let held = wait_release(&cluster, "signals", "is held", |it| {
        waits_for(it, "the end was cut off")
    })
    .await;
    assert_eq!((held.history.len(), &held.candidate), (2, &None));
    daemon::wait_ledger_failure(&cluster).await;
    let status = tidegate(&cluster, ["status"]).output().await;
    let status = String::from_utf8_lossy(&status.expect("status runs").stdout).into_owned();
    assert!(status.contains("Ledger: entry"), "{status}");

    // Put back, it is gone on from.
    git(repo.path(), &["update-ref", REFERENCE, &whole]);
    wait_release(&cluster, "signals", "goes on", is_waiting).await;
    requests(&cluster, mark).await;
}

#[tokio::test]
async fn a_ledger_that_cannot_be_pushed_to_loses_nothing() {
    let cluster = Cluster::private(&Options::default());
    let (_folder, repo) = fleet::repo();
    let key = Key::new();
    fleet::push(&repo, &[("signals", guarded('a'))]);
    repo.push(&[("tidegate.yaml", &root(&key))], "Keep a ledger");
    daemon::install(&cluster);
    let without_key = Settings::following(&repo).env("TIDEGATE_INTERVAL", "1s");
    let mut daemon = Daemon::launch(&cluster, &without_key).await;
    let status = wait_release(&cluster, "signals", "runs, and has to tell", |it| {
        it.phase == Phase::Ready && it.untold.len() == 1
    })
    .await;
    assert_eq!(status.history.len(), 1);
    daemon.kill().await;
    let _daemon = Daemon::launch(&cluster, &following(&repo, &key)).await;
    told(&cluster, "signals", "has told", |it| {
        it.phase == Phase::Ready
    })
    .await;
    assert_eq!(kinds(&repo, "signals").await, ["promotion"]);
}

#[expect(clippy::too_many_lines, reason = "a scenario is read in order")]
#[tokio::test]
async fn a_cluster_lost_in_the_middle_of_a_rollout_comes_back_as_it_was() {
    let (_folder, repo) = fleet::repo();
    let key = Key::new();
    let strategies = [
        ("signals", guarded('a')),
        ("tern", algo("tern", "one", 'a')),
        ("knot", algo("knot", "two", 'a')),
    ];
    fleet::push(&repo, &strategies);
    repo.push(&[("tidegate.yaml", &root(&key))], "Keep a ledger");
    let before = {
        let cluster = Cluster::private(&Options::default());
        daemon::install(&cluster);
        let mut daemon = Daemon::launch(&cluster, &following(&repo, &key)).await;
        let ready: fn(&ReleaseStatus) -> bool = |it| it.phase == Phase::Ready;
        let signals = told(&cluster, "signals", "runs", ready).await;
        let tern = told(&cluster, "tern", "runs", ready).await;
        told(&cluster, "knot", "runs", ready).await;
        let halt = ["halt", "--strategy", "knot", "--reason", "fills look wrong"];
        ask(&cluster, &halt).await;
        wait::within("the Halt is in the ledger", async {
            while !shown(&repo).await.contains(r#""kind": "halt""#) {}
        })
        .await;
        push(&repo, 'b');
        wait_release(&cluster, "signals", "is under way", is_waiting).await;
        daemon.kill().await;
        (signals.stable, tern.stable)
        // The whole control plane goes, with its data.
    };

    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    daemon::install(&cluster);
    let _daemon = Daemon::launch(&cluster, &following(&repo, &key)).await;
    let signals = wait_release(&cluster, "signals", "is back, and waits", is_waiting).await;
    assert_eq!(signals.stable, before.0, "what was promoted last runs");
    let client = cluster.client().await;
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), RATES);
    let images: Vec<String> = deployments
        .list(&kube::api::ListParams::default())
        .await
        .expect("a list")
        .items
        .into_iter()
        .filter_map(|it| it.spec?.template.spec?.containers.pop()?.image)
        .collect();
    assert!(images.contains(&image("signals", 'b')), "{images:?}");

    let knot = wait_release(&cluster, "knot", "is halted still", |it| {
        it.halts.iter().any(|halt| !halt.is_lost)
    })
    .await;
    assert_eq!(knot.halts[0].reason, "fills look wrong");

    let tern = wait_release(&cluster, "tern", "waits for a person", |it| {
        waits_for(it, "a person, who attests")
    })
    .await;
    assert_eq!(tern.stable, before.1);
    let sets: Api<StatefulSet> = Api::namespaced(client, RATES);
    wait::until(&sets, "tern", "is there, at 0", |set| {
        let spec = set.and_then(|it| it.spec.as_ref());
        spec.is_some_and(|spec| spec.replicas == Some(0))
    })
    .await;
    let reason = ["--reason", "the old nodes are off"];
    ask(&cluster, &["attest", "tern", reason[0], reason[1]]).await;
    told(&cluster, "tern", "runs again", |it| {
        it.phase == Phase::Ready && it.resumed.is_none()
    })
    .await;
    let kinds = kinds(&repo, "tern").await;
    assert_eq!(kinds, ["promotion", "resumed", "attest"]);
    requests(&cluster, mark).await;
}
