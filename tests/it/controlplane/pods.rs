//! Pods behave as a kubelet's would.

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use super::{exit_code, is, pod};
use crate::cluster::{Cluster, wait};

async fn run(pods: &Api<Pod>, pod: &Pod) -> Pod {
    pods.create(&PostParams::default(), pod).await.expect("pod");
    let name = pod.metadata.name.as_deref().expect("a named pod");
    let running = |p: Option<&Pod>| is(p, "ContainersReady");
    wait::until(pods, name, "runs", running)
        .await
        .expect("a running pod exists")
}

async fn annotate(pods: &Api<Pod>, name: &str, annotations: Value) {
    let patch = Patch::Merge(json!({"metadata": {"annotations": annotations}}));
    pods.patch(name, &PatchParams::default(), &patch)
        .await
        .expect("annotated");
}

#[tokio::test]
async fn containers_tell_the_image_that_they_run() {
    let cluster = Cluster::shared();
    let pods = Api::namespaced(cluster.client().await, &cluster.namespace("images").await);
    let digest = format!("registry.example.com/c@sha256:{}", "5".repeat(64));
    let spec = json!({"containers": [
        {"name": "tagged", "image": "registry.example.com:5000/a/b:1.2"},
        {"name": "pinned", "image": digest},
    ]});
    let pod = run(&pods, &pod("images", &json!({}), &spec)).await;
    let status = pod
        .status
        .and_then(|s| s.container_statuses)
        .expect("containers");
    let [tagged, pinned] = status.as_slice() else {
        panic!("two containers: {status:?}")
    };
    assert!(
        tagged
            .image_id
            .starts_with("registry.example.com:5000/a/b@sha256:"),
        "{tagged:?}"
    );
    assert_eq!(pinned.image_id, digest);
    assert_eq!((tagged.started, tagged.ready), (Some(true), true));
    assert!(
        tagged
            .container_id
            .as_ref()
            .is_some_and(|id| id.starts_with("containerd://"))
    );
}

#[tokio::test]
async fn readiness_gates_are_honoured_and_can_be_lost() {
    let cluster = Cluster::shared();
    let pods = Api::namespaced(cluster.client().await, &cluster.namespace("gates").await);
    let gates = json!({"readinessGates": [{"conditionType": "example.com/armed"}]});
    let started = run(&pods, &pod("gated", &json!({}), &gates)).await;
    assert!(!is(Some(&started), "Ready"));
    for status in ["True", "False"] {
        let condition = json!({"type": "example.com/armed", "status": status});
        let patch = Patch::Strategic(json!({"status": {"conditions": [condition]}}));
        pods.patch_status("gated", &PatchParams::default(), &patch)
            .await
            .expect("status");
        let wanted = status == "True";
        wait::until(&pods, "gated", status, |p| is(p, "Ready") == wanted).await;
    }
}

#[tokio::test]
async fn running_pod_can_be_told_to_be_unready_and_ready_again() {
    let cluster = Cluster::shared();
    let pods = Api::namespaced(cluster.client().await, &cluster.namespace("unready").await);
    run(&pods, &pod("moody", &json!({}), &json!({}))).await;
    annotate(
        &pods,
        "moody",
        json!({"test.controlplane/behaviour": "never-ready"}),
    )
    .await;
    wait::until(&pods, "moody", "is unready", |p| !is(p, "Ready")).await;
    annotate(&pods, "moody", json!({"test.controlplane/behaviour": null})).await;
    wait::until(&pods, "moody", "is ready", |p| is(p, "Ready")).await;
}

