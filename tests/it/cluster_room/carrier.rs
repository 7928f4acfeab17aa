//! What the API server does with the requests of a plan.

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::StatefulSet;
use kube::ResourceExt as _;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;
use tidegate::cluster::{Carrier, Class};
use tidegate::diff;
use tidegate::object::{Object, ObjectId};
use tidegate::plan::machine::{Bounds, Machine, Outcome};
use tidegate::plan::{Action, FailureKind, Seen, Verb};

use super::{Leader, lamp, lamps};
use crate::cluster::Cluster;
use crate::proxy::{Match, Proxy};

async fn run(leader: &Leader, verbs: impl IntoIterator<Item = Verb>) -> Outcome {
    let carrier = Carrier::new(leader.writer.clone(), 4);
    carrier
        .run(machine(verbs), |_| {})
        .await
        .expect("the lease holds")
}

fn machine(verbs: impl IntoIterator<Item = Verb>) -> Machine {
    let actions = verbs.into_iter().map(|verb| Action {
        verb,
        reason: "a test".to_owned(),
        wave: 0,
    });
    Machine::new(actions.collect(), Bounds::default(), 1, Timestamp::now())
}

fn object<K: serde::Serialize>(api_version: &str, kind: &str, typed: &K) -> Object {
    let mut tree = serde_json::to_value(typed).unwrap();
    tree["apiVersion"] = api_version.into();
    tree["kind"] = kind.into();
    Object::new(tree).unwrap()
}

fn managers(object: &Object) -> Vec<String> {
    let entries = object.value().pointer("/metadata/managedFields").unwrap();
    let entries = entries.as_array().unwrap().iter();
    let mut names: Vec<_> = entries
        .map(|it| {
            format!(
                "{} {}",
                it["manager"].as_str().unwrap(),
                it["operation"].as_str().unwrap()
            )
        })
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_create_makes_what_is_absent_and_leaves_alone_what_exists() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "carry-create").await;
    let first = lamp(&leader.namespace, "lamp", "anna", &json!({"oil": "1"}));
    let outcome = run(&leader, [Verb::Create(first.clone())]).await;
    assert!(outcome.is_done(), "{outcome:?}");
    let made = leader.cache.get(&first.id()).unwrap();
    assert_eq!(managers(&made), ["tidegate Apply"]);

    let second = lamp(&leader.namespace, "lamp", "bert", &json!({"oil": "2"}));
    let outcome = run(&leader, [Verb::Create(second)]).await;
    assert_eq!(outcome.foreign, [first.id()]);
    let api = lamps(&cluster, &leader.namespace).await;
    let kept = api.get("lamp").await.unwrap();
    assert_eq!(kept.resource_version().as_deref(), made.resource_version());
}

#[tokio::test]
async fn an_apply_never_brings_a_deleted_object_back_nor_touches_its_successor() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "carry-apply").await;
    let before = lamp(&leader.namespace, "lamp", "anna", &json!({"oil": "1"}));
    run(&leader, [Verb::Create(before.clone())]).await;
    let seen = Seen::of(&leader.cache.get(&before.id()).unwrap());
    let after = lamp(&leader.namespace, "lamp", "anna", &json!({"oil": "2"}));
    let apply = || Verb::Apply {
        object: after.clone(),
        seen: seen.clone(),
        takeover: None,
    };

    let api = lamps(&cluster, &leader.namespace).await;
    api.delete("lamp", &DeleteParams::default()).await.unwrap();
    assert_eq!(run(&leader, [apply()]).await.stale, [before.id()]);
    assert!(api.get_opt("lamp").await.unwrap().is_none());

    let successor = json!({"metadata": {"name": "lamp"}, "data": {"oil": "3"}});
    let successor = serde_json::from_value(successor).unwrap();
    api.create(&PostParams::default(), &successor)
        .await
        .unwrap();
    assert_eq!(run(&leader, [apply()]).await.stale, [before.id()]);
    let kept = api.get("lamp").await.unwrap();
    assert_eq!(kept.data.unwrap()["oil"], "3");
}

#[tokio::test]
async fn a_uid_of_another_object_is_a_conflict_and_no_immutable_field() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "carry-uid").await;
    let wanted = lamp(&leader.namespace, "lamp", "anna", &json!({"oil": "1"}));
    run(&leader, [Verb::Create(wanted.clone())]).await;
    let live = leader.cache.get(&wanted.id()).unwrap();
    let seen = Seen {
        uid: "6ba7b810-9dad-11d1-80b4-00c04fd430c8".to_owned(),
        ..Seen::of(&live)
    };
    let apply = Verb::Apply {
        object: wanted.clone(),
        seen,
        takeover: None,
    };
    let outcome = run(&leader, [apply]).await;
    assert_eq!(outcome.stale, [wanted.id()]);
    assert!(outcome.failures.is_empty(), "{outcome:?}");
}

