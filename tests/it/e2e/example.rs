//! The example fleet: brought up, changed by a push, and put right again after every kind of drift.

use std::collections::BTreeMap;
use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::api::{Api, DeleteParams, ListParams};
use serde::de::DeserializeOwned;
use tidegate::object::mark;
use tidegate::release::Release;

use super::history::Recorder;
use super::requests;
use crate::cluster::{Cluster, Options, wait};
use crate::daemon::{self, Daemon, NAMESPACE};
use crate::fleet;
use crate::gitserver::Repo;

const TREND: &str = "crypto-trend";
const EQUITY: &str = "us-eq";

/// What each strategy holds, as their Releases say.
async fn holdings(cluster: &Cluster) -> BTreeMap<String, Vec<String>> {
    let releases: Api<Release> = Api::namespaced(cluster.client().await, NAMESPACE);
    let all = releases.list(&ListParams::default()).await.expect("a list");
    let taken = all.items.into_iter().filter_map(|release| {
        let holdings = release.status.map(|status| status.holdings)?;
        Some((release.spec.strategy?, holdings))
    });
    taken.collect()
}

async fn namespaced<K>(cluster: &Cluster, namespace: &str) -> Api<K>
where
    K: kube::Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
{
    Api::namespaced(cluster.client().await, namespace)
}

/// Every pod of ours is ready, or ran to its end.
async fn assert_pods_ready(cluster: &Cluster) {
    let pods: Api<Pod> = Api::all(cluster.client().await);
    let ours = ListParams::default().labels(mark::OWNER);
    let pods = pods.list(&ours).await.expect("a list").items;
    assert!(pods.len() >= 15, "{} pods", pods.len());
    for pod in pods {
        let status = pod.status.unwrap_or_default();
        let conditions = status.conditions.unwrap_or_default();
        let is_ready = conditions
            .iter()
            .any(|c| c.type_ == "Ready" && c.status == "True");
        let is_over = status.phase.as_deref() == Some("Succeeded");
        assert!(is_ready || is_over, "{:?}", pod.metadata.name);
    }
}

fn edit(repo: &Repo, path: &str, from: &str, to: &str) {
    let file = repo.clone_dir().join(path);
    let text = std::fs::read_to_string(&file).expect("the example has the file");
    assert!(text.contains(from), "{path} has no `{from}`");
    std::fs::write(&file, text.replace(from, to)).expect("a file");
}

#[tokio::test]
async fn example_fleet_comes_up_changes_and_is_put_right_again() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let commit = fleet::push_example(&repo);
    let recorder = Recorder::start(&cluster).await;
    let daemon = Daemon::start(&cluster, &repo).await;
    daemon.wait_reconciled(&commit).await;
    assert_pods_ready(&cluster).await;

    edit(
        &repo,
        "desks/crypto-trend/trend-btc.yaml",
        "freqtrade:stable",
        "freqtrade:2026.10",
    );
    edit(&repo, "desks/crypto-trend/trend-eth/config.json", "{", "{ ");
    edit(
        &repo,
        "desks/us-eq/opt-risk.yaml",
        "opt-risk:3.2.0",
        "opt-risk:3.3.0",
    );
    let commit = repo.push(&[], "Change two images and a configuration");
    daemon.wait_reconciled(&commit).await;
    assert_pods_ready(&cluster).await;
    let history = recorder.finish().await;
    history.assert_one_pod_per_holding(&holdings(&cluster).await);
    history.assert_references_exist();
    for (strategy, pods) in [
        ("trend-btc", 2),
        ("trend-eth", 2),
        ("opt-risk", 4),
        ("mm-btc", 1),
    ] {
        assert_eq!(history.pods_of(strategy).len(), pods, "{strategy}");
    }

    scaling_is_undone(&cluster).await;
    deletions_are_undone(&cluster).await;
    edits_are_undone(&cluster).await;
    daemon.wait_reconciled(&commit).await;
    assert_pods_ready(&cluster).await;
    requests(&cluster, mark).await;
}

