//! How far the units are, kept as each is looked at.

use std::collections::BTreeMap;

use crate::release::{Phase, Release, ReleaseStatus, WaitingOn};
use crate::rollout::Step;

/// How far a reconcile is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many units are as Git says, and healthy.
    pub ready: usize,
    /// The others.
    pub unsettled: Vec<Unsettled>,
    /// Deletions that wait for a consent, and what gives it.
    pub consents: Vec<WaitingOn>,
}

/// A unit that is not as Git says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// The name of its Release.
    pub unit: String,
    /// Where it stands.
    pub phase: Phase,
    /// Why it does not go on.
    pub why: String,
}

/// Every unit that there is something to say about.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    units: BTreeMap<String, Line>,
}

#[derive(Debug)]
struct Line {
    unsettled: Option<Unsettled>,
    consents: Vec<WaitingOn>,
}

impl Ledger {
    /// A unit that is about to be looked at.
    pub(super) fn expect(&mut self, key: &str) {
        let unsettled = Unsettled {
            unit: key.to_owned(),
            phase: Phase::Pending,
            why: "it has not been looked at yet".to_owned(),
        };
        self.units.insert(
            key.to_owned(),
            Line {
                unsettled: Some(unsettled),
                consents: Vec::new(),
            },
        );
    }

    /// A unit that was looked at; `rests` when nobody but a person can move it.
    pub(super) fn seen(&mut self, key: &str, step: &Step, rests: bool) {
        let status = &step.record;
        // What is about to be done is not done: a retiring unit's record says so only afterwards.
        let stays = settled(status) && step.actions.is_empty();
        let (consents, others): (Vec<_>, Vec<_>) =
            status.waiting_on.iter().cloned().partition(is_consent);
        let unsettled = (!rests && !stays).then(|| Unsettled {
            unit: key.to_owned(),
            phase: status.phase,
            why: why(&others, status.failure.as_deref()),
        });
        self.units.insert(
            key.to_owned(),
            Line {
                unsettled,
                consents,
            },
        );
    }

    /// What an unsettled unit is at, while it is being written; why it failed before says more.
    pub(super) fn at(&mut self, key: &str, what: String) {
        let line = self.units.get_mut(key);
        let unsettled = line.and_then(|line| line.unsettled.as_mut());
        if let Some(unsettled) = unsettled.filter(|it| it.phase != Phase::Failed) {
            unsettled.why = what;
        }
    }

    /// A unit of which nothing is left.
    pub(super) fn gone(&mut self, key: &str) {
        self.units.remove(key);
    }

    /// Whether every unit is where it will stay.
    pub(super) fn is_settled(&self) -> bool {
        self.units.values().all(|line| line.unsettled.is_none())
    }

    /// How many units are settled, of how many, and the first that is not.
    pub(super) fn counts(&self) -> (usize, usize, Option<&Unsettled>) {
        let unsettled = || {
            self.units
                .values()
                .filter_map(|line| line.unsettled.as_ref())
        };
        (
            self.units.len() - unsettled().count(),
            self.units.len(),
            unsettled().next(),
        )
    }

    /// How it stands.
    pub(super) fn progress(&self) -> Progress {
        let unsettled: Vec<_> = self
            .units
            .values()
            .filter_map(|line| line.unsettled.clone())
            .collect();
        Progress {
            ready: self.units.len() - unsettled.len(),
            consents: self
                .units
                .values()
                .flat_map(|line| line.consents.iter().cloned())
                .collect(),
            unsettled,
        }
    }
}

/// Whether a unit is where it will stay: healthy, or kept until somebody consents.
pub fn is_settled(release: &Release) -> bool {
    release.status.as_ref().is_some_and(settled)
}

fn settled(status: &ReleaseStatus) -> bool {
    match status.phase {
        Phase::Ready => true,
        Phase::Retiring => {
            let waits = &status.waiting_on;
            status.failure.is_none() && !waits.is_empty() && waits.iter().all(is_consent)
        }
        Phase::Pending | Phase::Progressing | Phase::Waiting | Phase::Failed | Phase::Other => {
            false
        }
    }
}

fn why(waiting: &[WaitingOn], failure: Option<&str>) -> String {
    let waits = waiting
        .first()
        .map(|wait| format!("waits for {}, until {}", wait.what, wait.unblocks_when));
    failure
        .map(str::to_owned)
        .or(waits)
        .unwrap_or_else(|| "under way".to_owned())
}

/// Whether a wait is for a person's consent to a deletion.
fn is_consent(wait: &WaitingOn) -> bool {
    wait.unblocks_when.contains("consents:")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::object::ObjectId;
    use crate::plan::{Action, Seen, Verb};

    fn retiring(failure: Option<&str>, actions: Vec<Action>) -> Step {
        let wait = WaitingOn {
            what: "a claim, which stays".to_owned(),
            since: Timestamp::UNIX_EPOCH,
            unblocks_when: "`consents:` of `tidegate.yaml` has its digest".to_owned(),
        };
        let record = ReleaseStatus {
            phase: Phase::Retiring,
            waiting_on: vec![wait],
            failure: failure.map(str::to_owned),
            ..ReleaseStatus::default()
        };
        Step {
            record,
            actions,
            wake_at: None,
        }
    }

    fn deletion() -> Action {
        let id = ObjectId {
            group: String::new(),
            kind: "Service".to_owned(),
            namespace: Some("a".to_owned()),
            name: "b".to_owned(),
        };
        let seen = Seen {
            uid: "1".to_owned(),
            resource_version: "2".to_owned(),
        };
        Action {
            wave: 0,
            verb: Verb::Delete {
                api_version: "v1".to_owned(),
                id,
                seen,
            },
            reason: "nothing wants it".to_owned(),
        }
    }

    #[test]
    fn a_retiring_unit_is_settled_when_only_a_person_can_move_it() {
        for (step, expect) in [
            (retiring(None, Vec::new()), true),
            (retiring(None, vec![deletion()]), false),
            (
                retiring(Some("delete Service a/b: forbidden"), Vec::new()),
                false,
            ),
        ] {
            let mut ledger = Ledger::default();
            ledger.seen("b", &step, false);
            assert_eq!(ledger.is_settled(), expect, "{step:?}");
        }
    }
}
