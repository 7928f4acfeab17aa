//! What is deleted, and what never is without a person.

use serde_json::json;

use super::{Stage, algo, service};
use crate::compile::{UnitId, fixture};
use crate::object::{Object, mark};
use crate::release::Phase;
use crate::resolve::Consent;
use crate::rollout::consent::{Deletion, digest};
use crate::rollout::world::Trouble;

fn running() -> Stage {
    let mut stage = Stage::new(6, Trouble::default());
    stage.push([algo("spread: 5\n"), service("a")], "c1");
    stage.settle();
    stage
}

fn consent(digest: crate::digest::Digest) -> Consent {
    Consent {
        digest,
        expires: "2026-03-03T00:00:00Z".parse().unwrap(),
        reason: "spring cleaning".to_owned(),
    }
}

fn quoter() -> UnitId {
    UnitId::Strategy("quoter".parse().unwrap())
}

#[test]
fn a_removed_strategy_goes_and_its_claim_stays_until_consented() {
    let mut stage = running();
    stage.push([service("a")], "c2");
    stage.settle();
    let left: Vec<_> = stage.of_strategy("quoter");
    assert_eq!(left, ["PersistentVolumeClaim desk-rates/quoter.data"]);
    let record = stage.record("quoter").clone();
    assert_eq!(record.phase, Phase::Retiring);
    assert_eq!(record.inventory.len(), 1);
    assert_eq!(
        record.waiting_on[0].what,
        "PersistentVolumeClaim desk-rates/quoter.data, which stays until a person consents to its deletion"
    );
    let claim = stage.find("PersistentVolumeClaim", "quoter.data").unwrap();
    let digest = digest([&Deletion::of(claim)]);
    assert!(
        record.waiting_on[0]
            .unblocks_when
            .contains(&digest.to_string())
    );
    let mut fleet = fixture::fleet([service("a")]);
    fleet.consents = vec![consent(digest)];
    stage.daemon.push(fleet, "c3");
    stage.settle();
    assert_eq!(stage.of_strategy("quoter"), [""; 0]);
    assert!(!stage.daemon.records.contains_key(&quoter()));
}

#[test]
fn a_consented_claim_stays_while_a_pod_uses_it() {
    let mut store = service("a");
    store.name = "store".parse().unwrap();
    store.state = vec![fixture::state("books")];
    let mut stage = Stage::new(6, Trouble::default());
    stage.push([store], "c1");
    stage.settle();
    stage.push([], "c2");
    stage.settle();
    let mut fleet = fixture::fleet([]);
    let waits = &stage.record("store").waiting_on;
    let asked = waits.iter().filter_map(|it| it.consent.as_ref());
    let digests = asked.map(|it| it.split('\'').nth(1).unwrap().parse().unwrap());
    fleet.consents = digests.map(consent).collect();
    assert_eq!(fleet.consents.len(), 2, "the set, and the claim");
    stage.daemon.push(fleet, "c3");
    // The linter finds a claim that is deleted from under a pod.
    stage.settle();
    assert_eq!(stage.of_strategy("store"), [""; 0]);
}

#[test]
fn what_is_removed_on_its_way_to_another_class_goes_with_all_its_pods() {
    let mut stage = running();
    let mut reclassed = service("b");
    reclassed.name = "quoter".parse().unwrap();
    stage.push([reclassed, service("a")], "c2");
    let both = |stage: &Stage| {
        let set = stage.find("StatefulSet", "quoter").is_some();
        set && stage.find("Deployment", "quoter").is_some()
    };
    for _ in 0..500 {
        if both(&stage) {
            break;
        }
        stage.reconcile_all();
        stage.world.act(&mut stage.dice);
    }
    assert!(both(&stage), "one is down, and the other one is made");
    stage.push([service("a")], "c3");
    stage.settle();
    let left: Vec<_> = stage.of_strategy("quoter");
    assert_eq!(left, ["PersistentVolumeClaim desk-rates/quoter.data"]);
}

#[test]
fn an_error_in_its_file_removes_nothing() {
    let mut stage = running();
    let before = stage.of_strategy("quoter");
    stage.push([service("a")], "c2");
    stage.daemon.broken.insert(quoter());
    stage.settle();
    assert_eq!(stage.of_strategy("quoter"), before);
    let record = stage.record("quoter");
    assert_eq!(record.phase, Phase::Waiting);
    assert_eq!(record.waiting_on[0].what, "its files, which have errors");
    stage.daemon.broken.clear();
    stage.push([algo("spread: 5\n"), service("a")], "c3");
    stage.settle();
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
}

#[test]
fn while_any_file_is_unreadable_nothing_at_all_is_removed() {
    let mut stage = running();
    let before = stage.of_strategy("quoter");
    stage.push([service("a")], "c2");
    stage
        .daemon
        .broken
        .insert(UnitId::Strategy("signals".parse().unwrap()));
    stage.settle();
    assert_eq!(stage.of_strategy("quoter"), before);
    assert_eq!(
        stage.record("quoter").waiting_on[0].what,
        "files of the fleet that cannot be read, while which nothing is deleted"
    );
}

