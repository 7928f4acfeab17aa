//! Claims outlive names.

use super::{Stage, algo, renamed};
use crate::release::Phase;
use crate::rollout::world::Trouble;

fn running() -> Stage {
    let mut stage = Stage::new(4, Trouble::default());
    stage.push([algo("spread: 5\n")], "c1");
    stage.settle();
    stage
}

fn claims(stage: &Stage) -> Vec<(String, String)> {
    let claims = stage.world.of_kind("PersistentVolumeClaim");
    let named = claims.iter().map(|claim| {
        let strategy = claim.label(crate::object::mark::STRATEGY).unwrap();
        (claim.name().to_owned(), strategy.to_owned())
    });
    named.collect()
}

fn mounted(stage: &Stage, pod: &str) -> Vec<String> {
    let pod = stage.find("Pod", pod).unwrap();
    let refers = crate::rollout::references::of_pod(pod);
    let claims = refers
        .into_iter()
        .filter(|id| id.kind == "PersistentVolumeClaim");
    claims.map(|id| id.name).collect()
}

#[test]
fn a_declared_rename_mounts_the_old_claim() {
    let mut stage = running();
    let uid = stage
        .find("PersistentVolumeClaim", "quoter.data")
        .unwrap()
        .uid()
        .unwrap()
        .to_owned();
    stage.push([renamed("hedger", "quoter")], "c2");
    stage.settle();
    assert_eq!(
        claims(&stage),
        [("quoter.data".to_owned(), "hedger".to_owned())]
    );
    assert_eq!(mounted(&stage, "hedger-0"), ["quoter.data"]);
    let claim = stage.find("PersistentVolumeClaim", "quoter.data").unwrap();
    assert_eq!(claim.uid(), Some(uid.as_str()));
    assert!(stage.find("StatefulSet", "quoter").is_none());
    assert_eq!(
        stage.daemon.records.len(),
        2,
        "the old unit's record is gone"
    );
}

#[test]
fn the_claim_stays_when_the_rename_is_no_longer_declared_and_after_another() {
    let mut stage = running();
    stage.push([renamed("hedger", "quoter")], "c2");
    stage.settle();
    let mut undeclared = renamed("hedger", "quoter");
    undeclared.renamed_from = None;
    stage.push([undeclared], "c3");
    stage.settle();
    assert_eq!(mounted(&stage, "hedger-0"), ["quoter.data"]);
    stage.push([renamed("skipper", "hedger")], "c4");
    stage.settle();
    assert_eq!(mounted(&stage, "skipper-0"), ["quoter.data"]);
    assert_eq!(
        claims(&stage),
        [("quoter.data".to_owned(), "skipper".to_owned())]
    );
    assert_eq!(stage.record("skipper").phase, Phase::Ready);
}

#[test]
fn a_record_that_was_lost_finds_its_claim_again() {
    let mut stage = running();
    stage.push([renamed("hedger", "quoter")], "c2");
    stage.settle();
    stage.daemon.records.clear();
    let before = stage
        .find("Pod", "hedger-0")
        .unwrap()
        .uid()
        .unwrap()
        .to_owned();
    let mut undeclared = renamed("hedger", "quoter");
    undeclared.renamed_from = None;
    stage.push([undeclared], "c3");
    stage.settle();
    assert_eq!(claims(&stage).len(), 1);
    assert_eq!(mounted(&stage, "hedger-0"), ["quoter.data"]);
    let _ = before;
}

#[test]
fn an_undeclared_rename_on_the_same_holding_waits_for_a_person() {
    let mut stage = running();
    let mut undeclared = renamed("hedger", "quoter");
    undeclared.renamed_from = None;
    stage.push([undeclared], "c2");
    stage.settle();
    assert!(stage.find("StatefulSet", "hedger").is_none());
    let record = stage.record("hedger");
    assert_eq!(record.phase, Phase::Waiting);
    let wait = &record.waiting_on[0];
    assert_eq!(
        wait.what,
        "a person: `paper-one` was held by strategy `quoter`, whose PersistentVolumeClaim desk-rates/quoter.data still exists"
    );
    assert!(
        wait.unblocks_when.starts_with("the spec says `renamedFrom: quoter`, or the claim is given up: `consents:` of `tidegate.yaml` has - {digest: 'sha256:"),
        "{}",
        wait.unblocks_when
    );
    stage.push([renamed("hedger", "quoter")], "c3");
    stage.settle();
    assert_eq!(mounted(&stage, "hedger-0"), ["quoter.data"]);
}
