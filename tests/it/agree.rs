//! The example fleet on a real cluster: what `apply`, `diff` and `preview` say of it is what the
//! audit log, `kubectl diff` and a look at the cluster say.

mod deny;
mod dice;
mod edit;
mod edits;
mod fleet;
mod kubectl;
mod live;
mod places;
mod preview;
mod push;
mod strict;

use std::collections::BTreeSet;

use fleet::Fleet;

#[tokio::test]
async fn at_rest_nothing_is_written_and_everything_is_the_same() {
    let fleet = Fleet::to_look_at().await;
    let writes = fleet.writes().await;
    assert_eq!(writes, Vec::<String>::new(), "an apply at rest writes");

    let ours = fleet.diff(&[]);
    assert_eq!(ours.code, 0, "{}", ours.said());
    let objects = ours.json()["objects"].as_array().expect("objects").clone();
    let same: BTreeSet<String> = objects.iter().map(places::id_of_json).collect();
    assert!(objects.iter().all(|object| object["verdict"] == "same"));
    let theirs = kubectl::diff(&fleet);
    assert_eq!(theirs.seen, same, "they looked at other objects");
    assert!(same.len() > 100, "{}", same.len());
    assert_eq!(theirs.differing, places::Differing::new());
}
