//! Records of other versions.

use serde_json::json;

use super::{Stage, algo, service};
use crate::compile::UnitId;
use crate::release::{Phase, ReleaseStatus};
use crate::rollout::world::Trouble;

#[test]
fn a_record_of_a_later_tidegate_is_left_as_it_is() {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([service("a")], "c1");
    stage.settle();
    let unit = UnitId::Strategy("signals".parse().unwrap());
    stage.daemon.records.get_mut(&unit).unwrap().version = ReleaseStatus::VERSION + 1;
    stage.push([service("b")], "c2");
    let step = stage.plan("signals");
    assert!(step.actions.is_empty());
    let record = &stage.daemon.records[&unit];
    assert_eq!(
        step.record, *record,
        "writing it would lose what we do not know"
    );
}

#[test]
fn an_old_reader_tolerates_new_fields_and_words() {
    let new = json!({
        "version": 7,
        "phase": "Shadowing",
        "stage": {"name": "beside"},
        "runs": [{"name": "sweep-1", "since": "2026-03-02T08:00:00Z", "end": "Parked", "rows": 3}],
        "inventory": [{"apiVersion": "v1", "kind": "Service", "name": "a", "digest": "sha256:1"}],
    });
    let status: ReleaseStatus = serde_json::from_value(new).unwrap();
    assert_eq!((status.version, status.phase), (7, Phase::Other));
    assert_eq!(status.inventory.len(), 1);
}

#[test]
fn a_new_reader_takes_an_old_record() {
    let status: ReleaseStatus = serde_json::from_value(json!({})).unwrap();
    assert_eq!(status, ReleaseStatus::default());
}

#[test]
fn a_record_reads_back_as_it_was_written() {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([algo("spread: 5\n"), crate::compile::fixture::job()], "c1");
    stage.settle();
    for record in stage.daemon.records.values() {
        let text = serde_json::to_string(record).unwrap();
        assert_eq!(
            serde_json::from_str::<ReleaseStatus>(&text).unwrap(),
            *record
        );
    }
}
