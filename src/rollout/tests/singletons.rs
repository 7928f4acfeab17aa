//! One pod, and never two. The world panics when there are two; these tests say what else holds.

use serde_json::json;

use super::{Stage, algo, service};
use crate::object::mark;
use crate::plan::Verb;
use crate::release::Phase;
use crate::resolve::Strategy;
use crate::rollout::world::Trouble;

/// A quoter that runs, at rest.
fn running() -> Stage {
    let mut stage = Stage::new(3, Trouble::default());
    stage.push([algo("spread: 5\n")], "c1");
    stage.settle();
    stage
}

/// An algo that holds an account.
fn on(name: &str, account: &str) -> Strategy {
    let mut strategy = algo("spread: 5\n");
    strategy.name = name.parse().unwrap();
    strategy.account.as_mut().unwrap().exclusive = vec![account.to_owned()];
    strategy
}

fn replicas(stage: &Stage) -> Option<i64> {
    stage
        .find("StatefulSet", "quoter")
        .and_then(|set| set.number("/spec/replicas"))
}

fn pod_uid(stage: &Stage) -> String {
    let pod = stage.find("Pod", "quoter-0").expect("the pod is there");
    pod.uid().unwrap().to_owned()
}

fn is_of_the_last_push(stage: &Stage) -> bool {
    let unit = crate::compile::UnitId::Strategy("quoter".parse().unwrap());
    let behaviour = stage.daemon.bundle(&unit).unwrap().behaviour.hex();
    let pod = stage.find("Pod", "quoter-0").unwrap();
    pod.annotation(mark::BEHAVIOUR) == Some(behaviour.as_str())
}

#[test]
fn it_is_made_with_no_pod_and_gets_one() {
    let stage = running();
    assert_eq!(replicas(&stage), Some(1));
    let budget = stage.find("PodDisruptionBudget", "quoter").unwrap();
    assert_eq!(budget.number("/spec/maxUnavailable"), Some(1));
    let made = "tidegate applies StatefulSet desk-rates/quoter";
    let turned = "tidegate-runtime applies StatefulSet desk-rates/quoter";
    let at = |text: &str| stage.world.log.iter().position(|line| line == text);
    assert!(at(made) < at(turned), "{:?}", stage.world.log);
}

#[test]
fn a_change_replaces_the_pod_and_keeps_what_an_old_revision_refers_to() {
    let mut stage = running();
    let before = pod_uid(&stage);
    stage.push([algo("spread: 6\n")], "c2");
    stage.settle();
    assert_ne!(pod_uid(&stage), before);
    assert!(is_of_the_last_push(&stage));
    assert_eq!(stage.world.of_kind("ConfigMap").len(), 2);
    let record = stage.record("quoter");
    assert_eq!(
        (record.phase, record.commit.as_deref()),
        (Phase::Ready, Some("c2"))
    );
    let kept = record.inventory.iter().filter(|it| it.kind == "ConfigMap");
    assert_eq!(kept.count(), 2, "what is kept stays in the inventory");
}

#[test]
fn a_commit_that_changes_no_byte_of_it_touches_nothing() {
    let mut stage = running();
    let (writes, before) = (stage.daemon.writes, pod_uid(&stage));
    stage.push([algo("spread: 5\n")], "c2");
    stage.settle();
    assert_eq!(stage.daemon.writes, writes);
    assert_eq!(pod_uid(&stage), before);
    assert_eq!(stage.record("quoter").commit.as_deref(), Some("c1"));
}

#[test]
fn scaling_by_hand_is_undone() {
    for by_hand in [2, 3] {
        let mut stage = running();
        let before = pod_uid(&stage);
        let id = stage.id("StatefulSet", "quoter");
        // Two pods at once are what the person did, not Tidegate.
        stage.world.controllers_stopped = true;
        stage.world.edit(&id, "/spec/replicas", json!(by_hand));
        while stage.reconcile_all() {}
        stage.world.controllers_stopped = false;
        stage.settle();
        assert_eq!(replicas(&stage), Some(1), "scaled to {by_hand}");
        assert_eq!(pod_uid(&stage), before);
    }
}

#[test]
fn scaling_to_nothing_by_hand_is_undone_after_the_pod_is_gone() {
    let mut stage = running();
    let before = pod_uid(&stage);
    let id = stage.id("StatefulSet", "quoter");
    stage.world.edit(&id, "/spec/replicas", json!(0));
    while stage.world.act(&mut stage.dice) {}
    stage.settle();
    assert_eq!(replicas(&stage), Some(1));
    assert_ne!(pod_uid(&stage), before);
}

