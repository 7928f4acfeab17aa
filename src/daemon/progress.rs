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

#[derive(Debug, Default)]
struct Line {
    unsettled: Option<Unsettled>,
    consents: Vec<WaitingOn>,
    /// The units that it waits for, if for nothing but them and consents.
    behind: Vec<String>,
}

impl Ledger {
    /// A unit that is about to be looked at.
    pub(super) fn expect(&mut self, key: &str) {
        self.refuse(key, Phase::Pending, "it has not been looked at yet");
    }

    /// A unit that was looked at; `rests` when nobody but a person can move it.
    pub(super) fn seen(&mut self, key: &str, step: &Step, rests: bool) {
        let status = &step.record;
        // What is about to be done is not done: a retiring unit's record says so only afterwards.
        let standing = match step.actions.as_slice() {
            [] => Standing::of(status),
            [_, ..] => Standing::Moving,
        };
        let (consents, others): (Vec<_>, Vec<_>) =
            status.waiting_on.iter().cloned().partition(is_consent);
        let is_settled = rests || standing == Standing::Settled;
        let unsettled = (!is_settled).then(|| Unsettled {
            unit: key.to_owned(),
            phase: status.phase,
            why: why(&others, status.failure.as_deref()),
        });
        self.units.insert(
            key.to_owned(),
            Line {
                unsettled,
                consents,
                behind: standing.behind(),
            },
        );
    }

    /// A unit that is left alone, and why.
    pub(super) fn refuse(&mut self, key: &str, phase: Phase, why: &str) {
        let unsettled = Unsettled {
            unit: key.to_owned(),
            phase,
            why: why.to_owned(),
        };
        let line = Line {
            unsettled: Some(unsettled),
            ..Line::default()
        };
        self.units.insert(key.to_owned(), line);
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
        self.unsettled().next().is_none()
    }

    /// How many units are settled, of how many, and the first that is not.
    pub(super) fn counts(&self) -> (usize, usize, Option<&Unsettled>) {
        let all = self.units.len();
        (all - self.unsettled().count(), all, self.unsettled().next())
    }

    fn unsettled(&self) -> impl Iterator<Item = &Unsettled> {
        let rests = |key: &String| self.units.get(key).is_some_and(|it| it.unsettled.is_none());
        let lines = self.units.values();
        lines.filter_map(move |line| {
            let unsettled = line.unsettled.as_ref()?;
            let rests = !line.behind.is_empty() && line.behind.iter().all(rests);
            (!rests).then_some(unsettled)
        })
    }

    /// How it stands.
    pub(super) fn progress(&self) -> Progress {
        let unsettled: Vec<_> = self.unsettled().cloned().collect();
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

/// Whether units are where they will stay: healthy, or kept until somebody consents.
pub fn are_settled(releases: &[Release]) -> bool {
    let standing = |release: &Release| release.status.as_ref().map(Standing::of);
    let rests = |key: &String| {
        let mut found = releases
            .iter()
            .filter(|it| it.metadata.name.as_ref() == Some(key));
        found.next().and_then(standing) == Some(Standing::Settled)
    };
    releases.iter().all(|release| match standing(release) {
        Some(Standing::Settled) => true,
        Some(Standing::Behind(units)) => units.iter().all(rests),
        Some(Standing::Moving) | None => false,
    })
}

/// Whether a unit is where it will stay.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// It is.
    Settled,
    /// It is if these units are: it waits for nothing but them, and consents.
    Behind(Vec<String>),
    /// It is not.
    Moving,
}

impl Standing {
    fn of(status: &ReleaseStatus) -> Self {
        let waits = &status.waiting_on;
        let is_kept = |wait: &WaitingOn| wait.consent.is_some() || wait.unit.is_some();
        let units = || waits.iter().filter_map(|wait| wait.unit.clone()).collect();
        match status.phase {
            Phase::Ready => Self::Settled,
            // Nothing is left but what the ledger is still to be told.
            Phase::Retiring if status.inventory.is_empty() && !status.untold.is_empty() => {
                Self::Settled
            }
            Phase::Retiring if status.failure.is_some() || waits.is_empty() => Self::Moving,
            Phase::Retiring if waits.iter().all(is_consent) => Self::Settled,
            Phase::Retiring if waits.iter().all(is_kept) => Self::Behind(units()),
            Phase::Retiring
            | Phase::Pending
            | Phase::Progressing
            | Phase::Waiting
            | Phase::Failed
            | Phase::Other => Self::Moving,
        }
    }

    fn behind(self) -> Vec<String> {
        match self {
            Self::Behind(units) => units,
            Self::Settled | Self::Moving => Vec::new(),
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
    wait.consent.is_some()
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
            consent: Some("its digest".to_owned()),
            unit: None,
            commands: Vec::new(),
            approval: None,
            window: None,
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
            wants: BTreeMap::new(),
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

    #[test]
    fn a_unit_that_waits_for_one_that_rests_is_settled_too() {
        let mut desk = retiring(None, Vec::new());
        for wait in &mut desk.record.waiting_on {
            wait.consent = None;
            wait.unit = Some("quoter".to_owned());
        }
        let mut ledger = Ledger::default();
        ledger.seen("desk.rates", &desk, false);
        ledger.expect("quoter");
        assert!(!ledger.is_settled());
        ledger.seen("quoter", &retiring(None, Vec::new()), false);
        assert!(ledger.is_settled());
        ledger.gone("quoter");
        assert!(!ledger.is_settled(), "the desk is to move on");
    }
}
