//! How much of a record is new.
//!
//! Every change of a record costs a write, and a unit that is on its way gives another reason for
//! not being there with every step of its pod. What whoever comes next needs to know is written
//! before anything is done, and whatever is new before a pod is started or stopped; what only a
//! person wants to know may otherwise wait until it has been so for a while.

use crate::plan::{Action, Verb};
use crate::release::{InventoryEntry, Phase, ReleaseStatus};

use super::Step;

/// What a step's record says that the one before did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Nothing.
    Nothing,
    /// Why it is still on its way, and what has come into being meanwhile.
    Words,
    /// Something that counts: it is to be written before anything is done.
    Facts,
}

/// What is new in a step's record.
pub fn news(before: &ReleaseStatus, step: &Step) -> News {
    let after = &step.record;
    if before == after {
        return News::Nothing;
    }
    let is_on_its_way = [before.phase, after.phase] == [Phase::Progressing; 2];
    let mut told = before.clone();
    told.waiting_on.clone_from(&after.waiting_on);
    told.conditions.clone_from(&after.conditions);
    if are_same(&before.inventory, &after.inventory) {
        told.inventory.clone_from(&after.inventory);
    }
    let mut known = before.claims.iter();
    if known.all(|(kept, name)| after.claims.get(kept) == Some(name)) {
        told.claims.clone_from(&after.claims);
    }
    if is_on_its_way && told == *after && !step.actions.iter().any(turns_pods) {
        News::Words
    } else {
        News::Facts
    }
}

/// Whether an action starts or stops the pod of a singleton: that is known by all uids before.
fn turns_pods(action: &Action) -> bool {
    matches!(&action.verb, Verb::Turn { id, .. } if id.kind == "StatefulSet")
}

/// Whether two inventories list the same objects, as far as uids were known before.
fn are_same(before: &[InventoryEntry], after: &[InventoryEntry]) -> bool {
    before.len() == after.len()
        && before.iter().zip(after).all(|(before, after)| {
            let mut learnt = before.clone();
            if learnt.uid.is_none() {
                learnt.uid.clone_from(&after.uid);
            }
            learnt == *after
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::object::ObjectId;
    use crate::plan::Seen;
    use crate::release::WaitingOn;

    fn record(phase: Phase, waits_for: &str, uid: Option<&str>) -> ReleaseStatus {
        let entry = InventoryEntry {
            api_version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            namespace: Some("hall".to_owned()),
            name: "lamp".to_owned(),
            uid: uid.map(str::to_owned),
        };
        let wait = WaitingOn {
            what: waits_for.to_owned(),
            since: Timestamp::UNIX_EPOCH,
            unblocks_when: "it is healthy".to_owned(),
            consent: None,
            unit: None,
            commands: Vec::new(),
            approval: None,
            window: None,
        };
        ReleaseStatus {
            phase,
            inventory: vec![entry],
            waiting_on: vec![wait],
            ..ReleaseStatus::default()
        }
    }

    fn turn(kind: &str) -> Action {
        let id = ObjectId {
            group: "apps".to_owned(),
            kind: kind.to_owned(),
            namespace: Some("hall".to_owned()),
            name: "lamp".to_owned(),
        };
        let seen = Seen {
            uid: "1".to_owned(),
            resource_version: "2".to_owned(),
        };
        Action {
            verb: Verb::Turn {
                api_version: "apps/v1".to_owned(),
                id,
                spec: json!({"replicas": 1}),
                seen,
            },
            reason: "it may run".to_owned(),
            wave: 0,
        }
    }

    fn check(before: &ReleaseStatus, after: &ReleaseStatus, idle: News, turning: News) {
        for (actions, expect) in [
            (Vec::new(), idle),
            (vec![turn("PodDisruptionBudget")], idle),
            (vec![turn("StatefulSet")], turning),
        ] {
            let step = Step {
                record: after.clone(),
                actions,
                wake_at: None,
                wants: BTreeMap::new(),
            };
            assert_eq!(news(before, &step), expect, "{step:?}");
        }
    }

    #[test]
    fn why_a_unit_is_still_on_its_way_is_words_until_a_pod_is_turned() {
        let of = |what| record(Phase::Progressing, what, Some("1"));
        check(&of("a pod"), &of("a pod"), News::Nothing, News::Nothing);
        check(&of("a pod"), &of("its image"), News::Words, News::Facts);
    }

    #[test]
    fn a_uid_that_is_learnt_is_words_and_another_one_a_fact() {
        let of = |uid| record(Phase::Progressing, "a pod", uid);
        check(&of(None), &of(Some("1")), News::Words, News::Facts);
        check(&of(Some("1")), &of(Some("2")), News::Facts, News::Facts);
        check(&of(Some("1")), &of(None), News::Facts, News::Facts);
    }

    #[test]
    fn a_claim_that_is_learnt_is_words_and_another_one_a_fact() {
        let of = |claims: &[(&str, &str)]| {
            let mut record = record(Phase::Progressing, "a pod", Some("1"));
            let claims = claims.iter().map(|(kept, name)| (*kept, *name));
            record.claims = claims.map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
            record
        };
        let one = of(&[("data", "lamp.data")]);
        check(&of(&[]), &one, News::Words, News::Facts);
        check(&one, &of(&[("data", "old.data")]), News::Facts, News::Facts);
        check(&one, &of(&[]), News::Facts, News::Facts);
    }

    #[test]
    fn another_phase_or_another_object_is_a_fact() {
        let of = |phase| record(phase, "a pod", Some("1"));
        let on_its_way = of(Phase::Progressing);
        for phase in [
            Phase::Pending,
            Phase::Ready,
            Phase::Waiting,
            Phase::Failed,
            Phase::Retiring,
        ] {
            check(&on_its_way, &of(phase), News::Facts, News::Facts);
            check(&of(phase), &on_its_way, News::Facts, News::Facts);
        }
        let mut more = on_its_way.clone();
        more.inventory.extend(on_its_way.inventory.clone());
        check(&on_its_way, &more, News::Facts, News::Facts);
        let mut moved = on_its_way.clone();
        moved.commit = Some("c0ffee".to_owned());
        check(&on_its_way, &moved, News::Facts, News::Facts);
    }
}
