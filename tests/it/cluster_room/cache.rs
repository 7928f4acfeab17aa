//! The watch cache: what it sees, whom it wakes, and what it costs.

use std::collections::BTreeSet;

use kube::ResourceExt as _;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;
use tidegate::cluster::Cache;
use tidegate::cluster::cache::Behind;
use tidegate::compile::Owner;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Leader, client, install, lamp, lamps};
use crate::cluster::{Cluster, wait};
use crate::proxy::{Fault, Match, Proxy};

/// Waits until an owner is woken; gives everybody who was up to then.
async fn woken_until(cache: &Cache, owner: &str) -> BTreeSet<Owner> {
    let mut woken = BTreeSet::new();
    let wait = async {
        while !woken.contains(&Owner::named(owner)) {
            woken.extend(cache.changed().await);
        }
    };
    wait::within("the owner is woken", wait).await;
    woken
}

fn lists(proxy: &Proxy<'_>) -> usize {
    let seen = proxy.seen();
    seen.iter().filter(|it| it.query.contains("limit=")).count()
}

async fn make(cluster: &Cluster, namespace: &str, name: &str, owner: &str) {
    let object = lamp(namespace, name, owner, &json!({"oil": "1"}));
    let typed = serde_json::from_value(object.into_value()).unwrap();
    let api = lamps(cluster, namespace).await;
    api.create(&PostParams::default(), &typed).await.unwrap();
}

#[tokio::test]
async fn a_change_by_others_wakes_the_owner_and_nobody_else() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "cache-wakes").await;
    let [anna, bert] = ["anna", "bert"].map(|base| cluster.unique(base));
    make(&cluster, &leader.namespace, "a", &anna).await;
    woken_until(&leader.cache, &anna).await;
    make(&cluster, &leader.namespace, "b", &bert).await;
    let woken = woken_until(&leader.cache, &bert).await;
    assert!(!woken.contains(&Owner::named(&anna)));

    let unit = leader.cache.unit(&Owner::named(&anna));
    let [object] = unit.values().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(object.value()["data"], json!({"oil": "1"}));
    assert_eq!((object.api_version(), object.kind()), ("v1", "ConfigMap"));

    let api = lamps(&cluster, &leader.namespace).await;
    api.delete("a", &DeleteParams::default()).await.unwrap();
    let woken = woken_until(&leader.cache, &anna).await;
    assert!(!woken.contains(&Owner::named(&bert)));
    assert!(leader.cache.unit(&Owner::named(&anna)).is_empty());
}

#[tokio::test]
async fn an_object_that_loses_our_label_is_no_longer_seen() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "cache-label").await;
    let anna = cluster.unique("anna");
    make(&cluster, &leader.namespace, "a", &anna).await;
    woken_until(&leader.cache, &anna).await;
    let patch = json!({"metadata": {"labels": {"tidegate.dev/owner": null}}});
    let api = lamps(&cluster, &leader.namespace).await;
    api.patch("a", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
    woken_until(&leader.cache, &anna).await;
    assert!(leader.cache.unit(&Owner::named(&anna)).is_empty());
}

#[tokio::test]
async fn a_lost_watch_goes_on_where_it_was_and_misses_nothing() {
    let cluster = Cluster::shared();
    let proxy = Proxy::before(&cluster);
    let leader = Leader::start_at(&cluster, "cache-cut", &proxy.kubeconfig()).await;
    let listed = lists(&proxy);
    let anna = cluster.unique("anna");
    make(&cluster, &leader.namespace, "a", &anna).await;
    woken_until(&leader.cache, &anna).await;
    for name in ["b", "c", "d"] {
        proxy.cut_all();
        make(&cluster, &leader.namespace, name, &anna).await;
        woken_until(&leader.cache, &anna).await;
    }
    assert_eq!(leader.cache.unit(&Owner::named(&anna)).len(), 4);
    assert_eq!(lists(&proxy), listed, "nothing is listed again");
}

