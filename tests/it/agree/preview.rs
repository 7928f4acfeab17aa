//! `preview` beside what an apply of the change then changes.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::fleet::{self, Fleet};
use super::live::{self, Live};
use super::places::{self, Differing};
use super::push;

const PUSHES: usize = 20;

#[tokio::test]
async fn what_a_preview_names_is_what_an_apply_changes() {
    let fleet = Fleet::applied().await;
    let live = Live::new().await;
    let mut dice = Dice::seeded(20_261_123);
    let mut changes = dice.shuffled(push::all()).into_iter();
    let mut changing = 0;
    for number in 0..PUSHES {
        let pushes: Vec<_> = changes.by_ref().take(1 + number % 2).collect();
        for push in &pushes {
            push.make(&fleet);
        }
        let preview = fleet.tidegate(&["preview", "--base", "HEAD", "--output", "json"]);
        assert_eq!(preview.code, 0, "{}", preview.said());
        fleet.commit();
        let before = live.owned().await;
        let audit = fleet.cluster.audit();
        let mark = audit.mark().await;
        fleet.apply();
        let written = fleet::written(&audit.since(mark).await);
        let changed = live::between(&before, &live.owned().await);

        let named = named(&preview.json());
        assert_eq!(named, changed, "{pushes:#?}");
        let objects: BTreeSet<String> = named.into_keys().collect();
        assert_eq!(objects, written, "{pushes:#?}");
        changing += usize::from(!changed.is_empty());
    }
    assert!(changing > PUSHES / 2, "too few pushes changed anything");
}

fn named(preview: &serde_json::Value) -> Differing {
    let units = preview["units"].as_array().expect("units");
    let objects = units.iter().map(|unit| places::of_json(&unit["objects"]));
    objects.flatten().collect()
}