#[tokio::test]
async fn a_delete_spares_an_object_that_changed_since() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "carry-delete").await;
    let wanted = lamp(&leader.namespace, "lamp", "anna", &json!({"oil": "1"}));
    run(&leader, [Verb::Create(wanted.clone())]).await;
    let delete = |seen| Verb::Delete {
        api_version: "v1".to_owned(),
        id: wanted.id(),
        seen,
    };
    let old = Seen::of(&leader.cache.get(&wanted.id()).unwrap());
    let api = lamps(&cluster, &leader.namespace).await;
    let patch = json!({"data": {"oil": "9"}});
    let changed = api
        .patch("lamp", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
    assert_eq!(run(&leader, [delete(old)]).await.stale, [wanted.id()]);
    assert!(api.get_opt("lamp").await.unwrap().is_some());

    let now = Seen::of(&object("v1", "ConfigMap", &changed));
    assert!(run(&leader, [delete(now.clone())]).await.is_done());
    assert!(api.get_opt("lamp").await.unwrap().is_none());
    assert_eq!(leader.cache.get(&wanted.id()), None);
    // Doing it twice is doing it once.
    assert!(run(&leader, [delete(now)]).await.is_done());
}

#[tokio::test]
async fn what_is_found_to_be_gone_when_it_is_deleted_leaves_the_cache() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "carry-gone").await;
    let mut ghost = lamp(&leader.namespace, "ghost", "anna", &json!({}));
    ghost.value_mut()["metadata"]["uid"] = json!("0b1c2d3e-0b1c-0b1c-0b1c-0b1c2d3e4f50");
    ghost.value_mut()["metadata"]["resourceVersion"] = json!("1");
    leader.cache.applied(&ghost);
    let delete = Verb::Delete {
        api_version: "v1".to_owned(),
        id: ghost.id(),
        seen: Seen::of(&ghost),
    };
    assert!(run(&leader, [delete]).await.is_done());
    assert_eq!(leader.cache.get(&ghost.id()), None);
}

#[tokio::test]
async fn every_field_that_the_schema_does_not_know_is_told_by_its_path() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "carry-strict").await;
    let mut wrong = lamp(&leader.namespace, "lamp", "anna", &json!({"oil": "1"}));
    wrong.value_mut()["wick"] = json!("long");
    let outcome = run(&leader, [Verb::Create(wrong)]).await;
    let [failure] = outcome.failures.as_slice() else {
        panic!("one failure: {outcome:?}")
    };
    assert!(matches!(failure.kind, FailureKind::Invalid(_)));
    assert_eq!(
        failure.to_string(),
        format!(
            "cannot create ConfigMap {}/lamp: the API server refuses it: `wick`: field not declared in schema",
            leader.namespace
        )
    );
}

#[tokio::test]
async fn what_a_rollout_turns_belongs_to_its_own_manager() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "carry-turn").await;
    let wanted = Object::new(json!({
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {
            "name": "lamp",
            "namespace": leader.namespace,
            "labels": {"tidegate.dev/owner": "turner"},
        },
        "spec": {
            "serviceName": "lamp",
            "selector": {"matchLabels": {"app": "lamp"}},
            "template": {
                "metadata": {"labels": {"app": "lamp"}},
                "spec": {"containers": [{"name": "lamp", "image": "lamp"}]},
            },
        },
    }))
    .unwrap();
    run(&leader, [Verb::Create(wanted.clone())]).await;
    let api: Api<StatefulSet> = Api::namespaced(cluster.client().await, &leader.namespace);
    // Its controllers write to it as well: turn it until nobody came in between.
    let turned = loop {
        let live = object("apps/v1", "StatefulSet", &api.get("lamp").await.unwrap());
        let turn = Verb::Turn {
            api_version: "apps/v1".to_owned(),
            id: wanted.id(),
            spec: json!({"replicas": 0}),
            seen: Seen::of(&live),
        };
        let outcome = run(&leader, [turn]).await;
        if outcome.is_done() {
            break leader.cache.get(&wanted.id()).unwrap();
        }
        assert_eq!(outcome.stale, [wanted.id()]);
    };
    assert_eq!(turned.number("/spec/replicas"), Some(0));
    let managers = managers(&turned);
    assert!(
        managers.contains(&"tidegate-runtime Apply".to_owned()),
        "{managers:?}"
    );
    let entries = turned.value().pointer("/metadata/managedFields").unwrap();
    let ours = entries
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["manager"] == "tidegate")
        .unwrap();
    assert!(ours["fieldsV1"]["f:spec"].get("f:replicas").is_none());
}

