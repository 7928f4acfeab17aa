//! The rules, each with the status that a controller writes.

use serde_json::{Value, json};

use super::*;

#[expect(
    clippy::needless_pass_by_value,
    reason = "calls with `json!` read better"
)]
fn object(api_version: &str, kind: &str, rest: Value) -> Object {
    let mut value = json!({"apiVersion": api_version, "kind": kind,
        "metadata": {"name": "buoy", "namespace": "harbour", "generation": 3}});
    let merged = value.as_object_mut().unwrap();
    for (key, part) in rest.as_object().unwrap() {
        if key == "metadata" {
            let metadata = merged["metadata"].as_object_mut().unwrap();
            metadata.extend(part.as_object().unwrap().clone());
        } else {
            merged.insert(key.clone(), part.clone());
        }
    }
    Object::new(value).unwrap()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "calls with `json!` read better"
)]
fn pod(status: Value) -> Object {
    object("v1", "Pod", json!({"status": status}))
}

fn check(object: &Object, pods: &[&Object], expect: &str) {
    let health = of(object, pods);
    let word = match health {
        Health::Healthy => "healthy".to_owned(),
        Health::Progressing(why) => format!("progressing: {why}"),
        Health::Failed(why) => format!("failed: {why}"),
    };
    assert_eq!(word, expect);
}

#[expect(clippy::needless_pass_by_value, reason = "callers write it in place")]
fn deployment(status: Value) -> Object {
    object(
        "apps/v1",
        "Deployment",
        json!({"spec": {"replicas": 2}, "status": status}),
    )
}

#[test]
fn nothing_is_believed_before_its_controller_saw_the_latest() {
    check(
        &deployment(json!({"observedGeneration": 2, "updatedReplicas": 2, "availableReplicas": 2})),
        &[],
        "progressing: Deployment harbour/buoy: its controller has not seen the latest change",
    );
    check(
        &deployment(json!({})),
        &[],
        "progressing: Deployment harbour/buoy: its controller has not seen it",
    );
}

#[test]
fn a_deployment_is_done_when_every_pod_is_new_and_available() {
    let status = |updated: u32, all: u32, available: u32| {
        json!({"observedGeneration": 3, "updatedReplicas": updated, "replicas": all,
            "availableReplicas": available})
    };
    check(&deployment(status(2, 2, 2)), &[], "healthy");
    check(
        &deployment(status(1, 2, 2)),
        &[],
        "progressing: Deployment harbour/buoy: not every pod is of the latest template",
    );
    check(
        &deployment(status(2, 3, 2)),
        &[],
        "progressing: Deployment harbour/buoy: pods of an earlier template are still there",
    );
    let waiting = pod(
        json!({"containerStatuses": [{"name": "main", "state": {"waiting":
        {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"x:1\""}}}]}),
    );
    check(
        &deployment(status(2, 2, 1)),
        &[&waiting],
        "progressing: Deployment harbour/buoy: not every pod is available: pod `buoy` waits: container `main`: ImagePullBackOff: Back-off pulling image \"x:1\"",
    );
}

#[test]
fn a_deployment_fails_when_it_makes_no_progress_or_no_pods() {
    let failing = |kind: &str, status: &str, reason: &str| {
        deployment(json!({"observedGeneration": 3, "conditions": [
            {"type": kind, "status": status, "reason": reason, "message": "the quota is used up"}]}))
    };
    let crashing = pod(
        json!({"containerStatuses": [{"name": "main", "state": {"waiting":
        {"reason": "CrashLoopBackOff"}}}]}),
    );
    check(
        &failing("Progressing", "False", "ProgressDeadlineExceeded"),
        &[&crashing],
        "failed: Deployment harbour/buoy made no progress in time: pod `buoy` waits: container `main`: CrashLoopBackOff",
    );
    check(
        &failing("ReplicaFailure", "True", "FailedCreate"),
        &[],
        "failed: Deployment harbour/buoy cannot make its pods: the quota is used up",
    );
}

