//! Without rights, or without an answer, nothing is called the same.

use serde_json::{Value, json};

use super::fleet::{Answer, Fleet};
use super::live::Live;
use crate::cluster::Cluster;
use crate::proxy::{Fault, Match, Proxy};

/// Nobody can tell.
const CANNOT_TELL: i32 = 4;

/// A ServiceAccount with these rights; its kubeconfig.
async fn account(cluster: &Cluster, rules: Value) -> std::path::PathBuf {
    let namespace = cluster.namespace("account").await;
    let live = Live::of(cluster).await;
    let of = |kind: &str, more: Value| {
        let mut object = json!({"metadata": {"name": namespace}, "kind": kind});
        object["apiVersion"] = json!("rbac.authorization.k8s.io/v1");
        for (name, value) in more.as_object().expect("fields") {
            object[name] = value.clone();
        }
        object
    };
    live.create(&of("ClusterRole", json!({"rules": rules})))
        .await;
    let role =
        json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": namespace});
    let who = json!([{"kind": "ServiceAccount", "name": "default", "namespace": namespace}]);
    live.create(&of(
        "ClusterRoleBinding",
        json!({"roleRef": role, "subjects": who}),
    ))
    .await;
    cluster.kubeconfig_with_token(&cluster.token(&namespace, "default").await)
}

fn told(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.code, CANNOT_TELL, "{}", answer.said());
    answer.json()["objects"]
        .as_array()
        .expect("objects")
        .clone()
}

const DIFF: [&str; 4] = ["diff", "--live", "--output", "json"];

#[tokio::test]
async fn an_account_without_rights_cannot_tell() {
    let fleet = Fleet::to_look_at().await;
    let nothing = account(&fleet.cluster, json!([])).await;
    let objects = told(&fleet.tidegate_as(&nothing, &DIFF));
    assert!(!objects.is_empty());
    assert!(
        objects
            .iter()
            .all(|object| object["verdict"] == "cannot-tell")
    );
    let reason = objects.first().map(|object| object["reason"].to_string());
    assert!(
        reason.expect("an object").contains("may not list"),
        "{objects:#?}"
    );
}

#[tokio::test]
async fn an_account_that_may_only_look_cannot_tell() {
    let fleet = Fleet::to_look_at().await;
    let read = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}]);
    let reader = account(&fleet.cluster, read).await;
    let objects = told(&fleet.tidegate_as(&reader, &DIFF));
    assert!(objects.len() > 100, "{}", objects.len());
    assert!(
        objects
            .iter()
            .all(|object| object["verdict"] == "cannot-tell")
    );
}

#[tokio::test]
async fn a_fleet_of_another_name_cannot_tell() {
    let fleet = Fleet::to_look_at().await;
    let root = fleet.read("tidegate.yaml");
    fleet.write(
        "tidegate.yaml",
        &root.replace("name: meridian", "name: equator"),
    );
    let objects = told(&fleet.tidegate(&DIFF));
    let [object] = objects.as_slice() else {
        panic!("{objects:#?}");
    };
    let reason = object["reason"].to_string();
    assert!(
        reason.contains("`tidegate apply` refuses to apply the fleet `equator` as cluster `tokyo`"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_cluster_that_hangs_cannot_tell() {
    let fleet = Fleet::to_look_at().await;
    let proxy = Proxy::before(&fleet.cluster);
    let asked = [&DIFF[..], &["--strategy", "opt-risk"]].concat();
    let answer = fleet.tidegate_as(&proxy.kubeconfig(), &asked);
    assert_eq!(answer.code, 0, "{}", answer.said());

    let asked = [&asked[..], &["--request-timeout", "1s"]].concat();
    proxy.inject(Match::all().method(http::Method::PATCH), Fault::Hang);
    let objects = told(&fleet.tidegate_as(&proxy.kubeconfig(), &asked));
    assert!(objects.len() > 3, "{objects:#?}");
    for object in objects {
        assert_eq!(object["verdict"], "cannot-tell", "{object:#}");
        assert!(
            object["reason"]
                .to_string()
                .contains("gave no answer within"),
            "{object:#}"
        );
    }

    proxy.inject(Match::all(), Fault::Hang);
    let objects = told(&fleet.tidegate_as(&proxy.kubeconfig(), &asked));
    assert!(
        objects
            .iter()
            .all(|object| object["verdict"] == "cannot-tell")
    );
}
