//! Who takes a place on an exclusive holding, and who may.
//!
//! A unit starts on a holding only once no object of another takes a place there, and no other
//! unit's record says that it may still start there: a record that was written under an earlier
//! commit stands until its unit has written a later one.

use serde_json::Value;

use super::lost;
use crate::object::{Object, mark};
use crate::release::ReleaseStatus;

/// Whether an object is a pod on a holding, a terminating one included, or a workload that has one
/// or is about to. One of a unit that shares the holding, but that does not say which it takes,
/// counts as taking it.
pub fn takes(object: &Object, holding: &str) -> bool {
    let may_take = object.kind() == "Pod" || (object.kind() == "StatefulSet" && is_up(object));
    may_take && said(object).is_none_or(|said| said.iter().any(|it| it == holding))
}

/// The holdings that a pod, or the pods of a workload, say they take.
pub fn said(object: &Object) -> Option<Vec<String>> {
    let said = match object.kind() {
        "Pod" => object.annotation(mark::HOLDINGS),
        _ => object
            .at("/spec/template/metadata/annotations")
            .and_then(|annotations| annotations.get(mark::HOLDINGS))
            .and_then(Value::as_str),
    };
    serde_json::from_str(said?).ok()
}

/// Whether a unit may start on a holding without recording anything first.
pub fn may_take(record: &ReleaseStatus, holding: &str) -> bool {
    record.holdings.iter().any(|it| it == holding)
}

/// Whether a workload is scaled up, or its controller still counts pods, or may be about to make one
/// because it has not seen yet that it is scaled down.
pub fn is_up(workload: &Object) -> bool {
    workload.number("/spec/replicas") != Some(0)
        || workload.number("/status/replicas").unwrap_or(0) != 0
        || !is_seen(workload)
}

/// Whether a workload's controller has taken it in as it is now.
pub(super) fn is_seen(workload: &Object) -> bool {
    let seen = workload.number("/status/observedGeneration");
    seen.is_some() && seen == workload.number("/metadata/generation")
}

/// The holdings to record as those that a unit may start on: what it wants, and what a workload of
/// it was made for and may still be started on. A start that another leader decided may arrive late,
/// and is only refused once that workload was written again, or is gone. Where the record was lost,
/// every workload may have been about to start.
pub(super) fn startable<'a>(
    before: &ReleaseStatus,
    wanted: &[String],
    own: impl IntoIterator<Item = &'a Object>,
) -> Vec<String> {
    let sets = own.into_iter().filter(|it| it.kind() == "StatefulSet");
    let said: Vec<String> = sets.filter_map(said).flatten().collect();
    let recorded = if lost::is_blank(before) {
        &said
    } else {
        &before.holdings
    };
    let late = recorded
        .iter()
        .filter(|it| said.contains(it) && !wanted.contains(it));
    wanted.iter().chain(late).cloned().collect()
}

/// The holdings to record as held: what the unit took stays, until it runs on others.
pub(super) fn held(before: &ReleaseStatus, wanted: &[String], is_settled: bool) -> Vec<String> {
    let earlier = before.held.iter().chain(&before.holdings);
    let earlier = earlier.filter(|_| !is_settled);
    let mut held: Vec<String> = wanted.iter().chain(earlier).cloned().collect();
    held.sort();
    held.dedup();
    held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Revision;
    use serde_json::json;

    fn pod(holdings: Option<&str>) -> Object {
        let annotations = holdings.map_or(json!({}), |it| json!({mark::HOLDINGS: it}));
        Object::new(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "quoter-0", "annotations": annotations}}))
        .unwrap()
    }

    /// A record that tells of something.
    fn known() -> ReleaseStatus {
        ReleaseStatus {
            stable: Some(Revision {
                bundle: "sha256:1".to_owned(),
                behaviour: "sha256:2".to_owned(),
                commit: None,
            }),
            ..ReleaseStatus::default()
        }
    }

    fn set(replicas: u32, counted: u32) -> Object {
        seen_set(replicas, counted, 1)
    }

    fn seen_set(replicas: u32, counted: u32, seen: u32) -> Object {
        let annotations = json!({mark::HOLDINGS: r#"["one"]"#});
        Object::new(json!({"apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": {"name": "quoter", "generation": 1},
            "spec": {"replicas": replicas, "template": {"metadata": {"annotations": annotations}}},
            "status": {"replicas": counted, "observedGeneration": seen}}))
        .unwrap()
    }

    #[test]
    fn a_pod_takes_what_it_says() {
        assert!(takes(&pod(Some(r#"["one","two"]"#)), "two"));
        assert!(!takes(&pod(Some(r#"["one"]"#)), "two"));
    }

    #[test]
    fn a_pod_that_does_not_say_takes_everything() {
        assert!(takes(&pod(None), "two"));
        assert!(takes(&pod(Some("one")), "two"));
    }

    #[test]
    fn a_workload_takes_a_place_from_the_moment_it_is_scaled_up_until_it_counts_no_pod() {
        assert!(takes(&set(1, 0), "one"));
        assert!(takes(&set(0, 1), "one"));
        assert!(!takes(&set(0, 0), "one"));
        assert!(!takes(&set(1, 1), "two"));
    }

    #[test]
    fn scaled_to_0_counts_once_its_controller_has_seen_it() {
        assert!(takes(&seen_set(0, 0, 0), "one"));
        assert!(!takes(&seen_set(0, 0, 1), "one"));
    }

    #[test]
    fn a_unit_may_start_on_what_its_workload_was_made_for_until_that_is_written_again() {
        let before = ReleaseStatus {
            holdings: vec!["one".to_owned()],
            ..known()
        };
        let wanted = ["two".to_owned()];
        let old = set(0, 0);
        assert_eq!(startable(&before, &wanted, [&old]), ["two", "one"]);
        assert_eq!(startable(&before, &wanted, []), ["two"]);
        assert_eq!(startable(&before, &["one".to_owned()], [&old]), ["one"]);
        assert_eq!(startable(&known(), &wanted, [&old]), ["two"]);
    }

    #[test]
    fn a_workload_whose_record_was_lost_may_be_started_late_on_what_it_was_made_for() {
        let lost = ReleaseStatus::default();
        let wanted = ["two".to_owned()];
        assert_eq!(startable(&lost, &wanted, [&set(0, 0)]), ["two", "one"]);
        assert_eq!(startable(&lost, &wanted, []), ["two"]);
    }

    #[test]
    fn what_was_held_is_forgotten_once_the_unit_runs_on_others() {
        let before = ReleaseStatus {
            holdings: vec!["one".to_owned()],
            ..ReleaseStatus::default()
        };
        let wanted = ["two".to_owned()];
        assert_eq!(held(&before, &wanted, false), ["one", "two"]);
        assert_eq!(held(&before, &wanted, true), ["two"]);
    }
}
