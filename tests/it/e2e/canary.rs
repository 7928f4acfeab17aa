//! A canary by replica ratio and a blue-green switch, seen from the pods.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::{Api, ListParams};
use serde_json::Value;
use tidegate::release::ReleaseStatus;

use super::{deployed, requests};
use crate::cluster::{Cluster, Options};
use crate::daemon::{run, wait_release, waits_for};
use crate::fleet::{self, RATES, image, path, service};
use crate::gitserver::Repo;

/// A service with a port whose changes come as the block says.
fn staged(digit: char, block: &str) -> String {
    let ports = "  ports: [{name: http, port: 8080}]\n";
    let text = service("signals", 4, digit);
    format!("{text}{ports}  rollout:\n    bootstrap: direct\n{block}")
}

fn push(repo: &Repo, digit: char, block: &str) {
    repo.push(
        &[(&path("signals"), &staged(digit, block))],
        "Change the image",
    );
}

/// How many ready pods that a client can reach there are of each image.
async fn serving(cluster: &Cluster) -> BTreeMap<String, usize> {
    let client = cluster.client().await;
    let services: Api<Service> = Api::namespaced(client.clone(), RATES);
    let service = services.get("signals").await.expect("the clients' Service");
    let selector = service
        .spec
        .and_then(|spec| spec.selector)
        .unwrap_or_default();
    let selector: Vec<String> = selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let pods: Api<Pod> = Api::namespaced(client, RATES);
    let params = ListParams::default().labels(&selector.join(","));
    let mut images = BTreeMap::new();
    for pod in pods.list(&params).await.expect("pods").items {
        let conditions = pod
            .status
            .iter()
            .flat_map(|it| it.conditions.iter().flatten());
        let is_ready = conditions
            .into_iter()
            .any(|it| it.type_ == "Ready" && it.status == "True");
        if !is_ready || pod.metadata.deletion_timestamp.is_some() {
            continue;
        }
        let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
        let image = containers.into_iter().find_map(|it| it.image.clone());
        *images.entry(image.unwrap_or_default()).or_default() += 1;
    }
    images
}

fn images<const N: usize>(counts: [(char, usize); N]) -> BTreeMap<String, usize> {
    let counts = counts.into_iter();
    counts
        .map(|(digit, count)| (image("signals", digit), count))
        .collect()
}

fn is_waiting(status: &ReleaseStatus) -> bool {
    waits_for(status, "a person, who promotes the stage")
}

fn ask(cluster: &Cluster, what: &str) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command
        .args([what, "signals"])
        .env("KUBECONFIG", cluster.kubeconfig());
    assert!(run(&mut command).contains("asked to"));
}

#[tokio::test]
async fn a_canary_gets_its_share_of_the_pods_and_what_was_judged_is_what_stays() {
    const BLOCK: &str =
        "    canary: [{weight: 25%, gates: [{pause: {}}]}, {weight: 50%, gates: [{pause: {}}]}]\n";
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let _daemon = deployed(&cluster, &repo, &[("signals", staged('a', BLOCK))]).await;
    let stage = |name: &'static str| {
        wait_release(&cluster, "signals", name, move |status| {
            let at = status.rollout.as_ref();
            at.is_some_and(|at| at.name == name) && is_waiting(status)
        })
    };

    push(&repo, 'b', BLOCK);
    let first = stage("25%").await;
    assert_eq!(
        serving(&cluster).await,
        images([('a', 3), ('b', 1)]),
        "{first:#?}"
    );
    ask(&cluster, "promote");
    stage("50%").await;
    assert_eq!(serving(&cluster).await, images([('a', 2), ('b', 2)]));
    ask(&cluster, "promote");
    let done = wait_release(&cluster, "signals", "is promoted", |it| {
        it.rollout.is_none() && it.candidate.is_none() && it.history.len() == 2
    })
    .await;
    assert!(!done.tracks.stable.is_empty(), "{done:#?}");
    assert_eq!(serving(&cluster).await, images([('b', 4)]));

    // What stands under another name is no difference.
    let mut diff = std::process::Command::new(env!("CARGO_BIN_EXE_tidegate"));
    diff.arg("diff").arg(repo.clone_dir()).arg("--live");
    run(diff.env("KUBECONFIG", cluster.kubeconfig()));

    // A second one, which is given up: the pods of before serve again.
    push(&repo, 'c', BLOCK);
    stage("25%").await;
    ask(&cluster, "abort");
    wait_release(&cluster, "signals", "went back", |it| {
        it.rollout.is_none() && waits_for(it, "is not tried again") && it.candidate.is_none()
    })
    .await;
    requests(&cluster, mark).await;
}