#[tokio::test]
async fn pod_that_never_ends_outlives_slow_ones_until_it_is_let_go() {
    let cluster = Cluster::shared();
    let pods = Api::namespaced(cluster.client().await, &cluster.namespace("ends").await);
    for (name, how) in [("never", "never"), ("slow", "2s")] {
        run(
            &pods,
            &pod(
                name,
                &json!({"test.controlplane/ends-after": how}),
                &json!({}),
            ),
        )
        .await;
        pods.delete(name, &DeleteParams::default())
            .await
            .expect("deleted");
    }
    wait::until_gone(&pods, "slow").await;
    let never = pods
        .get("never")
        .await
        .expect("the pod that never ends is there");
    assert!(never.metadata.deletion_timestamp.is_some());
    assert!(is(Some(&never), "Ready"));
    annotate(
        &pods,
        "never",
        json!({"test.controlplane/ends-after": "immediate"}),
    )
    .await;
    wait::until_gone(&pods, "never").await;
}

/// How many seconds a pod takes to end by the shared cluster's seed, as the stages reckon.
fn seeded_end(namespace: &str, name: &str) -> u64 {
    let key = format!("1/{namespace}/{name}/");
    key.chars().fold(7, |sum, c| {
        (sum * 1103 + u64::from(c) * 12289) % 2_147_483_647
    }) % 21
}

#[tokio::test]
async fn seed_and_name_decide_which_pod_ends_first() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("seeded").await;
    let pods = Api::namespaced(cluster.client().await, &namespace);
    let taking = |seconds| {
        let names = (0..).map(|i| format!("pod-{i}"));
        names
            .filter(|n| seeded_end(&namespace, n) == seconds)
            .take(1)
            .collect::<String>()
    };
    let (quick, slow) = (taking(0), taking(20));
    for name in [&slow, &quick] {
        run(
            &pods,
            &pod(
                name,
                &json!({"test.controlplane/ends-after": "seeded"}),
                &json!({}),
            ),
        )
        .await;
    }
    for name in [&slow, &quick] {
        pods.delete(name, &DeleteParams::default())
            .await
            .expect("deleted");
    }
    wait::until_gone(&pods, &quick).await;
    pods.get(&slow).await.expect("the slow pod is still there");
}

#[tokio::test]
async fn ended_containers_tell_their_exit_code_before_the_pod_goes() {
    let cluster = Cluster::shared();
    let pods = Api::namespaced(cluster.client().await, &cluster.namespace("codes").await);
    let own = json!({"test.controlplane/ends-after": "1s", "test.controlplane/exit-code": "7"});
    let late = json!({"test.controlplane/ends-after": "60s"});
    for (name, annotations, code) in [("own", own, 7), ("killed-after-grace", late, 137)] {
        run(
            &pods,
            &pod(
                name,
                &annotations,
                &json!({"terminationGracePeriodSeconds": 2}),
            ),
        )
        .await;
        pods.delete(name, &DeleteParams::default())
            .await
            .expect("deleted");
        let what = format!("ends with {code}");
        let ended = wait::until(&pods, name, &what, |p| exit_code(p).is_some()).await;
        assert_eq!(exit_code(ended.as_ref()), Some(code), "{name}");
        wait::until_gone(&pods, name).await;
    }
}

#[tokio::test]
async fn job_completes_or_fails_by_itself() {
    let cluster = Cluster::shared();
    let jobs: Api<Job> = Api::namespaced(cluster.client().await, &cluster.namespace("jobs").await);
    for (name, code, outcome) in [("good", "0", "Complete"), ("bad", "3", "Failed")] {
        let job = json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
            "spec": {"backoffLimit": 0, "template": {
                "metadata": {"annotations": {"test.controlplane/exit-code": code}},
                "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "a"}]},
            }},
        });
        let job = serde_json::from_value(job).expect("a job");
        jobs.create(&PostParams::default(), &job)
            .await
            .expect("job");
        let done = |j: Option<&Job>| {
            let conditions = j.and_then(|j| j.status.as_ref()?.conditions.as_ref());
            conditions.is_some_and(|c| c.iter().any(|c| c.type_ == outcome && c.status == "True"))
        };
        wait::until(&jobs, name, outcome, done).await;
    }
}
