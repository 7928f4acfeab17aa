//! `diff --live` beside `kubectl diff`, after edits of the cluster and of the specs.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::edit::EDITS;
use super::fleet::{Answer, Fleet};
use super::live::Live;
use super::places::{self, CREATED, DELETED, Differing};
use super::{kubectl, push};

/// Edits of the cluster, and of the specs.
const LIVE: usize = EDITS.len();
const SPECS: usize = 12;
/// Comparisons made on the way.
const ROUNDS: usize = 2;
/// Controllers write to an object that was edited; one that was caught in between is asked again.
const TRIES: usize = 10;

#[tokio::test]
async fn after_edits_kubectl_and_ours_name_the_same_objects_and_places() {
    let fleet = Fleet::to_change();
    let live = Live::of(&fleet.cluster).await;
    let mut dice = Dice::seeded(20_261_115);
    let edits = dice.shuffled(EDITS.iter().collect());
    let mut edits = edits.iter();
    let mut pushed = dice.shuffled(push::ALL.to_vec());
    pushed.truncate(SPECS);
    let mut pushes = pushed.iter();
    let mut said = Vec::new();
    let mut told = Told::default();
    for _ in 0..ROUNDS {
        for push in pushes.by_ref().take(SPECS / ROUNDS) {
            push.make(&fleet);
            said.push(format!("{push:?}"));
        }
        for edit in edits.by_ref().take(LIVE.div_ceil(ROUNDS)) {
            assert!(edit.play(&live, &mut dice).await, "{}", edit.name);
            said.push(edit.name.to_owned());
        }
        told = compare(&fleet, &live, &said).await;
    }
    assert_eq!(said.len(), LIVE + SPECS);
    assert!(told.differing > 20, "the edits touched too few objects");
    fleet.commit();
    fleet.rest();
    put_right(&fleet, &live, &told).await;
    without_its_job(&fleet, &live).await;
}

/// Everything is as it should be, and what was said to stay and to go did so.
async fn put_right(fleet: &Fleet, live: &Live, told: &Told) {
    let ours = settled(fleet);
    assert_eq!(ours.code, 0, "{}", ours.said());
    let owned = live.owned().await;
    let is_there = |id: &String| owned.contains_key(id);
    assert!(told.kept.iter().all(is_there), "{:#?}", told.kept);
    assert!(!told.deleted.iter().any(is_there), "{:#?}", told.deleted);
    let of_kind = |kind: &str| told.kept.iter().any(|id| id.starts_with(kind));
    assert!(
        of_kind("PersistentVolumeClaim") && of_kind("ConfigMap"),
        "kept: {:#?}, deleted: {:#?}",
        told.kept,
        told.deleted
    );
    assert_eq!(kubectl::diff(fleet).differing, Differing::new());
    assert_eq!(fleet.writes().await, Vec::<String>::new());
}

/// A Job that ran, and that its time to live has removed since, is not made again; so it is the
/// same, though `kubectl`, which knows no record, would make it.
async fn without_its_job(fleet: &Fleet, live: &Live) {
    let owned = live.owned().await;
    let job = owned.values().find(|object| object["kind"] == "Job");
    let job = job.expect("the fleet has a Job");
    live.delete(job).await;
    live.gone(job).await;
    let ours = settled(fleet);
    assert_eq!(ours.code, 0, "{}", ours.said());
    let missed = Differing::from([(places::id_of(job), [CREATED.to_owned()].into())]);
    assert_eq!(kubectl::diff(fleet).differing, missed);
    assert_eq!(fleet.writes().await, Vec::<String>::new());
}

/// What a diff told.
#[derive(Default)]
struct Told {
    differing: usize,
    deleted: BTreeSet<String>,
    kept: BTreeSet<String>,
}

async fn compare(fleet: &Fleet, live: &Live, said: &[String]) -> Told {
    let ours = settled(fleet);
    assert_eq!(ours.code, 1, "{}", ours.said());
    let ours = ours.json();
    let mut differing = places::of_json(&ours["objects"]);
    let is_deleted = |places: &BTreeSet<String>| places.contains(DELETED);
    let deleted: BTreeSet<String> = differing
        .iter()
        .filter(|(_, places)| is_deleted(places))
        .map(|(id, _)| id.clone())
        .collect();
    differing.retain(|_, places| !is_deleted(places));

    let theirs = kubectl::diff(fleet);
    let gone: Differing = differing
        .iter()
        .filter(|(id, places)| theirs.differing.get(*id) != Some(places))
        .map(|(id, places)| (id.clone(), places.clone()))
        .collect();
    let missing: Differing = theirs
        .differing
        .iter()
        .filter(|(id, places)| differing.get(*id) != Some(places))
        .map(|(id, places)| (id.clone(), places.clone()))
        .collect();
    assert!(
        gone.is_empty() && missing.is_empty(),
        "after {said:#?}\nours: {gone:#?}\nkubectl: {missing:#?}"
    );
    // kubectl prunes nothing: what would go is what is there and not rendered.
    let left: BTreeSet<String> = live
        .owned()
        .await
        .into_keys()
        .filter(|id| !theirs.seen.contains(id))
        .collect();
    let kept = places::ids(&ours["kept"]);
    assert!(kept.is_disjoint(&deleted), "after {said:#?}");
    assert_eq!(&deleted | &kept, left, "after {said:#?}");
    Told {
        differing: differing.len(),
        deleted,
        kept,
    }
}

fn settled(fleet: &Fleet) -> Answer {
    let mut answer = fleet.diff(&[]);
    for _ in 0..TRIES {
        if answer.code != 4 {
            break;
        }
        answer = fleet.diff(&[]);
    }
    answer
}