#[test]
fn an_emptied_fleet_removes_nothing_until_consented() {
    let mut stage = running();
    let before = stage.world.objects.len();
    stage.push([], "c2");
    stage.settle();
    assert_eq!(stage.world.objects.len(), before);
    let wait = stage.record("quoter").waiting_on[0].clone();
    assert!(
        wait.what.ends_with("the fleet has no strategy left"),
        "{}",
        wait.what
    );
    let text = wait.unblocks_when;
    let digest = text.split('\'').nth(1).unwrap().parse().unwrap();
    let mut fleet = fixture::fleet([]);
    fleet.consents = vec![consent(digest)];
    stage.daemon.push(fleet, "c3");
    stage.settle();
    let left = stage.of_strategy("quoter");
    assert_eq!(left, ["PersistentVolumeClaim desk-rates/quoter.data"]);
    assert_eq!(stage.of_strategy("signals"), [""; 0]);
}

#[test]
fn more_than_the_cap_needs_a_consent_to_exactly_that_set() {
    let mut stage = running();
    let mut fleet = fixture::fleet([service("a")]);
    fleet.deletion_cap = 3;
    stage.daemon.push(fleet.clone(), "c2");
    stage.settle();
    let wait = stage.record("quoter").waiting_on[0].clone();
    assert_eq!(
        wait.what,
        "a consent to delete 6 of its objects: 6 objects would be deleted, more than the cap of 3"
    );
    let right: crate::digest::Digest = wait
        .unblocks_when
        .split('\'')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    fleet.consents = vec![consent(crate::digest::Digest::of("another set"))];
    stage.daemon.push(fleet.clone(), "c3");
    stage.settle();
    assert!(stage.find("StatefulSet", "quoter").is_some());
    fleet.consents = vec![consent(right)];
    stage.daemon.push(fleet.clone(), "c4");
    stage.settle();
    assert!(stage.find("StatefulSet", "quoter").is_none());
    assert_eq!(stage.record("quoter").condemned, [""; 0]);
}

#[test]
fn an_expired_consent_permits_nothing() {
    let mut stage = running();
    let claim = stage.find("PersistentVolumeClaim", "quoter.data").unwrap();
    let mut expired = consent(digest([&Deletion::of(claim)]));
    expired.expires = "2026-03-01T00:00:00Z".parse().unwrap();
    let mut fleet = fixture::fleet([service("a")]);
    fleet.consents = vec![expired];
    stage.daemon.push(fleet, "c2");
    stage.settle();
    assert!(stage.find("PersistentVolumeClaim", "quoter.data").is_some());
}

#[test]
fn what_a_person_copied_with_our_labels_is_left_alone() {
    let mut stage = running();
    let mut copy = stage.find("ServiceAccount", "quoter").unwrap().clone();
    copy.value_mut()["metadata"]["name"] = "copy".into();
    copy.value_mut()["metadata"]["managedFields"] = serde_json::json!([
        {"manager": "kubectl-create", "operation": "Update", "apiVersion": "v1"},
    ]);
    stage.world.make(copy);
    stage.push([algo("spread: 6\n"), service("a")], "c2");
    stage.settle();
    assert!(stage.find("ServiceAccount", "copy").is_some());
    stage.push([service("a")], "c3");
    stage.settle();
    assert!(stage.find("ServiceAccount", "copy").is_some());
}

#[test]
fn a_lost_record_finds_its_objects_again_by_their_label() {
    let mut stage = running();
    stage.daemon.records.clear();
    stage.push([service("a")], "c2");
    stage
        .daemon
        .records
        .insert(quoter(), crate::release::ReleaseStatus::default());
    stage.settle();
    let left = stage.of_strategy("quoter");
    assert_eq!(left, ["PersistentVolumeClaim desk-rates/quoter.data"]);
}

#[test]
fn a_desk_goes_after_its_strategies_and_its_namespace_stays() {
    let mut stage = running();
    let mut fleet = fixture::fleet([]);
    fleet.desks.clear();
    fleet.deletion_cap = 100;
    let other = service("a");
    stage.daemon.push(fleet, "c2");
    stage
        .daemon
        .fleet
        .strategies
        .insert(other.name.clone(), other);
    stage.settle();
    let kinds: Vec<_> = stage
        .world
        .objects
        .keys()
        .map(|id| id.kind.clone())
        .collect();
    assert_eq!(kinds, ["Namespace", "PersistentVolumeClaim"]);
}

#[test]
fn what_something_still_refers_to_is_waited_for_before_all_of_a_unit_is_gone() {
    let mut stage = running();
    let config = stage.world.of_kind("ConfigMap");
    let config = config
        .iter()
        .find(|it| it.label(mark::STRATEGY) == Some("quoter"));
    let config = config.unwrap().name().to_owned();
    let owner = stage.find("StatefulSet", "quoter").unwrap();
    let owner = owner.label(mark::OWNER).unwrap().to_owned();
    let mounted = json!({"volumes": [{"name": "a", "configMap": {"name": config}}]});
    let history = json!({
        "apiVersion": "apps/v1", "kind": "ControllerRevision",
        "metadata": {"name": "quoter-1", "namespace": "desk-rates", "labels": {mark::OWNER: owner}},
        "data": {"spec": {"template": {"spec": mounted}}},
    });
    stage.world.make(Object::new(history).unwrap());
    stage.push([service("a")], "c2");
    stage.settle();
    let waits = &stage.record("quoter").waiting_on;
    let told = format!(
        "ConfigMap desk-rates/{config}, which ControllerRevision desk-rates/quoter-1 still refers to"
    );
    assert!(waits.iter().any(|it| it.what == told), "{waits:#?}");
    let id = stage.id("ControllerRevision", "quoter-1");
    stage.world.remove(&id);
    stage.settle();
    assert!(stage.find("ConfigMap", &config).is_none());
}