#[test]
fn a_template_edited_by_hand_is_put_back_under_the_pod() {
    let mut stage = running();
    let before = pod_uid(&stage);
    let id = stage.id("StatefulSet", "quoter");
    let grace = "/spec/template/spec/terminationGracePeriodSeconds";
    stage.world.edit(&id, grace, json!(7));
    stage.settle();
    assert_eq!(pod_uid(&stage), before, "the pod never stopped");
    let set = stage.find("StatefulSet", "quoter").unwrap();
    assert_eq!(set.number(grace), Some(45));
}

#[test]
fn a_pod_made_from_an_edited_template_is_replaced() {
    let mut stage = running();
    let before = pod_uid(&stage);
    let id = stage.id("StatefulSet", "quoter");
    let partition = "/spec/updateStrategy/rollingUpdate/partition";
    let grace = "/spec/template/spec/terminationGracePeriodSeconds";
    stage.world.edit(&id, partition, json!(0));
    stage.world.edit(&id, grace, json!(7));
    while stage.world.act(&mut stage.dice) {}
    let edited = pod_uid(&stage);
    assert_ne!(edited, before, "the controller replaced the pod");
    stage.settle();
    assert_ne!(pod_uid(&stage), edited);
    let pod = stage.find("Pod", "quoter-0").unwrap();
    assert_eq!(pod.number("/spec/terminationGracePeriodSeconds"), Some(45));
}

#[test]
fn a_pod_that_never_ends_is_waited_for_with_a_reason() {
    let mut stage = running();
    stage.world.lost_nodes.insert("berth-1".to_owned());
    stage.push([algo("spread: 6\n")], "c2");
    stage.settle();
    assert_eq!(replicas(&stage), Some(0));
    let wait = stage.record("quoter").waiting_on[0].clone();
    assert!(
        wait.what.starts_with(
            "Pod desk-rates/quoter-0 on node `berth-1`, which is stopping since 2026-"
        ),
        "{}",
        wait.what
    );
    assert_eq!(wait.unblocks_when, "it is gone");
    for _ in 0..120 {
        stage.world.tick();
    }
    stage.settle();
    let later = stage.record("quoter").waiting_on[0].clone();
    assert_eq!((later.what, later.since), (wait.what, wait.since));
    assert!(
        later
            .unblocks_when
            .contains("see whether node `berth-1` can be reached"),
        "{}",
        later.unblocks_when
    );
    assert_eq!(stage.record("quoter").phase, Phase::Waiting);
    stage.world.lost_nodes.clear();
    stage.settle();
    assert!(is_of_the_last_push(&stage));
}

#[test]
fn no_pod_is_asked_for_before_the_controller_took_the_template_in() {
    let mut stage = running();
    stage.push([algo("spread: 6\n")], "c2");
    let unit = crate::compile::UnitId::Strategy("quoter".parse().unwrap());
    let behaviour = stage.daemon.bundle(&unit).unwrap().behaviour.hex();
    let is_written = |stage: &Stage| {
        let set = stage.find("StatefulSet", "quoter").unwrap();
        let annotations = set.at("/spec/template/metadata/annotations");
        annotations.unwrap()[mark::BEHAVIOUR] == json!(behaviour)
    };
    while !is_written(&stage) {
        if !stage.reconcile_all() {
            stage.world.act(&mut stage.dice);
        }
    }
    stage.world.controllers_stopped = true;
    stage.settle();
    assert_eq!(replicas(&stage), Some(0));
    let wait = &stage.record("quoter").waiting_on[0];
    assert_eq!(
        wait.what,
        "the StatefulSet controller, which has not taken StatefulSet desk-rates/quoter in as it is now"
    );
    stage.world.controllers_stopped = false;
    stage.settle();
    assert!(is_of_the_last_push(&stage));
}

#[test]
fn a_newer_push_takes_the_place_of_one_that_waits() {
    let mut stage = running();
    stage.world.lost_nodes.insert("berth-1".to_owned());
    stage.push([algo("spread: 6\n")], "c2");
    stage.settle();
    stage.push([algo("spread: 7\n")], "c3");
    stage.settle();
    let candidate = stage.record("quoter").candidate.clone().unwrap();
    assert_eq!(candidate.commit.as_deref(), Some("c3"));
    stage.world.lost_nodes.clear();
    stage.settle();
    assert!(is_of_the_last_push(&stage));
    let texts: Vec<_> = stage.world.of_kind("ControllerRevision");
    assert_eq!(texts.len(), 2, "the push in between never got a template");
}