#[test]
fn a_stateful_set_with_a_partition_may_keep_old_pods_below_it() {
    let set = |partition: u32, updated: u32| {
        object(
            "apps/v1",
            "StatefulSet",
            json!({
            "spec": {"replicas": 1, "updateStrategy": {"rollingUpdate": {"partition": partition}}},
            "status": {"observedGeneration": 3, "replicas": 1, "readyReplicas": 1,
                "availableReplicas": 1, "updatedReplicas": updated,
                "currentRevision": "a", "updateRevision": if updated == 1 { "a" } else { "b" }}}),
        )
    };
    check(&set(1, 0), &[], "healthy");
    check(&set(0, 1), &[], "healthy");
    check(
        &set(0, 0),
        &[],
        "progressing: StatefulSet harbour/buoy: not every pod is of the latest template",
    );
}

#[test]
fn a_job_is_done_at_its_end_and_not_before() {
    let job = |kind: &str| {
        let conditions = json!([{"type": kind, "status": "True", "reason": "BackoffLimitExceeded",
            "message": "Job has reached the specified backoff limit"}]);
        object(
            "batch/v1",
            "Job",
            json!({"status": {"conditions": conditions}}),
        )
    };
    check(&job("Complete"), &[], "healthy");
    check(
        &job("Failed"),
        &[],
        "failed: Job harbour/buoy failed: Job has reached the specified backoff limit",
    );
    let running = object("batch/v1", "Job", json!({"status": {"active": 1}}));
    check(&running, &[], "progressing: Job harbour/buoy is running");
}

#[test]
fn a_pod_says_what_is_the_matter() {
    let told = |status: Value, expect: &str| check(&pod(status), &[], expect);
    told(json!({}), "progressing: pod `buoy` has not started yet");
    told(
        json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
            "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient cpu."}]}),
        "progressing: pod `buoy` has no node: 0/3 nodes are available: 3 Insufficient cpu.",
    );
    told(
        json!({"phase": "Running", "containerStatuses": [
            {"name": "guard", "ready": true, "state": {"running": {}}},
            {"name": "main", "ready": false, "state": {"running": {}}}]}),
        "progressing: pod `buoy` runs, but container `main` is not ready yet",
    );
    told(
        json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on memory."}),
        "failed: pod `buoy` failed: Evicted: The node was low on memory.",
    );
    told(
        json!({"phase": "Failed", "containerStatuses": [{"name": "main",
            "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]}),
        "failed: pod `buoy` failed: container `main` exited with 137 (OOMKilled)",
    );
    let gated = object(
        "v1",
        "Pod",
        json!({
        "spec": {"readinessGates": [{"conditionType": "tidegate.dev/armed"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}}),
    );
    check(
        &gated,
        &[],
        "progressing: pod `buoy` waits for its readiness gate `tidegate.dev/armed`",
    );
    told(
        json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}),
        "healthy",
    );
}

#[test]
fn a_claim_waits_for_its_pod_and_may_lose_its_volume() {
    let claim = |phase: &str| {
        object(
            "v1",
            "PersistentVolumeClaim",
            json!({"spec": {"volumeName": "pv-1"}, "status": {"phase": phase}}),
        )
    };
    check(&claim("Pending"), &[], "healthy");
    check(&claim("Bound"), &[], "healthy");
    check(
        &claim("Lost"),
        &[],
        "failed: PersistentVolumeClaim harbour/buoy has lost its volume `pv-1`: restore the volume, or the claim from a backup",
    );
}

#[test]
fn what_is_being_deleted_names_what_holds_it() {
    let going = object(
        "v1",
        "Service",
        json!({"metadata": {
        "deletionTimestamp": "2026-03-02T08:00:00Z", "finalizers": ["example.com/lb"]}}),
    );
    check(
        &going,
        &[],
        "progressing: Service harbour/buoy is being deleted and held by finalizer `example.com/lb`",
    );
}

#[test]
fn unknown_kinds_are_judged_by_their_conditions() {
    let lamp = |kind: &str, status: &str| {
        object(
            "x.dev/v1",
            "Lamp",
            json!({"status": {"conditions": [
            {"type": kind, "status": status, "reason": "NoOil"}]}}),
        )
    };
    check(&lamp("Ready", "True"), &[], "healthy");
    check(
        &lamp("Ready", "Unknown"),
        &[],
        "progressing: Lamp harbour/buoy is not ready: NoOil",
    );
    check(
        &lamp("Stalled", "True"),
        &[],
        "failed: Lamp harbour/buoy is stalled: NoOil",
    );
    check(&object("v1", "Service", json!({})), &[], "healthy");
}
