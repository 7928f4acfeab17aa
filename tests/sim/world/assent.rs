//! Who wrote what, who approved what, and whether what makes an approval worth something is in force.
//!
//! Whether enough people approved is worked out here anew; nothing asks the code under test.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use tidegate::admission::Guard;
use tidegate::approval::{ApprovalSpec, Approved};
use tidegate::compile::{Bundle, UnitId};
use tidegate::people::{Authored, Authors, Identity};
use tidegate::release::ReleaseStatus;
use tidegate::rollout::approvals::{Approvals, plan};
use tidegate::spec::gate::ApproveGate;

use super::World;

/// How long an approval is meant to count.
const FOR: SignedDuration = SignedDuration::from_hours(20);

/// A commit: its number, who made it, and the units whose files it changes.
#[derive(Debug, Clone)]
struct Commit {
    number: u32,
    by: &'static str,
    of: BTreeSet<String>,
}

/// What people wrote and approved.
#[derive(Debug, Clone)]
pub(super) struct Assent {
    commits: Vec<Commit>,
    given: std::collections::BTreeMap<UnitId, Vec<Approved>>,
    /// Since when the policy is in force; `None` while it is gone.
    since: Option<Timestamp>,
    /// The uids of approvals of what failed since.
    used: BTreeSet<String>,
    /// The behaviours that enough people approved at some time.
    cleared: BTreeSet<(UnitId, String)>,
}

impl Default for Assent {
    fn default() -> Self {
        Self {
            commits: Vec::new(),
            given: std::collections::BTreeMap::new(),
            since: Some(Timestamp::MIN),
            used: BTreeSet::new(),
            cleared: BTreeSet::new(),
        }
    }
}

/// The person of a user name, as the files say; `None` for one who has no role.
fn person(user: &str) -> Option<&str> {
    match user {
        "ann" | "ann-ops" => Some("ann"),
        "bob" | "cy" | "eve" => Some(user),
        _ => None,
    }
}

fn number(commit: &str) -> Option<u32> {
    commit.strip_prefix('c')?.parse().ok()
}

impl Assent {
    /// The commits that changed a unit, after one and up to another.
    fn between<'a>(
        &'a self,
        unit: &UnitId,
        since: Option<&str>,
        until: u32,
    ) -> impl Iterator<Item = &'a Commit> + use<'a> {
        let (name, since) = (unit.release_name(), since.and_then(number));
        self.commits.iter().filter(move |it| {
            let is_after = since.is_none_or(|since| it.number > since);
            is_after && it.number <= until && it.of.contains(&name)
        })
    }
}

impl World {
    /// Somebody commits a change of units' files.
    pub(crate) fn commit(&mut self, number: u32, by: &'static str, of: BTreeSet<String>) {
        self.assent.commits.push(Commit { number, by, of });
    }

    /// Whether people have to approve a bundle.
    pub(crate) fn asks(bundle: &Bundle) -> bool {
        !asked(bundle).is_empty()
    }

    /// Somebody approves a bundle, under a user name.
    pub(crate) fn approve(&mut self, unit: &UnitId, bundle: &Bundle, by: &str) {
        self.tell(|| format!("{by} approves {} of {unit}", bundle.behaviour));
        let uid = format!("approval-{}", self.next());
        let at = self.now;
        let spec = ApprovalSpec {
            release: unit.release_name(),
            behaviour: bundle.behaviour.to_string(),
            plan: plan(bundle).to_string(),
            role: Some("risk".to_owned()),
            group: None,
            reason: None,
            by: by.to_owned(),
            expires: at.saturating_add(FOR).unwrap_or(at),
        };
        let approved = Approved {
            uid,
            at,
            is_edited: false,
            spec,
        };
        let given = self.assent.given.entry(unit.clone()).or_default();
        given.push(approved);
        let record = self.records.get(unit).cloned().unwrap_or_default();
        self.is_cleared(unit, bundle, &record);
    }

    /// Whether somebody's approval of a bundle is there, and not used up.
    pub(crate) fn has_approved(&self, unit: &UnitId, bundle: &Bundle, by: &str) -> bool {
        let behaviour = bundle.behaviour.to_string();
        let mut given = self.assent.given.get(unit).into_iter().flatten();
        given.any(|it| {
            let is_his = it.spec.by == by && it.spec.behaviour == behaviour;
            let since = self.assent.since.unwrap_or(Timestamp::MAX);
            let counts = it.at >= since && self.now < it.spec.expires;
            is_his && counts && !self.assent.used.contains(&it.uid)
        })
    }

    /// The policy of approvals goes, or is in force again.
    pub(crate) fn drop_policy(&mut self) -> bool {
        self.assent.since.take().is_some()
    }