async fn scaling_is_undone(cluster: &Cluster) {
    let sets: Api<StatefulSet> = namespaced(cluster, TREND).await;
    for replicas in ["--replicas=2", "--replicas=0"] {
        let before = generation(&sets.get("trend-btc").await.expect("the set"));
        let args = [
            "scale",
            "statefulset/trend-btc",
            "--namespace",
            TREND,
            replicas,
        ];
        daemon::run(&mut cluster.kubectl(args));
        wait::until(&sets, "trend-btc", "has one pod again", |set| {
            set.is_some_and(|set| {
                let status = set.status.as_ref();
                generation(set) >= before + 2
                    && set.spec.as_ref().and_then(|spec| spec.replicas) == Some(1)
                    && status.is_some_and(|it| it.replicas == 1 && it.ready_replicas == Some(1))
            })
        })
        .await;
    }
}

fn generation(set: &StatefulSet) -> i64 {
    set.metadata.generation.expect("a set has a generation")
}

async fn deletions_are_undone(cluster: &Cluster) {
    let maps: Api<ConfigMap> = namespaced(cluster, TREND).await;
    let ours = ListParams::default().labels(&format!("{}=trend-btc", mark::STRATEGY));
    let map = maps
        .list(&ours)
        .await
        .expect("a list")
        .items
        .into_iter()
        .next();
    let map = map
        .and_then(|map| map.metadata.name)
        .expect("it has a configuration");
    comes_back(&maps, &map).await;
    let services: Api<Service> = namespaced(cluster, EQUITY).await;
    comes_back(&services, "opt-risk").await;
}

/// Deletes an object, and waits for another of its name.
async fn comes_back<K>(api: &Api<K>, name: &str)
where
    K: kube::Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let before = api.get(name).await.expect("the object").meta().uid.clone();
    api.delete(name, &DeleteParams::default())
        .await
        .expect("deleted");
    wait::until(api, name, "is there again", |object| {
        object.is_some_and(|object| object.meta().uid != before)
    })
    .await;
}

#[expect(clippy::too_many_lines, reason = "a scenario is read in order")]
async fn edits_are_undone(cluster: &Cluster) {
    let policies: Api<NetworkPolicy> = namespaced(cluster, TREND).await;
    for label in [mark::STRATEGY, mark::OWNER] {
        let removed = format!("{label}-");
        let args = [
            "label",
            "networkpolicy/trend-btc",
            "--namespace",
            TREND,
            &removed,
        ];
        daemon::run(&mut cluster.kubectl(args));
        wait::until(&policies, "trend-btc", "has its label again", |policy| {
            let labels = policy.and_then(|policy| policy.metadata.labels.as_ref());
            labels.is_some_and(|labels| labels.contains_key(label))
        })
        .await;
    }
    let sets: Api<StatefulSet> = namespaced(cluster, EQUITY).await;
    let pods: Api<Pod> = namespaced(cluster, EQUITY).await;
    let pod = pods
        .get("ib-gateway-0")
        .await
        .expect("the pod")
        .metadata
        .uid;
    let args = [
        "set",
        "env",
        "statefulset/ib-gateway",
        "--namespace",
        EQUITY,
        "TRADING_MODE=live",
    ];
    daemon::run(&mut cluster.kubectl(args));
    wait::until(&sets, "ib-gateway", "trades on paper again", |set| {
        set.is_some_and(|set| environment(set).contains(&"TRADING_MODE=paper".to_owned()))
    })
    .await;
    let after = pods
        .get("ib-gateway-0")
        .await
        .expect("the pod")
        .metadata
        .uid;
    assert_eq!(after, pod, "the gateway's pod was never the edited one");
    let deployments: Api<Deployment> = namespaced(cluster, EQUITY).await;
    let args = [
        "set",
        "image",
        "deployment/opt-risk",
        "--namespace",
        EQUITY,
        "*=evil:1",
    ];
    daemon::run(&mut cluster.kubectl(args));
    wait::until(
        &deployments,
        "opt-risk",
        "runs its image again",
        |deployment| {
            let spec = deployment.and_then(|it| it.spec.as_ref()?.template.spec.as_ref());
            let mut images = spec.into_iter().flat_map(|it| &it.containers);
            images.all(|it| {
                it.image
                    .as_deref()
                    .is_some_and(|it| it.ends_with("opt-risk:3.3.0"))
            })
        },
    )
    .await;
}

fn environment(set: &StatefulSet) -> Vec<String> {
    let spec = set
        .spec
        .as_ref()
        .and_then(|spec| spec.template.spec.as_ref());
    let containers = spec.into_iter().flat_map(|spec| &spec.containers);
    let variables = containers.flat_map(|it| it.env.iter().flatten());
    variables
        .map(|it| format!("{}={}", it.name, it.value.clone().unwrap_or_default()))
        .collect()
}
