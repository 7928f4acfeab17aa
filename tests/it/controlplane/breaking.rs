//! Components can be broken one by one.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, PostParams};
use serde_json::json;

use crate::cluster::{Cluster, Component, Options, PodEnd, wait};

fn deployment(name: &str) -> Deployment {
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": "a"}]},
            },
        },
    });
    serde_json::from_value(deployment).expect("a deployment")
}

fn is_available(deployment: Option<&Deployment>) -> bool {
    let status = deployment.and_then(|d| d.status.as_ref());
    status.and_then(|s| s.available_replicas) == Some(2)
}

#[tokio::test]
async fn cluster_goes_on_after_its_store_and_api_server_were_killed() {
    let cluster = Cluster::private(&Options {
        pod_end: PodEnd::After(1),
        ..Options::default()
    });
    let client = cluster.client().await;
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}});
    let map = serde_json::from_value(map).expect("a map");
    maps.create(&PostParams::default(), &map)
        .await
        .expect("map");

    cluster.kill(Component::ApiServer).await;
    assert_eq!(cluster.state(Component::ApiServer).await, "killed");
    maps.get("kept").await.expect_err("nobody answers");
    cluster.start(Component::ApiServer).await;
    maps.get("kept")
        .await
        .expect("the map outlives the API server");
    cluster.restart(Component::Etcd).await;
    wait::until(&maps, "kept", "outlives the store's process", |m| {
        m.is_some()
    })
    .await;

    let deployments = Api::namespaced(client, "default");
    for part in [
        Component::ControllerManager,
        Component::Scheduler,
        Component::Kwok,
    ] {
        cluster.stop(part).await;
        assert_eq!(cluster.state(part).await, "stopped");
        let name = format!("without-{}", part.name().replace("kube-", ""));
        deployments
            .create(&PostParams::default(), &deployment(&name))
            .await
            .expect("made");
        cluster.cont(part).await;
        wait::until(&deployments, &name, "is available", is_available).await;
    }
    cluster.restart(Component::Provisioner).await;
    assert_eq!(cluster.state(Component::Provisioner).await, "running");
}