    /// Whether the policy of approvals is gone.
    pub(super) fn is_unguarded(&self) -> bool {
        self.assent.since.is_none()
    }

    /// The policy of approvals is in force again, from now on.
    pub(super) fn guard_again(&mut self) {
        self.assent.since.get_or_insert(self.now);
    }

    /// What is seen of approvals of what Git says at a commit.
    pub(crate) fn approvals(&self, unit: &UnitId, bundle: &Bundle, commit: &str) -> Approvals {
        let record = self.records.get(unit);
        let candidate = record.and_then(|it| it.candidate.as_ref());
        let candidate = candidate.filter(|it| it.bundle == bundle.bundle.to_string());
        let until = candidate.and_then(|it| it.commit.clone());
        let until = number(until.as_deref().unwrap_or(commit)).unwrap_or(u32::MAX);
        let stable = record.and_then(|it| it.stable.as_ref());
        let since = stable.and_then(|it| it.commit.as_deref());
        let authored = |it: &Commit| Authored {
            commit: format!("c{}", it.number),
            by: Identity::Email(format!("{}@example.com", it.by)),
            also: Vec::new(),
            unsigned: None,
            paths: it.of.iter().map(|it| format!("{it}.yaml")).collect(),
        };
        let commits = self.assent.between(unit, since, until).map(authored);
        Approvals {
            given: self.assent.given.get(unit).cloned().unwrap_or_default(),
            tagged: Vec::new(),
            untagged: None,
            guard: match self.assent.since {
                Some(since) => Guard::InForce { since },
                None => Guard::Open("its policy is not there".to_owned()),
            },
            authors: Authors::Commits(commits.collect()),
        }
    }

    /// How many people said yes to a behaviour whose word counts now.
    fn approvers(&self, unit: &UnitId, behaviour: &str, record: &ReleaseStatus) -> usize {
        let Some(guarded) = self.assent.since else {
            return 0;
        };
        let candidate = record.candidate.as_ref();
        let candidate = candidate.filter(|it| it.behaviour == behaviour);
        let until = candidate.and_then(|it| number(it.commit.as_deref()?));
        let stable = record.stable.as_ref();
        let since = stable.and_then(|it| it.commit.as_deref());
        let wrote = self.assent.between(unit, since, until.unwrap_or(u32::MAX));
        let wrote: BTreeSet<&str> = wrote.filter_map(|it| person(it.by)).collect();
        let given = self.assent.given.get(unit).into_iter().flatten();
        let counts = given.filter(|it| {
            it.spec.behaviour == behaviour
                && it.at >= guarded
                && self.now < it.spec.expires
                && !self.assent.used.contains(&it.uid)
        });
        let people: BTreeSet<&str> = counts.filter_map(|it| person(&it.spec.by)).collect();
        people.difference(&wrote).count()
    }

    /// Why a gate that asks for people cannot have passed.
    pub(super) fn unapproved(
        &self,
        unit: &UnitId,
        behaviour: &str,
        record: &ReleaseStatus,
        asked: &ApproveGate,
    ) -> Option<String> {
        let (there, quorum) = (self.approvers(unit, behaviour, record), quorum(asked));
        (there < quorum).then(|| format!("{there} of {quorum} people approved it"))
    }

    /// Whether enough people approved a bundle before anything of it began.
    pub(super) fn is_cleared(
        &mut self,
        unit: &UnitId,
        bundle: &Bundle,
        record: &ReleaseStatus,
    ) -> bool {
        let behaviour = bundle.behaviour.to_string();
        let key = (unit.clone(), behaviour);
        if self.assent.cleared.contains(&key) {
            return true;
        }
        let there = self.approvers(unit, &key.1, record);
        let is_enough = there >= asked(bundle).iter().map(quorum).max().unwrap_or(0);
        if is_enough {
            self.assent.cleared.insert(key);
        }
        is_enough
    }

    /// A behaviour failed: whoever approved it did not know.
    pub(super) fn use_up(&mut self, unit: &UnitId, behaviour: &str) {
        let given = self.assent.given.get(unit).into_iter().flatten();
        let of = given.filter(|it| it.spec.behaviour == behaviour);
        let used: Vec<String> = of.map(|it| it.uid.clone()).collect();
        self.assent.used.extend(used);
        let key = (unit.clone(), behaviour.to_owned());
        self.assent.cleared.remove(&key);
    }
}

/// Who has to approve a bundle before anything of it begins.
pub(super) fn asked(bundle: &Bundle) -> Vec<ApproveGate> {
    let rollout = bundle.rollout.as_ref();
    rollout.map(|it| it.approve.clone()).unwrap_or_default()
}

fn quorum(asked: &ApproveGate) -> usize {
    usize::try_from(asked.quorum).unwrap_or(usize::MAX)
}