#[test]
fn going_back_while_the_pod_ends_starts_the_old_revision_again() {
    let mut stage = running();
    stage.world.lost_nodes.insert("berth-1".to_owned());
    stage.push([algo("spread: 6\n")], "c2");
    stage.settle();
    stage.push([algo("spread: 5\n")], "c3");
    stage.settle();
    stage.world.lost_nodes.clear();
    stage.settle();
    let record = stage.record("quoter");
    assert_eq!(
        record.stable.as_ref().unwrap().commit.as_deref(),
        Some("c1")
    );
    assert_eq!((record.phase, &record.candidate), (Phase::Ready, &None));
    assert_eq!(
        stage.world.of_kind("ConfigMap").len(),
        1,
        "the new one goes again"
    );
}

#[test]
fn a_change_is_rehearsed_before_the_pod_is_stopped() {
    let mut stage = running();
    stage.push([algo("spread: 6\n")], "c2");
    let step = stage.plan("quoter");
    let waves: Vec<_> = step
        .actions
        .iter()
        .map(|action| (action.verb.word(), action.id().kind, action.wave))
        .collect();
    assert_eq!(
        waves,
        [
            ("create", "ConfigMap".to_owned(), 1),
            ("rehearse", "StatefulSet".to_owned(), 2),
            ("turn", "StatefulSet".to_owned(), 3),
        ]
    );
}

#[test]
fn a_change_that_is_refused_stops_nothing() {
    let mut stage = running();
    let before = pod_uid(&stage);
    let id = stage.id("StatefulSet", "quoter");
    stage.world.immutable.insert(id);
    stage.push([algo("spread: 6\n")], "c2");
    stage.settle();
    assert_eq!(pod_uid(&stage), before);
    let record = stage.record("quoter");
    assert_eq!(record.phase, Phase::Failed);
    let failure = record.failure.as_deref().unwrap();
    assert!(
        failure.contains("is never deleted for it, because state hangs on it"),
        "{failure}"
    );
}

#[test]
fn a_change_that_the_cluster_alters_stops_nothing() {
    let mut stage = running();
    let before = pod_uid(&stage);
    let id = stage.id("StatefulSet", "quoter");
    let field = "/spec/template/spec/terminationGracePeriodSeconds";
    stage.world.altered.insert(id, (field, json!(7)));
    stage.push([algo("spread: 6\n")], "c2");
    stage.settle();
    assert_eq!(pod_uid(&stage), before);
    let record = stage.record("quoter");
    assert_eq!(record.phase, Phase::Failed);
    let failure = record.failure.as_deref().unwrap();
    assert!(
        failure
            .contains("makes something else of `spec.template.spec.terminationGracePeriodSeconds`"),
        "{failure}"
    );
}

#[test]
fn one_that_is_blocked_and_scaled_up_by_hand_is_scaled_back() {
    let mut stage = Stage::new(5, Trouble::default());
    stage.push([on("quoter", "one")], "c1");
    stage.settle();
    stage.world.lost_nodes.insert("berth-1".to_owned());
    stage.push([on("quoter", "two"), on("hedger", "one")], "c2");
    stage.settle();
    let replicas = |stage: &Stage| {
        let set = stage.find("StatefulSet", "hedger").unwrap();
        set.number("/spec/replicas")
    };
    assert_eq!(replicas(&stage), Some(0), "the quoter's pod never ends");
    let id = stage.id("StatefulSet", "hedger");
    // A second pod would be what the person did, not Tidegate.
    stage.world.controllers_stopped = true;
    stage.world.edit(&id, "/spec/replicas", json!(1));
    while stage.reconcile_all() {}
    assert_eq!(replicas(&stage), Some(0));
}

#[test]
fn two_that_trade_places_are_both_down_before_either_is_up() {
    let mut stage = Stage::new(5, Trouble::default());
    stage.push([on("quoter", "one"), on("hedger", "two")], "c1");
    stage.settle();
    stage.push([on("quoter", "two"), on("hedger", "one")], "c2");
    stage.settle();
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
    assert_eq!(stage.record("hedger").phase, Phase::Ready);
}

/// The algo, as a service.
fn served() -> Strategy {
    let mut served = service("a");
    served.name = "quoter".parse().unwrap();
    served
}

#[test]
fn a_class_that_changes_stops_the_old_workload_first() {
    let mut stage = running();
    stage.push([served()], "c2");
    stage.settle();
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
    assert!(stage.find("StatefulSet", "quoter").is_none());
    stage.push([algo("spread: 5\n")], "c3");
    stage.settle();
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
    assert!(stage.find("Deployment", "quoter").is_none());
}