#[tokio::test]
async fn a_watch_whose_place_is_forgotten_lists_again_and_finds_what_is_gone() {
    let cluster = Cluster::shared();
    let proxy = Proxy::before(&cluster);
    let leader = Leader::start_at(&cluster, "cache-gone", &proxy.kubeconfig()).await;
    let anna = cluster.unique("anna");
    for name in ["a", "b"] {
        make(&cluster, &leader.namespace, name, &anna).await;
        woken_until(&leader.cache, &anna).await;
    }
    let watches = || {
        Match::all()
            .path("/configmaps")
            .that(crate::proxy::Seen::is_watch)
    };
    proxy.inject(watches().first(1), Fault::Answer(410));
    // Held up until the deletion is done, so that no watch can tell of it.
    let mut hold = proxy.breakpoint(
        Match::all()
            .path("/configmaps")
            .that(|seen| seen.query.contains("limit=")),
        crate::proxy::Place::Before,
    );
    proxy.cut_all();
    hold.reached().await;
    let api = lamps(&cluster, &leader.namespace).await;
    api.delete("a", &DeleteParams::default()).await.unwrap();
    hold.go_on();
    woken_until(&leader.cache, &anna).await;
    let unit = leader.cache.unit(&Owner::named(&anna));
    let names: Vec<_> = unit.keys().map(|id| id.name.as_str()).collect();
    assert_eq!(names, ["b"]);
}

#[tokio::test]
async fn at_rest_there_is_no_call_but_watches_and_the_lease() {
    let cluster = Cluster::shared();
    let proxy = Proxy::before(&cluster);
    let leader = Leader::start_at(&cluster, "cache-rest", &proxy.kubeconfig()).await;
    let before = proxy.seen().len();
    // Something happens, and is told by the watch alone.
    let anna = cluster.unique("anna");
    make(&cluster, &leader.namespace, "a", &anna).await;
    woken_until(&leader.cache, &anna).await;
    let calls = proxy.seen().split_off(before);
    let others: Vec<_> = calls
        .iter()
        .filter(|seen| !seen.is_watch() && !seen.is_lease())
        .collect();
    assert!(others.is_empty(), "{others:?}");
}

#[tokio::test]
async fn a_watch_that_may_not_watch_says_so_and_the_cache_is_not_ready() {
    let cluster = Cluster::shared();
    install(&cluster).await;
    let namespace = cluster.namespace("cache-denied").await;
    let token = cluster.token(&namespace, "default").await;
    let denied = client(&cluster.kubeconfig_with_token(&token)).await;
    let stop = CancellationToken::new();
    let cache = Cache::start(&denied, &namespace, &TaskTracker::new(), &stop);
    let told = async {
        let told = |why: &str| why.contains("may not");
        // The states change without a sign; every look lets the watches go on.
        while !cache.behind().iter().all(|behind| told(&behind.why)) {
            tokio::task::yield_now().await;
        }
    };
    wait::within("every kind is told", told).await;
    let behind = cache.behind();
    let pods = behind.iter().find(|it| it.resource == "pods").unwrap();
    assert_eq!(
        pods.why,
        format!(
            "list `pods`: `system:serviceaccount:{namespace}:default` may not list `pods` in the whole cluster; grant it, then check with `kubectl auth can-i list pods --all-namespaces --as system:serviceaccount:{namespace}:default`"
        )
    );
    // What is halted is for everybody to see, where the roles of `deploy/` are installed.
    let closed = |it: &&Behind| !it.resource.ends_with("halts.tidegate.dev");
    assert_eq!(behind.iter().filter(closed).count(), 26);
    stop.cancel();
}

#[tokio::test]
async fn a_list_of_many_pages_is_complete() {
    let cluster = Cluster::shared();
    install(&cluster).await;
    let namespace = cluster.namespace("cache-pages").await;
    let owner = cluster.unique("many");
    let api = lamps(&cluster, &namespace).await;
    for number in 0..520 {
        let object = lamp(&namespace, &format!("lamp-{number}"), &owner, &json!({}));
        let typed = serde_json::from_value(object.into_value()).unwrap();
        api.create(&PostParams::default(), &typed).await.unwrap();
    }
    let client = client(cluster.kubeconfig()).await;
    let stop = CancellationToken::new();
    let cache = Cache::start(&client, &namespace, &TaskTracker::new(), &stop);
    wait::within("the cache is filled", cache.ready()).await;
    let unit = cache.unit(&Owner::named(&owner));
    assert_eq!(unit.len(), 520);
    let size = cache.size();
    assert!(
        size.objects >= 520 && size.bytes / size.objects < 1000,
        "{size:?}"
    );
    let first = api.get("lamp-0").await.unwrap();
    let cached = unit.values().find(|it| it.name() == "lamp-0").unwrap();
    assert_eq!(cached.uid(), first.uid().as_deref());
    stop.cancel();
}
