use serde_json::json;

use super::*;

fn lamps() -> &'static Resource {
    Resource::of("", "ConfigMap").unwrap()
}

fn lamp(name: &str, owner: &str, uid: &str, version: u64) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": "hall",
            "uid": uid,
            "resourceVersion": version.to_string(),
            "labels": {"tidegate.dev/owner": owner},
        },
    })
}

fn id(name: &str) -> ObjectId {
    ObjectId {
        group: String::new(),
        kind: "ConfigMap".to_owned(),
        namespace: Some("hall".to_owned()),
        name: name.to_owned(),
    }
}

fn woken(store: &mut Store) -> Vec<String> {
    let changed = store.take_changed();
    changed
        .iter()
        .map(|owner| owner.as_str().to_owned())
        .collect()
}

fn version_of(store: &Store, name: &str) -> Option<u64> {
    let entry = store.objects.get(&Key::of(lamps(), &id(name)))?;
    Some(entry.version)
}

#[test]
fn a_change_wakes_its_owner_and_no_other() {
    let mut store = Store::new();
    store.told(lamps(), &lamp("a", "anna", "1", 5));
    store.told(lamps(), &lamp("b", "bert", "2", 6));
    assert_eq!(woken(&mut store), ["anna", "bert"]);
    store.told(lamps(), &lamp("b", "bert", "2", 7));
    assert_eq!(woken(&mut store), ["bert"]);
    store.ended(lamps(), &lamp("a", "anna", "1", 8));
    assert_eq!(woken(&mut store), ["anna"]);
    assert_eq!(store.size().objects, 1);
}

#[test]
fn an_own_write_is_seen_at_once_and_wakes_nobody_then_or_later() {
    let mut store = Store::new();
    store.told(lamps(), &lamp("a", "anna", "1", 5));
    store.take_changed();
    store.wrote(lamps(), &lamp("a", "anna", "1", 9));
    assert_eq!(version_of(&store, "a"), Some(9));
    for version in [7, 9] {
        store.told(lamps(), &lamp("a", "anna", "1", version));
    }
    assert_eq!(version_of(&store, "a"), Some(9));
    assert!(woken(&mut store).is_empty());
    store.told(lamps(), &lamp("a", "anna", "1", 10));
    assert_eq!(woken(&mut store), ["anna"]);
}

#[test]
fn an_own_write_that_gives_an_object_to_another_wakes_the_one_that_had_it() {
    let mut store = Store::new();
    store.told(lamps(), &lamp("a", "anna", "1", 5));
    store.take_changed();
    store.wrote(lamps(), &lamp("a", "bert", "1", 9));
    assert_eq!(woken(&mut store), ["anna"]);
}

#[test]
fn what_was_deleted_does_not_come_back_with_a_late_event() {
    let mut store = Store::new();
    store.told(lamps(), &lamp("a", "anna", "1", 5));
    store.forget(lamps(), &id("a"), "1");
    store.told(lamps(), &lamp("a", "anna", "1", 6));
    assert_eq!(version_of(&store, "a"), None);
    store.wrote(lamps(), &lamp("a", "anna", "2", 8));
    store.ended(lamps(), &lamp("a", "anna", "1", 7));
    assert_eq!(version_of(&store, "a"), Some(8));
    assert!(store.gone.is_empty());
}

#[test]
fn an_object_that_changes_hands_wakes_both() {
    let mut store = Store::new();
    store.told(lamps(), &lamp("a", "anna", "1", 5));
    store.take_changed();
    store.told(lamps(), &lamp("a", "bert", "1", 6));
    assert_eq!(woken(&mut store), ["anna", "bert"]);
    assert!(store.unit(&Owner::named("anna")).is_empty());
    assert_eq!(store.unit(&Owner::named("bert")).len(), 1);
}

#[test]
fn a_list_takes_away_what_it_does_not_hold_unless_that_is_younger() {
    let mut store = Store::new();
    for (name, version) in [("kept", 5), ("lost", 6), ("young", 12)] {
        store.wrote(lamps(), &lamp(name, name, name, version));
    }
    let mut listing = Listing::default();
    store.listed(&mut listing, lamps(), &lamp("kept", "kept", "kept", 5));
    store.list_ended(&listing, lamps(), 10);
    assert_eq!(woken(&mut store), ["lost"]);
    assert_eq!(version_of(&store, "lost"), None);
    assert_eq!(version_of(&store, "young"), Some(12));
}

#[test]
fn a_list_leaves_other_kinds_alone() {
    let mut store = Store::new();
    store.told(lamps(), &lamp("a", "anna", "1", 5));
    let services = Resource::of("", "Service").unwrap();
    store.list_ended(&Listing::default(), services, 10);
    assert_eq!(version_of(&store, "a"), Some(5));
}
