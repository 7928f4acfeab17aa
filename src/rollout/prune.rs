//! What is no longer wanted goes, once what is wanted is healthy.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use crate::compile::Bundle;
use crate::object::{Object, ObjectId, mark};
use crate::plan::Action;
use crate::release::ReleaseStatus;

use super::consent::{self, Deletion, Permission, Suspension, Wanted};
use super::fate::{Fate, fate, referrer, user_of};
use super::unit::{self, Own};
use super::waiting::{By, Wait};
use super::{Observed, Situation, actions, inventory, job};

/// What a prune comes to.
#[derive(Default)]
pub(super) struct Prune {
    pub(super) actions: Vec<Action>,
    pub(super) waits: Vec<Wait>,
    pub(super) wake_at: Option<Timestamp>,
}

/// What a unit would delete. What its own next version made superfluous is not asked about: an
/// earlier version's configuration, and Jobs that ran to their end.
pub(super) fn wanted(
    record: &ReleaseStatus,
    bundle: Option<&Bundle>,
    observed: &Observed,
) -> Wanted {
    wanted_of(record, bundle, &unit::own(bundle, record, observed))
}

/// The same, of what is known to be its own.
pub(super) fn wanted_of(record: &ReleaseStatus, bundle: Option<&Bundle>, own: &Own<'_>) -> Wanted {
    let mut wanted = Wanted::default();
    for live in unwanted(record, bundle, own).into_values() {
        match fate(live, bundle, record, own) {
            Fate::Protected | Fate::Superseded | Fate::Referred => {}
            Fate::Condemned => {
                wanted.condemned.insert(Deletion::of(live));
            }
            Fate::Asked => {
                wanted.asked.insert(Deletion::of(live));
            }
        }
    }
    wanted
}

/// The uids to record as condemned: those that were, while they are there and unwanted, and those
/// that may be now.
pub(super) fn condemned(wanted: &Wanted, permission: &Permission) -> Vec<String> {
    let asked = match permission {
        Permission::Granted | Permission::Recording => Some(&wanted.asked),
        Permission::Withheld { .. } | Permission::Suspended(_) => None,
    };
    let all: BTreeSet<&String> = wanted
        .condemned
        .iter()
        .chain(asked.into_iter().flatten())
        .map(|deletion| &deletion.uid)
        .collect();
    all.into_iter().cloned().collect()
}

/// The live objects of the inventory that Git no longer wants.
pub(super) fn unwanted<'a>(
    record: &ReleaseStatus,
    bundle: Option<&Bundle>,
    own: &Own<'a>,
) -> Own<'a> {
    let desired: BTreeSet<&ObjectId> = bundle
        .into_iter()
        .flat_map(|bundle| &bundle.objects)
        .map(Object::identity)
        .collect();
    let mut unwanted = inventory::seen(record, own);
    // One that lost its label was found again by its uid: it is no longer ours to delete.
    unwanted.retain(|id, live| !desired.contains(id) && live.label(mark::OWNER).is_some());
    unwanted
}

/// What nothing wants any more, and is no longer ours to delete: a person took our label off.
fn unlabelled(record: &ReleaseStatus, bundle: Option<&Bundle>, own: &Own<'_>) -> Vec<Wait> {
    let is_wanted = |id: &ObjectId| {
        let mut desired = bundle.into_iter().flat_map(|bundle| &bundle.objects);
        desired.any(|object| object.identity() == id)
    };
    let seen = inventory::seen(record, own);
    let lost = seen
        .iter()
        .filter(|(id, live)| !is_wanted(id) && live.label(mark::OWNER).is_none());
    lost.map(|(id, _)| {
        Wait::new(
            By::Nobody,
            format!("{id}, which nothing wants any more and which lost its owner label"),
            "a person deletes it, or puts the label back",
        )
    })
    .collect()
}

