//! What is rendered, held before the API server's strictest reading.

use http::header::WARNING;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Api, DynamicObject, PatchParams, Request, ValidationDirective};
use kube::client::Body;
use serde_json::{Value, json};

use super::fleet::Fleet;
use super::live::{Live, resource_of};
use super::places;
use crate::cluster::wait;

/// The answer to a dry-run with strict validation: its status, its body and its warnings.
async fn dry_run(client: &kube::Client, object: &Value) -> (u16, String, Vec<String>) {
    let resource = resource_of(object);
    let namespace = object["metadata"]["namespace"].as_str();
    let path = <DynamicObject as kube::Resource>::url_path(&resource, namespace);
    let params = PatchParams {
        field_validation: Some(ValidationDirective::Strict),
        ..PatchParams::apply("tidegate").force().dry_run()
    };
    let patch = kube::api::Patch::Apply(object);
    let name = object["metadata"]["name"].as_str().expect("a name");
    let request = Request::new(path)
        .patch(name, &params, &patch)
        .expect("a request");
    let response = client
        .send(request.map(Body::from))
        .await
        .expect("an answer");
    let warnings = response.headers().get_all(WARNING).iter();
    let warnings = warnings.map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned());
    let (status, warnings) = (response.status().as_u16(), warnings.collect());
    let body = response.into_body().collect_bytes().await.expect("a body");
    (
        status,
        String::from_utf8_lossy(&body).into_owned(),
        warnings,
    )
}

/// The object in a desk that has nothing yet.
fn moved(mut object: Value) -> Value {
    let other = |name: &Value| json!(format!("strict-{}", name.as_str().expect("a name")));
    if object["kind"] == "Namespace" {
        object["metadata"]["name"] = other(&object["metadata"]["name"]);
    } else {
        object["metadata"]["namespace"] = other(&object["metadata"]["namespace"]);
    }
    object
}

#[tokio::test]
async fn everything_passes_strict_validation_and_pod_security() {
    let fleet = Fleet::to_look_at().await;
    let client = fleet.cluster.client().await;
    let live = Live::of(&fleet.cluster).await;
    let accounts =
        |namespace: &str| -> Api<ServiceAccount> { Api::namespaced(client.clone(), namespace) };
    let rendered = fleet.tidegate(&["render", "--output", "json"]).json();
    let objects: Vec<Value> = rendered
        .as_array()
        .expect("objects")
        .iter()
        .cloned()
        .map(moved)
        .collect();
    let namespaces = objects
        .iter()
        .filter(|object| object["kind"] == "Namespace");
    for namespace in namespaces {
        live.create(namespace).await;
        let accounts = accounts(namespace["metadata"]["name"].as_str().expect("a name"));
        wait::until(&accounts, "default", "exists", |found| found.is_some()).await;
    }
    let mut refused = Vec::new();
    for object in &objects {
        let (status, body, warnings) = dry_run(&client, object).await;
        if !(200..300).contains(&status) || !warnings.is_empty() {
            refused.push(format!(
                "{}: {status} {body} {warnings:?}",
                places::id_of(object)
            ));
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");

    // The same questions do get a no.
    let workload = objects.iter().find(|object| object["kind"] == "Deployment");
    let mut wrong = workload.expect("the fleet has a service").clone();
    wrong["spec"]["replica"] = json!(1);
    let (status, body, _) = dry_run(&client, &wrong).await;
    // An apply says of a field that no schema has that it cannot be typed, under the code 500.
    assert!(
        status >= 400 && body.contains(".spec.replica"),
        "{status} {body}"
    );
    let mut loose = workload.expect("the fleet has a service").clone();
    loose["spec"]["template"]["spec"]["hostNetwork"] = json!(true);
    let (_, _, warnings) = dry_run(&client, &loose).await;
    assert!(warnings.join(" ").contains("PodSecurity"), "{warnings:?}");
    for namespace in objects
        .iter()
        .filter(|object| object["kind"] == "Namespace")
    {
        live.delete(namespace).await;
    }
}