#[tokio::test]
async fn a_blue_green_change_is_judged_unseen_and_takes_over_at_once() {
    const BLOCK: &str = "    blueGreen: {gates: [{pause: {}}]}\n";
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let _daemon = deployed(&cluster, &repo, &[("signals", staged('a', BLOCK))]).await;
    push(&repo, 'b', BLOCK);
    wait_release(&cluster, "signals", "waits for a person", is_waiting).await;
    assert_eq!(serving(&cluster).await, images([('a', 4)]));
    ask(&cluster, "promote");
    wait_release(&cluster, "signals", "is promoted", |it| {
        it.history.len() == 2
    })
    .await;
    assert_eq!(serving(&cluster).await, images([('b', 4)]));
    requests(&cluster, mark).await;
}

/// What a command prints about the cluster, and its exit code.
fn told(cluster: &Cluster, arguments: &[&str]) -> (String, Option<i32>) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command
        .args(arguments)
        .env("KUBECONFIG", cluster.kubeconfig());
    let output = command.output().expect("tidegate starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    (text, output.status.code())
}

fn json(cluster: &Cluster, arguments: &[&str]) -> Value {
    let (text, _) = told(cluster, &[arguments, &["--output", "json"]].concat());
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn what_is_foreseen_from_the_records_is_what_comes() {
    const BLOCK: &str = "    canary: [{weight: 25%, gates: [{pause: {}}]}, {weight: 50%}]\n";
    let cluster = Cluster::private(&Options::default());
    let (_folder, repo) = fleet::repo();
    let _daemon = deployed(&cluster, &repo, &[("signals", staged('a', BLOCK))]).await;
    let folder = repo
        .clone_dir()
        .to_str()
        .expect("temporary paths are UTF-8");
    let nothing = json(&cluster, &["plan", folder, "--live"]);
    assert_eq!(nothing["units"], serde_json::json!([]), "{nothing:#}");

    repo.write(path("signals"), staged('b', BLOCK));
    let plan = json(&cluster, &["plan", folder, "--live"]);
    let unit = &plan["units"][0];
    assert_eq!(unit["change"], "material", "{plan:#}");
    assert_eq!(unit["waitsForPerson"], serde_json::json!(["25%"]));
    let pods = serde_json::json!({"old": 3, "new": 1});
    assert_eq!(unit["stages"][0]["pods"], pods, "{plan:#}");
    let diff = json(&cluster, &["diff", folder, "--live"]);
    assert_eq!(diff["units"][0]["change"], "material", "{diff:#}");
    assert_eq!(diff["units"][0]["cause"], "spec");
    let why = diff["units"][0]["why"][0].as_str().expect("a reason");
    assert!(why.starts_with("image `"), "{why}");

    push(&repo, 'b', BLOCK);
    wait_release(&cluster, "signals", "waits for a person", is_waiting).await;
    assert_eq!(serving(&cluster).await, images([('a', 3), ('b', 1)]));
    let (text, code) = told(
        &cluster,
        &["rollout", "watch", "signals", "--timeout", "1s"],
    );
    assert_eq!(code, Some(5), "{text}");
    for line in [
        "  ▶ 1 25% · in place for ",
        "      … {pause: {}}\n",
        "  · 2 50%\n",
        "  waits for a person, who promotes the stage (",
        "        until `tidegate promote` says so\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    // Under way, the plan goes on from there.
    let plan = json(&cluster, &["plan", folder, "--live"]);
    assert_eq!(plan["units"][0]["stages"][0]["name"], "25%", "{plan:#}");
}
