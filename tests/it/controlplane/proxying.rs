//! The proxy misbehaves as told, and not otherwise.

use std::time::Duration;

use futures::{StreamExt as _, pin_mut};
use http::Method;
use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams};
use serde_json::{Value, json};

use crate::cluster::{Cluster, kubeconfig, wait};
use crate::proxy::{Fault, Match, Place, Proxy, Seen};

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
}

async fn apply(maps: &Api<ConfigMap>, name: &str) -> Result<ConfigMap, kube::Error> {
    maps.patch(name, &PatchParams::apply("tests"), &Patch::Apply(map(name)))
        .await
}

async fn through(proxy: &Proxy<'_>, namespace: &str) -> Api<ConfigMap> {
    Api::namespaced(
        kubeconfig::client(&proxy.kubeconfig(), "through").await,
        namespace,
    )
}

fn code(result: Result<ConfigMap, kube::Error>) -> u16 {
    match result {
        Err(kube::Error::Api(status)) => status.code,
        other => panic!("not refused by the server: {other:?}"),
    }
}

#[tokio::test]
async fn requests_are_carried_and_recorded() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("carried").await;
    let proxy = Proxy::before(&cluster);
    let maps = through(&proxy, &namespace).await;
    let tried = PatchParams::apply("tests").dry_run();
    maps.patch("a", &tried, &Patch::Apply(map("a")))
        .await
        .expect("tried");
    apply(&maps, "a").await.expect("applied");
    let seen = proxy.seen();
    let [tried, done] = seen.as_slice() else {
        panic!("two requests: {seen:?}")
    };
    assert!(tried.is_dry_run() && !tried.is_write());
    assert!(done.is_write() && !done.is_watch() && !done.is_lease());
    assert_eq!(
        done.path,
        format!("/api/v1/namespaces/{namespace}/configmaps/a")
    );
    assert_eq!((&done.method, done.status), (&Method::PATCH, Some(201)));
    assert_eq!(
        (done.user_agent.as_str(), done.json()),
        ("through", map("a"))
    );
}

#[tokio::test]
async fn chosen_requests_are_refused_delayed_or_left_hanging() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("refuse").await;
    let proxy = Proxy::before(&cluster);
    let maps = through(&proxy, &namespace).await;
    for status in [403, 409, 422, 429, 500] {
        proxy.inject(
            Match::writes().agent("through").nth(1),
            Fault::Answer(status),
        );
        assert_eq!(code(apply(&maps, "a").await), status);
        proxy.heal();
    }
    proxy.inject(
        Match::all().path("/configmaps/b").first(2),
        Fault::Answer(409),
    );
    for refused in [true, true, false] {
        assert_eq!(apply(&maps, "b").await.is_err(), refused);
    }
    proxy.inject(
        Match::all().method(Method::GET),
        Fault::Delay(Duration::from_millis(20)),
    );
    maps.get("b").await.expect("late, but there");
    proxy.heal();
    proxy.inject(Match::all(), Fault::Hang);
    let patience = Duration::from_millis(200);
    tokio::time::timeout(patience, maps.get("b"))
        .await
        .expect_err("no answer ever");
}

#[tokio::test]
async fn connection_is_cut_before_or_after_the_write() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("cuts").await;
    let proxy = Proxy::before(&cluster);
    let maps = through(&proxy, &namespace).await;
    let direct: Api<ConfigMap> = Api::namespaced(cluster.client().await, &namespace);
    for (name, fault, written) in [
        ("before", Fault::CutBefore, false),
        ("after", Fault::CutAfter, true),
    ] {
        proxy.inject(Match::writes().path(name), fault);
        apply(&maps, name).await.expect_err("the connection is cut");
        assert_eq!(
            direct.get_opt(name).await.expect("read").is_some(),
            written,
            "{name}"
        );
    }
}

#[tokio::test]
async fn breakpoint_holds_a_write_before_or_after_it_is_done() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("held").await;
    let proxy = Proxy::before(&cluster);
    let maps = through(&proxy, &namespace).await;
    let direct: Api<ConfigMap> = Api::namespaced(cluster.client().await, &namespace);
    for (name, place, written) in [
        ("early", Place::Before, false),
        ("late", Place::After, true),
    ] {
        for cut in [true, false] {
            let name = format!("{name}-{cut}");
            let mut breakpoint = proxy.breakpoint(Match::writes().path(&name), place);
            let (write, ()) = tokio::join!(apply(&maps, &name), async {
                let held = breakpoint.reached().await;
                assert!(held.path.ends_with(&name));
                assert_eq!(
                    direct.get_opt(&name).await.expect("read").is_some(),
                    written
                );
                if cut {
                    breakpoint.cut();
                } else {
                    breakpoint.go_on();
                }
            });
            assert_eq!(write.is_err(), cut, "{name}");
        }
    }
}

#[tokio::test]
async fn watches_flow_until_they_are_cut() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("watched").await;
    let proxy = Proxy::before(&cluster);
    let maps = through(&proxy, &namespace).await;
    let version = maps
        .list(&ListParams::default())
        .await
        .expect("list")
        .metadata
        .resource_version;
    let version = version.expect("a list has a version");
    let events = maps
        .watch(&WatchParams::default(), &version)
        .await
        .expect("watch");
    pin_mut!(events);
    let direct: Api<ConfigMap> = Api::namespaced(cluster.client().await, &namespace);
    let watched = serde_json::from_value(map("watched")).expect("a map");
    direct
        .create(&PostParams::default(), &watched)
        .await
        .expect("made");
    let event = wait::within("the watch tells", events.next()).await;
    assert!(
        matches!(event, Some(Ok(WatchEvent::Added(m))) if m.metadata.name.as_deref() == Some("watched"))
    );
    assert!(proxy.seen().iter().any(Seen::is_watch));
    proxy.cut_all();
    let end = wait::within("the watch ends", events.next()).await;
    assert!(!matches!(end, Some(Ok(_))), "{end:?}");
}

#[tokio::test]
async fn api_server_sees_the_rights_of_the_client_not_of_the_proxy() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("rights").await;
    let accounts: Api<ServiceAccount> = Api::namespaced(cluster.client().await, &namespace);
    wait::until(&accounts, "default", "exists", |a| a.is_some()).await;
    let proxy = Proxy::before(&cluster);
    let file = proxy.kubeconfig_with_token(&cluster.token(&namespace, "default").await);
    let maps = Api::namespaced(kubeconfig::client(&file, "d").await, &namespace);
    assert_eq!(code(apply(&maps, "a").await), 403);
}
