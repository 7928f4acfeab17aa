//! `preview` beside what an apply of the change then changes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::dice::Dice;
use super::fleet::{self, Fleet};
use super::live::{self, Live, Objects};
use super::places::{self, CREATED, DELETED, Differing, Renamed};
use super::push::{self, Push};

const PUSHES: usize = 20;

#[tokio::test]
async fn what_a_preview_names_is_what_an_apply_changes() {
    let fleet = Fleet::to_change();
    // Who requires a gateway holds its changes back for as long as it runs.
    let trader = "desks/us-eq/statarb-us.yaml";
    let needs = "  requires:\n  - {strategy: ib-gateway, lost: quiesce, within: 5s}\n";
    fleet.write(trader, &fleet.read(trader).replacen(needs, "", 1));
    fleet.commit();
    fleet.rest();
    let live = Live::of(&fleet.cluster).await;
    let mut dice = Dice::seeded(20_261_123);
    let mut changes = dice.shuffled(push::ALL.to_vec()).into_iter();
    let mut stayed = BTreeSet::new();
    let mut changing = 0;
    for number in 0..PUSHES {
        let pushes: Vec<Push> = changes.by_ref().take(1 + number % 2).collect();
        for push in &pushes {
            push.make(&fleet);
        }
        let changed = compare(&fleet, &live, &pushes, &mut stayed).await;
        changing += usize::from(changed > 0);
    }
    assert!(changing > PUSHES / 2, "too few pushes changed anything");
}

/// Previews what was changed in the folder, pushes it, and holds one beside the other; how many
/// objects changed. `stayed` are earlier versions of configuration that are still referred to.
async fn compare(
    fleet: &Fleet,
    live: &Live,
    pushes: &[Push],
    stayed: &mut BTreeSet<String>,
) -> usize {
    let preview = fleet.tidegate(&["preview", "--base", "HEAD", "--output", "json"]);
    assert_eq!(preview.code, 0, "{}", preview.said());
    let said = Said::of(&preview.json());
    fleet.commit();
    let before = live.owned().await;
    let audit = fleet.cluster.audit();
    let mark = audit.mark().await;
    fleet.apply();
    let written = fleet::written(&audit.since(mark).await);
    let after = live.owned().await;

    let expected = said.expected(&before, &after, live, stayed).await;
    let changed = live::between(&before, &after);
    assert_eq!(changed, expected, "{pushes:#?}");
    let objects: BTreeSet<String> = expected.into_keys().collect();
    assert_eq!(written, objects, "{pushes:#?}");
    let is_there = |id: &String| after.contains_key(id);
    assert!(said.kept.iter().all(is_there), "{:#?}", said.kept);
    changed.len()
}

/// What a preview names.
struct Said {
    differing: Differing,
    renamed: Vec<Renamed>,
    kept: BTreeSet<String>,
    /// The strategies that leave the fleet.
    removed: BTreeSet<String>,
}

impl Said {
    fn of(preview: &Value) -> Self {
        let mut said = Self {
            differing: Differing::new(),
            renamed: Vec::new(),
            kept: BTreeSet::new(),
            removed: BTreeSet::new(),
        };
        for unit in preview["units"].as_array().expect("units") {
            said.renamed.extend(places::renamed(&unit["objects"]));
            said.differing.extend(places::of_json(&unit["objects"]));
            said.kept.extend(places::ids(&unit["kept"]));
            if unit["change"] == "removed" {
                let name = unit["name"].as_str().expect("a name");
                said.removed.insert(name.to_owned());
            }
        }
        said
    }

    /// What that comes to in the cluster. Names that end in a digest are versions: the next one is
    /// made, with the differences that were named, and the one before goes only when nothing refers
    /// to it. That depends on the cluster's history, which a preview does not know, so each one is
    /// held against who refers to it; those that stayed go with their strategy.
    async fn expected(
        &self,
        before: &Objects,
        after: &Objects,
        live: &Live,
        stayed: &mut BTreeSet<String>,
    ) -> Differing {
        let mut expected = self.differing.clone();
        for Renamed { from, to, places } in &self.renamed {
            let (old, new) = (before.get(from), after.get(to));
            let (old, new) = (old.expect("it was there"), new.expect("it was made"));
            assert_eq!(&places::between(old, new), places, "{from} to {to}");
            expected.insert(to.clone(), [CREATED.to_owned()].into());
            if live.is_referred(old).await {
                stayed.insert(from.clone());
            } else {
                expected.insert(from.clone(), [DELETED.to_owned()].into());
            }
        }
        let strategy = |id: &String| {
            let label = &before.get(id)?["metadata"]["labels"]["tidegate.dev/strategy"];
            label.as_str().map(str::to_owned)
        };
        let is_leaving = |id: &String| strategy(id).is_some_and(|it| self.removed.contains(&it));
        for id in stayed.extract_if(.., |id| is_leaving(id)) {
            expected.insert(id, [DELETED.to_owned()].into());
        }
        expected
    }
}
