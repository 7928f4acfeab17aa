//! The diff of rendered objects against a real API server and `kubectl diff`.

mod desk;
mod edit;
mod kubectl;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tidegate::diff::{drift, live, owned_by_others, takeover};
use tidegate::object::ObjectId;

use desk::Desk;
use edit::Dice;

/// Edits and spec changes made before the comparison.
const EDITS: usize = 40;
/// Edits tried; most of what dice make up is refused as invalid.
const TRIES: usize = 1000;

#[tokio::test]
async fn what_was_applied_is_the_same_without_asking_and_by_asking() {
    let desk = Desk::new("rest").await;
    desk.apply_all().await;
    for desired in desk.objects() {
        let id = desired.id();
        let (found, predicted) = desk.settled(desired).await;
        assert_eq!(drift(desired, &found), [], "{id}");
        assert_eq!(live(found.value(), predicted.value()), [], "{id}");
    }
    assert_eq!(kubectl::differing(&desk), BTreeMap::new());
}

#[tokio::test]
async fn after_seeded_edits_kubectl_and_ours_name_the_same_places() {
    let mut desk = Desk::new("edits").await;
    desk.apply_all().await;
    let mut dice = Dice::seeded(20_260_722);
    let mut edits = 0;
    for _ in 0..TRIES {
        edits += usize::from(edit::try_one(&mut desk, &mut dice).await);
        if edits == EDITS {
            break;
        }
    }
    assert_eq!(edits, EDITS, "the dice made up too few valid edits");

    let mut ours: BTreeMap<ObjectId, BTreeSet<String>> = BTreeMap::new();
    for desired in desk.objects() {
        let id = desired.id();
        let (found, predicted) = desk.settled(desired).await;
        let writes = desk::at_rest(&found) != desk::at_rest(&predicted);
        let drifted = drift(desired, &found);
        assert!(
            !writes || !drifted.is_empty(),
            "{id}: an apply writes, and no drift is told"
        );
        let places: BTreeSet<String> = live(found.value(), predicted.value())
            .iter()
            .map(kubectl::place_of)
            .collect();
        if !places.is_empty() {
            ours.insert(id, places);
        }
    }
    assert!(
        ours.len() > 3,
        "the edits touched too few objects: {ours:?}"
    );
    assert_eq!(ours, kubectl::differing(&desk));

    desk.apply_all().await;
    for desired in desk.objects() {
        let (found, predicted) = desk.settled(desired).await;
        assert_eq!(
            live(found.value(), predicted.value()),
            [],
            "{}",
            desired.id()
        );
    }
}

#[tokio::test]
async fn what_kubectl_took_is_taken_back_so_that_a_dropped_field_goes() {
    let mut desk = Desk::new("takeover").await;
    desk.apply_all().await;
    let id = desk.id_of("ConfigMap", "mm-0123456789");
    let set = |value: &str| json!([{"op": "replace", "path": "/data/empty", "value": value}]);
    for value in ["theirs", ""] {
        let edited = desk.edit(&id, "kubectl-edit", &set(value)).await;
        assert!(edited, "the edit is valid");
    }
    let desired = desk.object(&id).clone();
    let found = desk.get(&id).await;
    let managers: Vec<String> = owned_by_others(&found, &desired)
        .into_iter()
        .map(|foreign| format!("{} {}", foreign.manager, foreign.path))
        .collect();
    assert_eq!(managers, ["kubectl-edit data.empty"]);
    assert!(
        !drift(&desired, &found).is_empty(),
        "the field is not ours any more"
    );

    let patch = takeover(&found, &desired).expect("there is something to take");
    assert!(
        desk.edit(&id, "tidegate", &patch).await,
        "the record is accepted"
    );
    let found = desk.get(&id).await;
    assert_eq!(owned_by_others(&found, &desired), []);
    assert_eq!(drift(&desired, &found), []);

    desk.change(&id, |config| {
        config["data"]
            .as_object_mut()
            .expect("data")
            .shift_remove("empty");
    });
    desk.apply_all().await;
    assert_eq!(desk.get(&id).await.value()["data"].get("empty"), None);
}
