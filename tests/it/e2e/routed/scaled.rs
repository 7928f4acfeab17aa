//! Thirty pods under an autoscaler: added, held still while a stage is judged, and removed. Nobody's
//! number of pods ever jumps.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use kube::ResourceExt;
use kube::api::{Api, ListParams, Patch, PatchParams};
use serde_json::json;

use super::super::requests;
use super::story::Sizes;
use super::{Harbour, Road, routed};
use crate::cluster::{Cluster, wait};
use crate::daemon::{tidegate, wait_release, waits_for};
use crate::fleet::RATES;

const SCALED: &str = "{min: 30, max: 60}";

fn canary(replicas: &str, digit: char) -> String {
    let stages = "[{weight: 5%, gates: [{pause: {}}]}, {weight: 50%, gates: [{pause: {}}]}]";
    routed("signals", replicas, digit, &format!("canary: {stages}"))
}

fn scaled(digit: char) -> String {
    format!("{}  scale: [{{cpu: 70%}}]\n", canary(SCALED, digit))
}

async fn scalers(cluster: &Cluster) -> Vec<HorizontalPodAutoscaler> {
    let api: Api<HorizontalPodAutoscaler> = Api::namespaced(cluster.client().await, RATES);
    let list = api.list(&ListParams::default()).await;
    list.expect("autoscalers").items
}

/// Whether an autoscaler may change nothing.
fn is_still(scaler: &HorizontalPodAutoscaler) -> bool {
    let behavior = scaler.spec.as_ref().and_then(|spec| spec.behavior.as_ref());
    let rules = behavior.map(|it| [it.scale_up.as_ref(), it.scale_down.as_ref()]);
    let rules = rules.into_iter().flatten();
    let still = rules.filter(|it| {
        let policy = it.and_then(|rules| rules.select_policy.as_deref());
        policy == Some("Disabled")
    });
    still.count() == 2
}

/// Changes the number of pods as an autoscaler does that has metrics.
async fn scale(cluster: &Cluster, name: &str, pods: u32) {
    let api: Api<Deployment> = Api::namespaced(cluster.client().await, RATES);
    let patch = Patch::Merge(json!({"spec": {"replicas": pods}}));
    let scaled = api.patch_scale(name, &PatchParams::default(), &patch).await;
    scaled.expect("it is scaled");
}

async fn promote(cluster: &Cluster) {
    let output = tidegate(cluster, ["promote", "signals"]).output().await;
    let output = output.expect("tidegate runs");
    assert!(output.status.success(), "{output:?}");
}

async fn wait_stage(cluster: &Cluster, name: &'static str) {
    wait_release(cluster, "signals", name, |status| {
        let at = status.rollout.as_ref();
        let is_there = at.is_some_and(|at| at.name == name && at.settled_at.is_some());
        is_there && waits_for(status, "a person, who promotes the stage")
    })
    .await;
}

#[tokio::test]
async fn thirty_pods_come_under_an_autoscaler_and_out_of_it_without_a_jump() {
    let harbour = Harbour::build(&[]).await;
    let cluster = &harbour.cluster;
    let mark = cluster.audit().mark().await;
    let mut daemon = harbour.deployed(&[("signals", canary("30", 'a'))]).await;
    let road = Road::of(cluster, "signals").await;
    road.until("A").await;
    let sizes = Sizes::of(cluster).await;

    // It is added; what it says from then on stands.
    let commit = harbour.push(&[("signals", scaled('a'))]);
    daemon.wait_reconciled(&commit).await;
    assert_eq!(scalers(cluster).await.len(), 1);
    scale(cluster, "signals", 34).await;
    let deployments: Api<Deployment> = Api::namespaced(cluster.client().await, RATES);
    wait::until(&deployments, "signals", "has its pods", |it| {
        let status = it.and_then(|it| it.status.as_ref());
        status.is_some_and(|status| status.ready_replicas == Some(34))
    })
    .await;

    // It is held still while a stage is judged, whoever runs the rollout.
    harbour.push(&[("signals", scaled('b'))]);
    wait_stage(cluster, "5%").await;
    let held = scalers(cluster).await;
    assert_eq!(held.len(), 2, "{held:#?}");
    assert!(held.iter().all(is_still), "{held:#?}");
    promote(cluster).await;
    road.until("A 50, B 50").await;
    daemon = harbour.anew(daemon).await;
    wait_stage(cluster, "50%").await;
    assert!(scalers(cluster).await.iter().all(is_still));
    promote(cluster).await;
    wait_release(cluster, "signals", "is promoted", |it| {
        it.history.len() == 2
    })
    .await;
    daemon.wait_reconciled(&harbour.repo.head()).await;
    let candidate = road.name_of('B');
    let free = scalers(cluster).await;
    let names: Vec<_> = free.iter().map(ResourceExt::name_any).collect();
    assert_eq!(names, [candidate.as_str()]);
    assert!(!free.iter().any(is_still), "{free:#?}");
    scale(cluster, &candidate, 36).await;

    // It is removed, and its last word is that of the spec.
    let commit = harbour.push(&[("signals", canary("36", 'b'))]);
    daemon.wait_reconciled(&commit).await;
    assert!(scalers(cluster).await.is_empty());
    wait::until_gone(&deployments, "signals").await;

    assert_eq!(sizes.of_one("signals"), ["30", "34", "0", "gone"]);
    assert_eq!(sizes.of_one(&candidate), ["2", "17", "34", "36"]);
    assert_eq!(road.told(), ["A", "A 95, B 5", "A 50, B 50", "B"]);
    harbour.feeder.nothing_was_lost();
    requests(cluster, mark).await;
}
