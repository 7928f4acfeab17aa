//! What the compiler emits, before a real API server: it is accepted to the letter, raises no
//! warning, reads back as it was written, and its pods are admitted and come up.
//!
//! The objects are those of the golden files, which the unit tests hold the compiler to.

use std::io::Write as _;
use std::process::{Output, Stdio};

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use kube::Api;
use serde_json::Value;
use tidegate::diff;
use tidegate::object::Object;
use tidegate::source::RepoPath;
use tidegate::yaml;

use crate::cluster::{Cluster, wait};

/// The namespace that the golden files name.
const NAMESPACE: &str = "desk-rates";

/// The objects of a golden file, moved to another namespace.
fn golden(name: &str, namespace: &str) -> Vec<Object> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/compile");
    let text = std::fs::read_to_string(format!("{folder}/{name}.snap")).expect("golden file");
    let objects = text.splitn(3, "---\n").nth(2).expect("a header");
    let objects = objects.replace(NAMESPACE, namespace);
    let (documents, findings) = yaml::load(&RepoPath::from(name), objects);
    assert_eq!(findings, [], "{name}");
    let object = |node: &yaml::Node| Object::new(node.to_json()).expect("an object");
    documents.iter().map(object).collect()
}

/// Runs kubectl with objects on its standard input.
fn kubectl(cluster: &Cluster, args: &[&str], objects: &[Object]) -> Output {
    let mut command = cluster.kubectl(args.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("kubectl");
    let text = yaml::emit_all(objects.iter().map(Object::value));
    let mut input = child.stdin.take().expect("piped");
    input.write_all(text.as_bytes()).expect("written");
    drop(input);
    child.wait_with_output().expect("kubectl ends")
}

/// Applies objects as the daemon would, taking no warning for an answer.
fn apply(cluster: &Cluster, objects: &[Object]) {
    let args = [
        "apply",
        "--server-side",
        "--field-manager=tidegate",
        "--validate=strict",
        "--warnings-as-errors",
        "--filename=-",
    ];
    let output = kubectl(cluster, &args, objects);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

/// Reads objects back, in their order.
fn read(cluster: &Cluster, objects: &[Object]) -> Vec<Object> {
    let args = [
        "get",
        "--filename=-",
        "--output=json",
        "--show-managed-fields",
    ];
    let output = kubectl(cluster, &args, objects);
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let items = answer["items"].as_array().expect("a list");
    let object = |item: &Value| Object::new(item.clone()).expect("an object");
    items.iter().map(object).collect()
}

/// Applies a desk and one golden file in its namespace, and reads both back.
fn check(name: &str) -> (Cluster, String) {
    let cluster = Cluster::shared();
    let namespace = cluster.unique("compiled");
    let mut objects = golden("desk", &namespace);
    objects.extend(golden(name, &namespace));
    apply(&cluster, &objects);
    let live = read(&cluster, &objects);
    assert_eq!(live.len(), objects.len());
    for (ours, theirs) in objects.iter().zip(&live) {
        assert_eq!(ours.id(), theirs.id());
        assert_eq!(diff::drift(ours, theirs), [], "{}", ours.id());
    }
    (cluster, namespace)
}

#[tokio::test]
async fn an_algo_reads_back_and_its_pod_comes_up() {
    let (cluster, namespace) = check("algo");
    let sets: Api<StatefulSet> = Api::namespaced(cluster.client().await, &namespace);
    wait::until(&sets, "quoter", "is ready", |set| ready(set) == Some(1)).await;
}

#[tokio::test]
async fn a_strategy_with_everything_reads_back_and_its_pod_is_admitted() {
    let (cluster, namespace) = check("everything");
    let sets: Api<StatefulSet> = Api::namespaced(cluster.client().await, &namespace);
    let made = |set: Option<&StatefulSet>| {
        set.is_some_and(|set| set.status.as_ref().is_some_and(|it| it.replicas == 1))
    };
    wait::until(&sets, "quoter", "has its pod", made).await;
}

#[tokio::test]
async fn a_service_reads_back_and_its_pods_come_up() {
    let (cluster, namespace) = check("service");
    let deployments: Api<Deployment> = Api::namespaced(cluster.client().await, &namespace);
    let ready = |it: Option<&Deployment>| it?.status.as_ref()?.ready_replicas;
    let all = |it: Option<&Deployment>| ready(it) == Some(3);
    wait::until(&deployments, "signals", "is ready", all).await;
}

#[tokio::test]
async fn a_service_with_state_reads_back_and_its_pod_comes_up() {
    let (cluster, namespace) = check("service_with_state");
    let sets: Api<StatefulSet> = Api::namespaced(cluster.client().await, &namespace);
    wait::until(&sets, "signals", "is ready", |set| ready(set) == Some(1)).await;
}

#[tokio::test]
async fn a_job_reads_back_and_its_pods_come_up() {
    let (cluster, namespace) = check("job");
    let name = golden("job", &namespace)
        .iter()
        .find(|object| object.kind() == "Job")
        .map(|job| job.name().to_owned())
        .expect("a Job");
    let jobs: Api<Job> = Api::namespaced(cluster.client().await, &namespace);
    let started = |job: Option<&Job>| {
        let status = job.and_then(|it| it.status.as_ref());
        status.is_some_and(|it| it.ready.is_some_and(|n| n > 0) || it.succeeded.is_some())
    };
    wait::until(&jobs, &name, "has pods that run", started).await;
}

#[test]
fn a_cron_job_reads_back() {
    check("cron_job");
}

fn ready(set: Option<&StatefulSet>) -> Option<i32> {
    set?.status.as_ref()?.ready_replicas
}
