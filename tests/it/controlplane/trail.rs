//! The audit log tells who did what.

use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::cluster::{Cluster, kubeconfig};

#[tokio::test]
async fn audit_log_tells_dry_runs_from_writes_and_one_client_from_another() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("audit").await;
    let agent = cluster.unique("agent");
    let audit = cluster.audit();
    let mark = audit.mark().await;
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client_named(&agent).await, &namespace);
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let tried = PatchParams::apply("tests").dry_run();
    maps.patch("a", &tried, &Patch::Apply(&map))
        .await
        .expect("tried");
    maps.patch("a", &PatchParams::apply("tests"), &Patch::Apply(&map))
        .await
        .expect("applied");
    maps.list(&ListParams::default()).await.expect("listed");

    let mut events = audit.since(mark).await;
    events.retain(|e| e.user_agent == agent);
    let told: Vec<_> = events
        .iter()
        .map(|e| (e.verb.as_str(), e.is_dry_run(), e.is_write(), e.status()))
        .collect();
    assert_eq!(
        told,
        [
            ("patch", true, false, 201),
            ("patch", false, true, 201),
            ("list", false, false, 200)
        ]
    );
    let object = &events.first().expect("three events").object_ref;
    assert_eq!(object.namespace, namespace);
    assert_eq!(
        (object.api_group.as_str(), object.subresource.as_str()),
        ("", "")
    );
    assert_eq!(
        (object.resource.as_str(), object.name.as_str()),
        ("configmaps", "a")
    );
}

#[tokio::test]
async fn service_account_has_only_its_own_rights() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("account").await;
    let accounts: Api<ServiceAccount> = Api::namespaced(cluster.client().await, &namespace);
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "d"}});
    let account = serde_json::from_value(account).expect("an account");
    accounts
        .create(&PostParams::default(), &account)
        .await
        .expect("account");
    let file = cluster.kubeconfig_with_token(&cluster.token(&namespace, "d").await);
    let mark = cluster.audit().mark().await;
    let maps: Api<ConfigMap> = Api::namespaced(kubeconfig::client(&file, "d").await, &namespace);
    let refused = maps
        .list(&ListParams::default())
        .await
        .expect_err("no rights");
    assert!(matches!(refused, kube::Error::Api(status) if status.code == 403));
    let user = format!("system:serviceaccount:{namespace}:d");
    let events = cluster.audit().since(mark).await;
    assert!(
        events
            .iter()
            .any(|e| e.user.username == user && e.status() == 403)
    );
}

#[test]
fn kubectl_speaks_to_the_cluster() {
    let cluster = Cluster::shared();
    let output = cluster
        .kubectl(["get", "storageclasses", "-o", "name"])
        .output()
        .expect("kubectl");
    let text = String::from_utf8(output.stdout).expect("text");
    assert_eq!(
        text,
        "storageclass.storage.k8s.io/local\nstorageclass.storage.k8s.io/ssd\n"
    );
}