/// Deletes what may be deleted now, and tells about the rest.
pub(super) fn step(
    record: &ReleaseStatus,
    bundle: Option<&Bundle>,
    own: &Own<'_>,
    situation: &Situation<'_>,
) -> Prune {
    let unwanted = unwanted(record, bundle, own);
    let wanted = wanted_of(record, bundle, own);
    let condemned = condemned(&wanted, situation.permission);
    let mut prune = Prune {
        waits: withheld(&wanted, situation.permission)
            .into_iter()
            .chain(unlabelled(record, bundle, own))
            .collect(),
        ..Prune::default()
    };
    let is_sure = !matches!(
        situation.permission,
        Permission::Recording | Permission::Suspended(_)
    );
    for live in unwanted.values() {
        let uid = live.uid().unwrap_or_default().to_owned();
        let may = match fate(live, bundle, record, own) {
            Fate::Superseded => true,
            Fate::Referred | Fate::Protected => false,
            Fate::Condemned | Fate::Asked => condemned.contains(&uid) && is_sure,
        };
        prune.object(live, own, may, situation);
    }
    prune
}

fn withheld(wanted: &Wanted, permission: &Permission) -> Option<Wait> {
    let count = wanted.asked.len();
    match permission {
        Permission::Granted | Permission::Recording => None,
        Permission::Withheld { .. } if count == 0 => None,
        Permission::Suspended(_) if count == 0 && wanted.condemned.is_empty() => None,
        Permission::Withheld { why, entry, .. } => Some(Wait::for_consent(
            By::Nobody,
            format!("a consent to delete {count} of its objects: {why}"),
            entry.clone(),
        )),
        Permission::Suspended(why) => Some(suspended(*why)),
    }
}

fn suspended(why: Suspension) -> Wait {
    let (what, until) = match why {
        Suspension::Unreadable => (
            "files of the fleet that cannot be read, while which nothing is deleted",
            "`tidegate check` can read every file",
        ),
        Suspension::Rewritten => (
            "the branch, which was rewritten and may have lost files, so that nothing is deleted",
            "a commit comes on top of it",
        ),
        Suspension::Outdated => (
            "a newer commit, of which the deletions are being weighed",
            "they were",
        ),
    };
    Wait::new(By::Nobody, what, until)
}

impl Prune {
    fn object(&mut self, live: &Object, own: &Own<'_>, may: bool, situation: &Situation<'_>) {
        let id = live.id();
        if live.is_terminating() {
            self.waits.push(Wait::new(
                By::Nobody,
                format!("{id}, which is being deleted"),
                "it is gone",
            ));
        } else if consent::is_protected(&id) {
            self.protected(live, own, situation);
        } else if may {
            match referrer(&id, own) {
                Some(user) => self.waits.push(Wait::new(
                    By::Nobody,
                    format!("{id}, which {} still refers to", user.id()),
                    "that is gone",
                )),
                None => self.unprotected(live, own),
            }
        }
    }

    /// What is in it goes with its consent, but never from under a pod that uses it.
    fn protected(&mut self, live: &Object, own: &Own<'_>, situation: &Situation<'_>) {
        let id = live.id();
        if consent::object_consented(live, situation.consents, situation.now) {
            if let Some(pod) = user_of(&id, own) {
                self.waits.push(Wait::new(
                    By::Nobody,
                    format!("{}, which still uses {id}", pod.id()),
                    "it is gone",
                ));
                return;
            }
            let action = actions::delete(live, "nothing wants it, and its consent is there");
            self.actions.push(action);
            return;
        }
        self.waits.push(Wait::for_consent(
            By::Nobody,
            format!("{id}, which stays until a person consents to its deletion"),
            consent::object_entry(live),
        ));
    }

    /// A run is never cut short: a Job ends first, a CronJob first starts no more of them.
    fn unprotected(&mut self, live: &Object, own: &Own<'_>) {
        let id = live.id();
        let running = match live.kind() {
            "Job" => job::end(live).is_none(),
            "CronJob" => job::has_running(live, own),
            _ => false,
        };
        let suspended = live.at("/spec/suspend") == Some(&json!(true));
        if live.kind() == "CronJob" && !suspended {
            let turn = actions::turn(live, json!({"suspend": true}), "it is going to be deleted");
            self.actions.push(turn);
        } else if running {
            self.waits.push(Wait::new(
                By::Nobody,
                format!("{id}, which nothing wants any more and which still runs"),
                "the run ends",
            ));
        } else {
            self.actions.push(actions::delete(live, "nothing wants it"));
        }
    }
}
