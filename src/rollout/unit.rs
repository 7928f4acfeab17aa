//! A unit as its step sees it: what it should be, and what is its own of all that was seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::compile::Bundle;
use crate::diff::{self, Change, Kind};
use crate::object::{Object, ObjectId, mark};
use crate::release::ReleaseStatus;

use super::{Attempt, Desired, Observed, Situation};

/// A unit that Git says something about.
pub(super) struct Unit<'a> {
    /// What it should be, with the claims that it has.
    pub(super) bundle: &'a Bundle,
    pub(super) record: &'a ReleaseStatus,
    pub(super) situation: &'a Situation<'a>,
    own: Own<'a>,
    standings: BTreeMap<&'a ObjectId, Standing<'a>>,
}

/// What is a unit's own of all that was seen.
pub type Own<'a> = BTreeMap<&'a ObjectId, &'a Object>;

/// How an object of a unit stands.
#[derive(Debug, Clone)]
pub(super) enum Standing<'a> {
    /// It is not there.
    Absent,
    /// It is being deleted, by somebody else.
    Terminating(&'a Object),
    /// It is there, and differs.
    Differs(&'a Object, Arc<[Change]>),
    /// It is there, and the same.
    Same,
}

impl<'a> Unit<'a> {
    pub(super) fn new(
        bundle: &'a Bundle,
        record: &'a ReleaseStatus,
        situation: &'a Situation<'a>,
    ) -> Self {
        let own = own(Some(bundle), record, situation.observed);
        let standing = |desired: &'a Object| {
            let id = desired.identity();
            let live = own.get(id).copied();
            (id, standing(desired, live, situation.observed))
        };
        Self {
            standings: bundle.objects.iter().map(standing).collect(),
            own,
            bundle,
            record,
            situation,
        }
    }

    /// Everything that is its own.
    pub(super) fn own(&self) -> &Own<'a> {
        &self.own
    }

    /// Its live object of this name.
    pub(super) fn live(&self, id: &ObjectId) -> Option<&'a Object> {
        self.own.get(id).copied()
    }

    /// The objects it should have.
    pub(super) fn desired(&self) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.bundle.objects.iter()
    }

    /// Its own objects of a kind.
    pub(super) fn of_kind(&self, kind: &str) -> Vec<&'a Object> {
        of_kind(&self.own, kind)
    }

    /// Its pods, terminating ones included.
    pub(super) fn pods(&self) -> Vec<&'a Object> {
        self.of_kind("Pod")
    }

    /// Whether a failed attempt was one at what Git says now: at that version, or at the one that a
    /// freeze, a window, a failure or a person keeps in its place.
    pub(super) fn is_tried(&self, failed: &Attempt) -> bool {
        let git = match self.situation.desired {
            Desired::Bundle(git) => Some(git.bundle),
            Desired::Unknown(_) | Desired::Gone => None,
        };
        failed.bundle == Some(self.bundle.bundle) || (git.is_some() && failed.bundle == git)
    }

    /// Whether a person wants a pod to be started anew.
    pub(super) fn is_restarting(&self, pod: &Object) -> bool {
        let uid = pod.uid().unwrap_or_default();
        self.record.restarting.iter().any(|wanted| wanted == uid)
    }

    /// The workload as it should be, and as it is.
    pub(super) fn workload(&self) -> (Option<&'a Object>, Option<&'a Object>) {
        let Some(id) = &self.bundle.workload else {
            return (None, None);
        };
        let desired = self.desired().find(|object| object.identity() == id);
        (desired, self.live(id))
    }

    /// Whether what Git wants is what runs, seen healthy.
    pub(super) fn is_settled(&self) -> bool {
        let stable = self.record.stable.as_ref();
        stable.is_some_and(|stable| stable.bundle == self.bundle.bundle.to_string())
    }

    /// What an apply would change, less what a rollout turns.
    pub(super) fn drift(&self, desired: &Object, live: &Object) -> Arc<[Change]> {
        drift(desired, live, self.situation.observed)
    }

    /// How one of its objects stands.
    pub(super) fn standing(&self, desired: &Object) -> &Standing<'a> {
        self.standings
            .get(desired.identity())
            .unwrap_or(&Standing::Absent)
    }
}

fn standing<'a>(desired: &Object, live: Option<&'a Object>, observed: &Observed) -> Standing<'a> {
    match live {
        None => Standing::Absent,
        Some(live) if live.is_terminating() => Standing::Terminating(live),
        Some(live) => match drift(desired, live, observed) {
            changes if changes.is_empty() => Standing::Same,
            changes => Standing::Differs(live, changes),
        },
    }
}

/// What an apply would change, less what a rollout turns.
fn drift(desired: &Object, live: &Object, observed: &Observed) -> Arc<[Change]> {
    let remembered = &observed.remembered;
    remembered.changes(desired, live, || compared(desired, live))
}

fn compared(desired: &Object, live: &Object) -> Vec<Change> {
    let turned: &[&str] = match desired.kind() {
        "StatefulSet" | "Deployment" if desired.number("/spec/replicas").is_none() => {
            &["spec", "replicas"]
        }
        "HTTPRoute" if desired.at("/spec/rules").is_none() => &["spec", "rules"],
        "PodDisruptionBudget" if desired.at("/spec/maxUnavailable").is_none() => {
            &["spec", "maxUnavailable"]
        }
        _ => &[],
    };
    let mut changes = diff::drift(desired, live);
    changes.retain(|change| turned.is_empty() || !change.path.starts_with(turned));
    changes
}

/// Whether a pod made from the live template would be another than one made from the desired one.
pub(super) fn changes_template(changes: &[Change]) -> bool {
    changes.iter().any(|change| {
        change.kind != Kind::Ownership && change.path.starts_with(&["spec", "template"])
    })
}

/// Of all that was seen, what is the unit's own: it carries the owner label, or it lost that label
/// but has a uid that the record knows, or it is a claim that comes over from an earlier name.
pub(super) fn own<'a>(
    bundle: Option<&Bundle>,
    record: &ReleaseStatus,
    observed: &'a Observed,
) -> Own<'a> {
    let own = owned(bundle, record, observed);
    own.map(|object| (object.identity(), object)).collect()
}

/// The same, one by one: of two of one name, the later counts.
pub(super) fn owned<'a, 'b>(
    bundle: Option<&'b Bundle>,
    record: &'b ReleaseStatus,
    observed: &'a Observed,
) -> impl Iterator<Item = &'a Object> + use<'a, 'b> {
    let known = move |object: &Object| {
        let uid = object.uid();
        uid.is_some()
            && record
                .inventory
                .iter()
                .any(|entry| entry.uid.as_deref() == uid)
    };
    let labelled = move |object: &Object| {
        bundle.is_some_and(|bundle| object.label(mark::OWNER) == Some(bundle.owner.as_str()))
    };
    let wanted = move |object: &Object| {
        let id = object.identity();
        bundle.is_some_and(|bundle| bundle.objects.iter().any(|it| it.identity() == id))
    };
    let met = observed.foreign.values();
    let met = met.filter(move |it| known(it) || labelled(it));
    let claims = observed.old_claims.iter().filter(move |it| wanted(it));
    claims.chain(met).chain(observed.objects.values())
}

pub(super) fn of_kind<'a>(own: &Own<'a>, kind: &str) -> Vec<&'a Object> {
    own.values()
        .copied()
        .filter(|object| object.kind() == kind)
        .collect()
}
