//! What an apply would do, asked of a real API server.

use std::time::Duration;

use kube::api::PostParams;
use serde_json::json;
use tidegate::cluster::Client;
use tidegate::cluster::live::{Prediction, predict};
use tidegate::object::Object;

use super::{client, lamp, lamps};
use crate::cluster::Cluster;
use crate::proxy::{Fault, Match, Proxy};

async fn one(client: &Client, object: &Object) -> Prediction {
    let answers = predict(client, std::slice::from_ref(object)).await;
    let [(id, prediction)] = answers.try_into().unwrap();
    assert_eq!(id, object.id());
    prediction
}

async fn reason(client: &Client, object: &Object) -> String {
    match one(client, object).await {
        Prediction::CannotTell { reason } => reason,
        other => panic!("it can tell: {other:?}"),
    }
}

async fn exists(cluster: &Cluster, object: &Object) {
    let typed = serde_json::from_value(object.value().clone()).unwrap();
    let api = lamps(cluster, object.namespace().unwrap()).await;
    api.create(&PostParams::default(), &typed).await.unwrap();
}

#[tokio::test]
async fn what_is_there_is_told_with_what_it_would_become_and_nothing_is_written() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("live-present").await;
    let client = client(cluster.kubeconfig()).await;
    exists(
        &cluster,
        &lamp(&namespace, "lamp", "anna", &json!({"oil": "1"})),
    )
    .await;
    let wanted = lamp(&namespace, "lamp", "anna", &json!({"oil": "2"}));
    let Prediction::Present { live, predicted } = one(&client, &wanted).await else {
        panic!("it is there")
    };
    assert_eq!(live.value()["data"], json!({"oil": "1"}));
    assert_eq!(predicted.value()["data"], json!({"oil": "2"}));
    let kept = lamps(&cluster, &namespace).await.get("lamp").await.unwrap();
    assert_eq!(kept.data.unwrap()["oil"], "1");
}

#[tokio::test]
async fn what_is_not_there_would_be_made_even_in_a_namespace_that_is_to_come() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("live-absent").await;
    let client = client(cluster.kubeconfig()).await;
    for namespace in [namespace.as_str(), "live-to-come"] {
        let wanted = lamp(namespace, "lamp", "anna", &json!({"oil": "1"}));
        let Prediction::Absent { predicted } = one(&client, &wanted).await else {
            panic!("it is not there")
        };
        assert_eq!(predicted.value()["data"], json!({"oil": "1"}));
    }
    let api = lamps(&cluster, &namespace).await;
    assert!(api.get_opt("lamp").await.unwrap().is_none());
}

#[tokio::test]
async fn nobody_can_tell_without_the_right_an_answer_or_a_valid_object() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("live-cannot").await;
    let wanted = lamp(&namespace, "lamp", "anna", &json!({"oil": "1"}));
    let token = cluster.token(&namespace, "default").await;
    let denied = client(&cluster.kubeconfig_with_token(&token)).await;
    let why = reason(&denied, &wanted).await;
    assert!(why.contains("may not list `configmaps`"), "{why}");

    let proxy = Proxy::before(&cluster);
    proxy.inject(Match::all().path("/configmaps"), Fault::Hang);
    let deadline = Duration::from_millis(300);
    let hanging = client(&proxy.kubeconfig()).await.with_deadline(deadline);
    let why = reason(&hanging, &wanted).await;
    assert!(why.contains("gave no answer within 300 ms"), "{why}");

    let admin = client(cluster.kubeconfig()).await;
    let mut wrong = wanted.clone();
    wrong.value_mut()["wick"] = json!(1);
    let why = reason(&admin, &wrong).await;
    assert!(
        why.ends_with("`wick`: field not declared in schema"),
        "{why}"
    );
}

#[tokio::test]
async fn an_object_that_changes_between_the_questions_is_asked_about_again() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("live-race").await;
    let wanted = lamp(&namespace, "lamp", "anna", &json!({"oil": "1"}));
    exists(&cluster, &wanted).await;
    let proxy = Proxy::before(&cluster);
    let client = client(&proxy.kubeconfig()).await;
    let dry_runs = || Match::all().that(crate::proxy::Seen::is_dry_run);
    proxy.inject(dry_runs().first(2), Fault::Answer(409));
    assert!(matches!(
        one(&client, &wanted).await,
        Prediction::Present { .. }
    ));
    proxy.heal();
    proxy.inject(dry_runs(), Fault::Answer(409));
    let why = reason(&client, &wanted).await;
    assert_eq!(why, "it changes faster than it can be looked at; try again");
}
