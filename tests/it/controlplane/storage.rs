//! Claims get volumes.

use k8s_openapi::api::core::v1::{Event, PersistentVolume, PersistentVolumeClaim};
use kube::api::{Api, DeleteParams, PostParams};
use serde_json::json;

use crate::cluster::{Cluster, wait};

fn claim(name: &str, class: &str, mode: &str) -> PersistentVolumeClaim {
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {
            "storageClassName": class, "accessModes": [mode],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    });
    serde_json::from_value(claim).expect("a claim")
}

fn is_bound(claim: Option<&PersistentVolumeClaim>) -> bool {
    let phase = claim.and_then(|c| c.status.as_ref()?.phase.as_deref());
    phase == Some("Bound")
}

#[tokio::test]
async fn claims_bind_and_their_volumes_go_with_them() {
    let cluster = Cluster::shared();
    let client = cluster.client().await;
    let namespace = cluster.namespace("claims").await;
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(client.clone(), &namespace);
    let volumes: Api<PersistentVolume> = Api::all(client);
    for (name, class, mode) in [
        ("a", "ssd", "ReadWriteOncePod"),
        ("b", "ssd", "ReadWriteOnce"),
        ("c", "local", "ReadWriteOnce"),
    ] {
        claims
            .create(&PostParams::default(), &claim(name, class, mode))
            .await
            .expect("claim");
        let bound = wait::until(&claims, name, "is bound", is_bound)
            .await
            .expect("bound");
        let volume = bound
            .spec
            .and_then(|s| s.volume_name)
            .expect("a bound claim has a volume");
        let source = volumes
            .get(&volume)
            .await
            .expect("volume")
            .spec
            .expect("a volume's spec");
        assert_eq!(source.csi.is_some(), class == "ssd", "{name}");
        claims
            .delete(name, &DeleteParams::default())
            .await
            .expect("deleted");
        wait::until_gone(&volumes, &volume).await;
    }
}

#[tokio::test]
async fn class_without_csi_refuses_read_write_once_pod() {
    let cluster = Cluster::shared();
    let client = cluster.client().await;
    let namespace = cluster.namespace("refused").await;
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(client.clone(), &namespace);
    let made = claims
        .create(
            &PostParams::default(),
            &claim("a", "local", "ReadWriteOncePod"),
        )
        .await;
    let uid = made
        .expect("claim")
        .metadata
        .uid
        .expect("a made object has a uid");
    let events: Api<Event> = Api::namespaced(client, &namespace);
    let told = wait::until(&events, &format!("a.{uid}"), "is told", |e| e.is_some()).await;
    assert_eq!(
        told.and_then(|e| e.reason).as_deref(),
        Some("ProvisioningFailed")
    );
    let claim = claims.get("a").await.expect("claim");
    assert!(!is_bound(Some(&claim)));
}
