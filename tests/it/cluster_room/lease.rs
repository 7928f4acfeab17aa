//! Who leads, on a real Lease.

use std::time::Duration;

use http::Method;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, PostParams};
use tidegate::cluster::lease::{self, Refusal, Settings};

use super::client;
use crate::cluster::{Cluster, wait};
use crate::proxy::{Fault, Match, Proxy};

fn settings(namespace: &str, identity: &str) -> Settings {
    Settings::new(namespace, identity.to_owned())
}

/// A lease that runs out while a test waits.
fn brief(namespace: &str, identity: &str) -> Settings {
    Settings {
        length: Duration::from_secs(3),
        ..settings(namespace, identity)
    }
}

async fn holder(cluster: &Cluster, namespace: &str) -> Option<String> {
    let leases: Api<Lease> = Api::namespaced(cluster.client().await, namespace);
    let lease = leases.get("tidegate").await.unwrap();
    lease.spec.unwrap().holder_identity
}

#[tokio::test]
async fn one_leads_and_the_other_follows_as_soon_as_it_is_let() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("lease-turns").await;
    let client = client(cluster.kubeconfig()).await;
    let first = lease::acquire(&client, &settings(&namespace, "anna")).await;
    let leadership = first.leadership();
    assert!(leadership.holds());

    let settings = brief(&namespace, "bert");
    let second = async { lease::acquire(&client, &settings).await };
    let give_up = async {
        let lease: Api<Lease> = Api::namespaced(cluster.client().await, &namespace);
        wait::until(&lease, "tidegate", "is anna's", |lease| {
            let spec = lease.and_then(|lease| lease.spec.as_ref());
            spec.is_some_and(|spec| spec.holder_identity.as_deref() == Some("anna"))
        })
        .await;
        first.release().await.unwrap();
        assert!(!leadership.holds());
    };
    let both = Box::pin(async { tokio::join!(second, give_up).0 });
    let second = wait::within("bert leads", both).await;
    assert!(second.leadership().holds());
    assert_eq!(holder(&cluster, &namespace).await.as_deref(), Some("bert"));
}

#[tokio::test]
async fn a_command_refuses_while_a_daemon_leads_and_names_it() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("lease-refuses").await;
    let client = client(cluster.kubeconfig()).await;
    let held = lease::acquire(&client, &settings(&namespace, "daemon-7f")).await;
    let Err(refusal) = lease::take(&client, &settings(&namespace, "someone")).await else {
        panic!("two lead")
    };
    assert!(matches!(refusal, Refusal::Held { .. }));
    let text = refusal.to_string();
    let expect =
        format!("take the lead: `daemon-7f` holds the lease `{namespace}/tidegate`, renewed ");
    assert!(text.starts_with(&expect), "{text}");
    assert!(
        text.ends_with("push to Git and let it reconcile, or stop it first"),
        "{text}"
    );
    held.release().await.unwrap();
    let taken = lease::take(&client, &settings(&namespace, "someone")).await;
    assert!(taken.is_ok_and(|held| held.leadership().holds()));
}

#[tokio::test]
async fn a_holder_that_is_cut_off_stops_before_the_next_one_starts() {
    let cluster = Cluster::shared();
    let proxy = Proxy::before(&cluster);
    let namespace = cluster.namespace("lease-cut-off").await;
    let cut_off = client(&proxy.kubeconfig()).await;
    let first = lease::acquire(&cut_off, &brief(&namespace, "anna")).await;
    let leadership = first.leadership();
    proxy.inject(
        Match::all().path("/leases/").method(Method::PUT),
        Fault::Hang,
    );
    proxy.inject(Match::all().path("/leases/"), Fault::CutBefore);

    let other = client(cluster.kubeconfig()).await;
    let settings = brief(&namespace, "bert");
    let second = wait::within("bert leads", lease::acquire(&other, &settings)).await;
    assert!(!leadership.holds(), "two lead");
    assert!(second.leadership().holds());
    wait::within("anna is told", leadership.lost()).await;

    proxy.heal();
    assert!(!leadership.holds(), "what is lost does not come back");
    first.release().await.unwrap();
    assert_eq!(holder(&cluster, &namespace).await.as_deref(), Some("bert"));
}

#[tokio::test]
async fn an_abandoned_lease_is_waited_out_by_a_command() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("lease-abandoned").await;
    let client = client(cluster.kubeconfig()).await;
    let leases: Api<Lease> = Api::namespaced(cluster.client().await, &namespace);
    let dead = serde_json::json!({
        "metadata": {"name": "tidegate"},
        "spec": {
            "holderIdentity": "dead",
            "leaseDurationSeconds": 2,
            "renewTime": "2020-01-01T00:00:00.000000Z",
        },
    });
    let dead = serde_json::from_value(dead).unwrap();
    leases.create(&PostParams::default(), &dead).await.unwrap();
    let settings = brief(&namespace, "anna");
    let taken = wait::within("anna leads", lease::take(&client, &settings)).await;
    assert!(taken.is_ok_and(|held| held.leadership().holds()));
}
