//! `diff --live` beside `kubectl diff`, after edits of the cluster and of the specs.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::edit::EDITS;
use super::fleet::{Answer, Fleet};
use super::live::Live;
use super::places::{self, DELETED, Differing};
use super::{kubectl, push};

/// Edits of the cluster, and of the specs.
const LIVE: usize = 28;
const SPECS: usize = 12;
/// Comparisons made on the way.
const ROUNDS: usize = 4;
/// Controllers write to an object that was edited; one that was caught in between is asked again.
const TRIES: usize = 10;

#[tokio::test]
async fn after_edits_kubectl_and_ours_name_the_same_objects_and_places() {
    let fleet = Fleet::applied().await;
    let live = Live::new().await;
    let mut dice = Dice::seeded(20_261_122);
    let edits = dice.shuffled(EDITS.iter().collect());
    let mut edits = edits.iter().cycle();
    let pushes = dice.shuffled(push::all());
    let mut pushes = pushes.iter().take(SPECS);
    let mut said = Vec::new();
    for _ in 0..ROUNDS {
        for push in pushes.by_ref().take(SPECS / ROUNDS) {
            push.make(&fleet);
            said.push(format!("{push:?}"));
        }
        let mut made = 0;
        while made < LIVE / ROUNDS {
            let edit = edits.next().expect("it begins again");
            if edit.play(&live, &mut dice).await {
                said.push(edit.name.to_owned());
                made += 1;
            }
        }
        compare(&fleet, &live, &said).await;
    }
    assert_eq!(said.len(), LIVE + SPECS);
    // Everything can be put right.
    fleet.apply();
    let ours = settled(&fleet);
    assert_eq!(ours.code, 0, "{}", ours.said());
}

async fn compare(fleet: &Fleet, live: &Live, said: &[String]) {
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
    assert_eq!(deleted, left, "after {said:#?}");
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