#[tokio::test]
async fn fields_that_kubectl_set_are_taken_over_and_can_then_be_dropped() {
    let cluster = Cluster::shared();
    let leader = Leader::start(&cluster, "carry-takeover").await;
    let theirs = lamp(
        &leader.namespace,
        "lamp",
        "anna",
        &json!({"oil": "1", "wick": "2"}),
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), theirs.value().to_string()).unwrap();
    let applied = cluster
        .kubectl(["apply", "-f", file.path().to_str().unwrap()])
        .output()
        .unwrap();
    assert!(applied.status.success(), "{applied:?}");
    let api = lamps(&cluster, &leader.namespace).await;
    let read = async || object("v1", "ConfigMap", &api.get("lamp").await.unwrap());

    for (wanted, expect) in [
        (theirs.clone(), json!({"oil": "1", "wick": "2"})),
        (
            lamp(&leader.namespace, "lamp", "anna", &json!({"oil": "1"})),
            json!({"oil": "1"}),
        ),
    ] {
        let live = read().await;
        let apply = Verb::Apply {
            takeover: diff::takeover(&live, &wanted),
            seen: Seen::of(&live),
            object: wanted,
        };
        let outcome = run(&leader, [apply]).await;
        assert!(outcome.is_done(), "{outcome:?}");
        assert_eq!(read().await.value()["data"], expect);
    }
}

#[tokio::test]
async fn nothing_is_sent_once_the_lease_is_given_up() {
    let cluster = Cluster::shared();
    let proxy = Proxy::before(&cluster);
    let kubeconfig = proxy.kubeconfig();
    let mut leader = Leader::start_at(&cluster, "carry-fenced", &kubeconfig).await;
    let settings = tidegate::cluster::lease::Settings {
        name: "other".to_owned(),
        ..tidegate::cluster::lease::Settings::new(&leader.namespace, "other".to_owned())
    };
    let other = tidegate::cluster::lease::take(leader.client(), &settings)
        .await
        .unwrap();
    std::mem::replace(&mut leader.held, other)
        .release()
        .await
        .unwrap();

    let before = proxy.seen().iter().filter(|seen| seen.is_write()).count();
    let wanted = lamp(&leader.namespace, "lamp", "anna", &json!({}));
    let carrier = Carrier::new(leader.writer.clone(), 4);
    let error = carrier
        .run(machine([Verb::Create(wanted)]), |_| {})
        .await
        .unwrap_err();
    assert_eq!(error.class(), Class::Fenced);
    assert_eq!(
        error.to_string(),
        format!(
            "apply ConfigMap {}/lamp: the leader's lease is lost, so another Tidegate may lead; nothing is written",
            leader.namespace
        )
    );
    let after = proxy.seen().iter().filter(|seen| seen.is_write()).count();
    assert_eq!(before, after);
}

#[tokio::test]
async fn answers_that_are_lost_are_asked_for_again_and_nothing_is_done_twice() {
    let cluster = Cluster::shared();
    let proxy = Proxy::before(&cluster);
    let leader = Leader::start_at(&cluster, "carry-lost", &proxy.kubeconfig()).await;
    let wanted = lamp(&leader.namespace, "lamp", "anna", &json!({"oil": "1"}));
    let of_lamp = || Match::writes().path("/configmaps/lamp");
    for fault in [
        crate::proxy::Fault::Answer(429),
        crate::proxy::Fault::Answer(503),
        crate::proxy::Fault::CutBefore,
        crate::proxy::Fault::CutAfter,
    ] {
        proxy.inject(of_lamp().first(1), fault);
        let outcome = run(&leader, [Verb::Create(wanted.clone())]).await;
        // After a cut answer the object may be there by our own doing: look again.
        let expect_stale = matches!(fault, crate::proxy::Fault::CutAfter);
        assert_eq!(
            outcome.stale.is_empty(),
            !expect_stale,
            "{fault:?}: {outcome:?}"
        );
        assert!(
            outcome.failures.is_empty() && outcome.foreign.is_empty(),
            "{outcome:?}"
        );
        proxy.heal();
        let api = lamps(&cluster, &leader.namespace).await;
        let made = api.get("lamp").await.unwrap();
        assert_eq!(made.metadata.generation, None);
        api.delete("lamp", &DeleteParams::default()).await.unwrap();
        let id: ObjectId = wanted.id();
        leader.cache.deleted(&id, &made.uid().unwrap());
    }
}