#[test]
fn a_pod_whose_workload_a_person_deleted_is_waited_for_before_another_class_comes() {
    let mut stage = running();
    stage.world.lost_nodes.insert("berth-1".to_owned());
    stage.push([served()], "c2");
    stage.settle();
    stage.world.remove(&stage.id("StatefulSet", "quoter"));
    stage.settle();
    assert!(stage.find("Deployment", "quoter").is_none());
    let waiting = &stage.record("quoter").waiting_on;
    assert!(
        waiting[0]
            .what
            .starts_with("Pod desk-rates/quoter-0 on node `berth-1`, which is stopping since ")
    );
    assert!(
        waiting[0]
            .unblocks_when
            .contains("`node.kubernetes.io/out-of-service`")
    );
    stage.world.vanish(&stage.id("Pod", "quoter-0"));
    stage.settle();
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
}

#[test]
fn nothing_starts_while_a_workload_of_another_class_may_make_pods() {
    let mut stage = running();
    stage.push([served()], "c2");
    for _ in 0..500 {
        if stage.find("Deployment", "quoter").is_some() {
            break;
        }
        stage.reconcile_all();
        stage.world.act(&mut stage.dice);
    }
    stage.push([algo("spread: 5\n")], "c3");
    let step = stage.plan("quoter");
    let turned = |action: &&crate::plan::Action| matches!(action.verb, Verb::Turn { .. });
    let turned: Vec<_> = step.actions.iter().filter(turned).collect();
    assert!(matches!(&turned[..], [one] if one.id().kind == "Deployment"));
    let waits = &step.record.waiting_on;
    assert_eq!(
        waits[0].what,
        "Deployment desk-rates/quoter, which is about to be stopped"
    );
    stage.settle();
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
    assert!(stage.find("Deployment", "quoter").is_none());
}

#[test]
fn deleting_its_configuration_by_hand_brings_it_back() {
    let mut stage = running();
    let name = stage.world.of_kind("ConfigMap")[0].id();
    stage.world.forget_references = true;
    stage.world.remove(&name);
    let step = stage.plan("quoter");
    assert!(matches!(&step.actions[..], [action] if matches!(action.verb, Verb::Create(_))));
    stage.settle();
    assert!(stage.world.get(&name).is_some());
}

#[test]
fn what_another_still_holds_is_known_to_a_daemon_that_starts_in_the_middle() {
    let mut stage = Stage::new(5, Trouble::default());
    stage.push([on("quoter", "one"), on("hedger", "two")], "c1");
    stage.settle();
    stage.world.lost_nodes.insert("berth-1".to_owned());
    stage.push([on("quoter", "two"), on("hedger", "one")], "c2");
    stage.settle();
    assert_eq!(stage.record("quoter").held, ["one", "two"]);
    stage.daemon.restart(&stage.world);
    stage.push([on("quoter", "two"), on("hedger", "three")], "c3");
    stage.settle();
    let hedger = stage.id("Pod", "hedger-0");
    stage.world.vanish(&stage.id("Pod", "quoter-0"));
    stage.settle();
    assert_eq!(
        stage.record("quoter").waiting_on[0].what,
        "Pod desk-rates/hedger-0, which takes the place on `two`"
    );
    stage.world.vanish(&hedger);
    stage.settle();
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
    assert_eq!(stage.record("quoter").held, ["two"]);
}

#[test]
fn a_unit_that_may_start_on_a_holding_by_its_record_keeps_others_off_it() {
    let mut stage = running();
    let unit = crate::compile::UnitId::Strategy("ghost".parse().unwrap());
    stage.world.lost_nodes.insert("berth-1".to_owned());
    stage.push([algo("spread: 6\n")], "c2");
    stage.settle();
    let ghost = crate::release::ReleaseStatus {
        holdings: vec!["paper-one".to_owned()],
        ..Default::default()
    };
    stage.daemon.records.insert(unit.clone(), ghost);
    stage.daemon.broken.insert(unit.clone());
    stage.world.vanish(&stage.id("Pod", "quoter-0"));
    stage.settle();
    assert_eq!(
        stage.record("quoter").waiting_on[0].what,
        "Release tidegate/ghost, which takes the place on `paper-one`"
    );
    stage.daemon.broken.clear();
    stage.push([algo("spread: 6\n")], "c3");
    stage.settle();
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
}
