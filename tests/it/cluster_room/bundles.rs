//! Bundles in the cluster.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ListParams, PostParams};
use serde_json::json;
use tidegate::cluster::bundles::{LoadError, Shelf};
use tidegate::compile::{Bundle, Owner, UnitId};
use tidegate::digest::Digest;

use super::{Leader, lamp, lamps};
use crate::cluster::Cluster;

fn bundle(name: &str, data: &str) -> Bundle {
    Bundle {
        version: 1,
        unit: UnitId::Strategy(name.parse().unwrap()),
        desk: "hall".parse().unwrap(),
        namespace: "hall".to_owned(),
        class: None,
        owner: Owner::named("anna"),
        bundle: Digest::of(format!("{name} {data}")),
        behaviour: Digest::of(name),
        objects: vec![lamp("hall", name, "anna", &json!({"oil": data}))],
        workload: None,
        holdings: Vec::new(),
        touches: tidegate::halt::Touches::default(),
        after: Vec::new(),
        requires: Vec::new(),
        rollout: None,
        run: None,
        authority: None,
        renamed_from: None,
    }
}

/// A text that does not get much smaller by packing.
fn noise(length: usize) -> String {
    let mut digest = Digest::of("noise");
    let mut text = String::new();
    while text.len() < length {
        text.push_str(&digest.hex());
        digest = Digest::of(digest.hex());
    }
    text
}

async fn packs(cluster: &Cluster, leader: &Leader) -> Vec<ConfigMap> {
    let api = lamps(cluster, &leader.namespace).await;
    let params = ListParams::default().labels("tidegate.dev/bundles");
    api.list(&params).await.unwrap().items
}

#[tokio::test]
async fn what_is_stored_comes_back_and_storing_twice_is_storing_once() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "bundles-once").await;
    let bundles = [bundle("a", "1"), bundle("b", "2")];
    let [first, second] = &bundles;
    // One that looked before the other stored meets the same pack, and takes it for its own.
    let open = || Shelf::open(leader.client(), &leader.namespace);
    let shelves = [open().await.unwrap(), open().await.unwrap()];
    for (mut shelf, given) in shelves.into_iter().zip([[first, second], [second, first]]) {
        shelf.store(&leader.writer, &given).await.unwrap();
        for bundle in &bundles {
            let loaded = shelf.load(leader.client(), bundle.bundle).await.unwrap();
            assert_eq!(loaded, *bundle);
        }
    }
    let [pack] = packs(&cluster, &leader).await.try_into().unwrap();
    assert_eq!(pack.immutable, Some(true));
}

#[tokio::test]
async fn a_bundle_too_large_for_one_config_map_is_cut() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "bundles-large").await;
    let large = bundle("large", &noise(3 * 1024 * 1024));
    let mut shelf = Shelf::open(leader.client(), &leader.namespace)
        .await
        .unwrap();
    shelf.store(&leader.writer, &[&large]).await.unwrap();
    assert!(packs(&cluster, &leader).await.len() > 1);
    let reopened = Shelf::open(leader.client(), &leader.namespace)
        .await
        .unwrap();
    assert_eq!(reopened.digests(), BTreeSet::from([large.bundle]));
    let loaded = reopened.load(leader.client(), large.bundle).await.unwrap();
    assert_eq!(loaded, large);
}

#[tokio::test]
async fn a_pack_goes_when_nothing_in_it_is_needed() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "bundles-retain").await;
    let [old, kept, new] = ["old", "kept", "new"].map(|name| bundle(name, ""));
    let mut shelf = Shelf::open(leader.client(), &leader.namespace)
        .await
        .unwrap();
    shelf.store(&leader.writer, &[&old]).await.unwrap();
    shelf.store(&leader.writer, &[&kept, &new]).await.unwrap();
    let needed = BTreeSet::from([kept.bundle]);
    shelf.retain(&leader.writer, &needed).await.unwrap();
    assert_eq!(packs(&cluster, &leader).await.len(), 1);
    let gone = shelf.load(leader.client(), old.bundle).await.unwrap_err();
    assert!(matches!(gone, LoadError::Missing(_)));
    assert_eq!(
        gone.to_string(),
        format!(
            "find bundle `{}` in the cluster: it is not there; push its commit again",
            old.bundle
        )
    );
    shelf.load(leader.client(), kept.bundle).await.unwrap();
}

#[tokio::test]
async fn the_few_that_are_needed_leave_a_large_pack_behind() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "bundles-sparse").await;
    let bundles: Vec<_> = (0..9).map(|n| bundle(&format!("b{n}"), "")).collect();
    let mut shelf = Shelf::open(leader.client(), &leader.namespace)
        .await
        .unwrap();
    let all: Vec<_> = bundles.iter().collect();
    shelf.store(&leader.writer, &all).await.unwrap();
    let kept = &bundles[4];
    let needed = BTreeSet::from([kept.bundle]);
    shelf.retain(&leader.writer, &needed).await.unwrap();
    assert_eq!(shelf.digests(), needed);
    assert_eq!(packs(&cluster, &leader).await.len(), 1);
    let reopened = Shelf::open(leader.client(), &leader.namespace)
        .await
        .unwrap();
    assert_eq!(reopened.digests(), needed);
    let loaded = reopened.load(leader.client(), kept.bundle).await.unwrap();
    assert_eq!(loaded, *kept);
}

#[tokio::test]
async fn a_pack_that_holds_something_else_is_not_believed() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "bundles-other").await;
    let [asked, other] = ["asked", "other"].map(|name| bundle(name, ""));
    let mut shelf = Shelf::open(leader.client(), &leader.namespace)
        .await
        .unwrap();
    shelf.store(&leader.writer, &[&other]).await.unwrap();
    let [mut pack] = packs(&cluster, &leader).await.try_into().unwrap();
    let data = pack.binary_data.take().unwrap();
    let moved = data.into_values().map(|bytes| {
        let key = format!("{}.0.1", asked.bundle.hex());
        (key, bytes)
    });
    pack.binary_data = Some(moved.collect());
    pack.metadata.name = Some("bundles-forged".to_owned());
    pack.metadata.resource_version = None;
    let api = lamps(&cluster, &leader.namespace).await;
    api.create(&PostParams::default(), &pack).await.unwrap();

    let shelf = Shelf::open(leader.client(), &leader.namespace)
        .await
        .unwrap();
    let broken = shelf.load(leader.client(), asked.bundle).await.unwrap_err();
    assert!(
        broken
            .to_string()
            .contains("what is stored under it is another bundle"),
        "{broken}"
    );
}
