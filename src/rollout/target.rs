//! Which revision a unit is on its way to.
//!
//! What Git says, unless that failed before: then what runs, or what a person went back to. A
//! revision that comes while another is under way waits, takes its place, or is turned away, as the
//! one under way says.

use std::collections::BTreeMap;

use crate::compile::Bundle;
use crate::digest::short;
use crate::release::{Quarantine, ReleaseStatus, Revision};
use crate::resolve::rollout::OnNewRevision;

use super::hours::{Clock, Shut};
use super::waiting::{By, Wait};
use super::{Observed, approvals, ledgered, overrides, resumed};

/// Which revision a unit is on its way to.
#[derive(Debug)]
pub(super) enum Target<'a> {
    /// What Git says.
    Git(&'a Bundle),
    /// Another one, and why.
    Other(&'a Bundle, Shut),
    /// There is none to go to, and why.
    Nowhere(Shut),
}

/// The bundles that records name, by their digest.
pub type Kept = BTreeMap<String, Bundle>;

impl<'a> Target<'a> {
    /// Decides.
    pub(super) fn of(
        record: &ReleaseStatus,
        git: &'a Bundle,
        kept: &'a Kept,
        observed: &Observed,
        clock: Clock<'_>,
    ) -> Self {
        let held = || approvals::held(record, git, kept, observed, clock.now);
        if let Some(wait) = resumed::comes_first(record) {
            let stable = record.stable.as_ref();
            let is_same = stable.is_some_and(|it| it.behaviour == git.behaviour.to_string());
            return match held() {
                None if is_same => Self::Git(git),
                Some(shut) if is_same => Self::kept(stable, git, kept, shut),
                _ => Self::kept(stable, git, kept, wait.into()),
            };
        }
        if let Some((candidate, wait)) = under_way(record, git, kept) {
            return Self::kept(Some(candidate), git, kept, wait.into());
        }
        if let Some(failed) = quarantine(record, &git.behaviour.to_string()) {
            let back = record.pinned.as_ref().or(record.stable.as_ref());
            return Self::kept(back, git, kept, quarantined(failed).into());
        }
        // Whoever has to be asked can be asked while a window is shut.
        match held().or_else(|| not_yet(record, git, kept, observed, clock)) {
            Some(shut) => Self::kept(record.stable.as_ref(), git, kept, shut),
            None => Self::Git(git),
        }
    }

    fn kept(revision: Option<&Revision>, git: &'a Bundle, kept: &'a Kept, shut: Shut) -> Self {
        let Some(revision) = revision else {
            return Self::Nowhere(shut);
        };
        if revision.bundle == git.bundle.to_string() {
            return Self::Other(git, shut);
        }
        match kept.get(&revision.bundle) {
            Some(bundle) => Self::Other(bundle, shut),
            None => Self::Nowhere(missing(revision).into()),
        }
    }
}

/// Why what Git says may not begin yet; what has begun goes on.
fn not_yet(
    record: &ReleaseStatus,
    git: &Bundle,
    kept: &Kept,
    observed: &Observed,
    clock: Clock<'_>,
) -> Option<Shut> {
    let behaviour = git.behaviour.to_string();
    let mut known = record.stable.iter().chain(&record.candidate);
    if known.any(|revision| revision.behaviour == behaviour) {
        return None;
    }
    let closed = ledgered::to_begin(record, observed).map(Shut::from);
    closed.or_else(|| overrides::to_begin(record, git, kept, observed, clock))
}

/// What keeps a behaviour from being tried, if it failed before.
pub(super) fn quarantine<'a>(record: &'a ReleaseStatus, behaviour: &str) -> Option<&'a Quarantine> {
    let mut failed = record.quarantine.iter();
    failed.find(|failed| failed.revision.behaviour == behaviour)
}

/// A candidate that does not give way to what Git says now, and why that waits.
fn under_way<'a>(
    record: &'a ReleaseStatus,
    git: &Bundle,
    kept: &Kept,
) -> Option<(&'a Revision, Wait)> {
    let candidate = candidate_under_way(record, git)?;
    let digits = short(&candidate.behaviour);
    let wait = match policy(candidate, kept) {
        OnNewRevision::Supersede => return None,
        OnNewRevision::Queue => Wait::new(
            By::Others,
            format!("the rollout of {digits}, which comes first"),
            "it has ended",
        ),
        OnNewRevision::Reject => Wait::for_person(
            format!(
                "another commit: this one came while {digits} was under way, and is turned away"
            ),
            "the rollout has ended and Git moves on, or a person lifts it (`tidegate lift`)",
            &["lift"],
        ),
    };
    Some((candidate, wait))
}

/// The candidate that is under way, if Git says another one now.
fn candidate_under_way<'a>(record: &'a ReleaseStatus, git: &Bundle) -> Option<&'a Revision> {
    let rollout = record.rollout.as_ref()?;
    let candidate = record.candidate.as_ref()?;
    let is_other = candidate.behaviour != git.behaviour.to_string();
    (rollout.stopped.is_none() && is_other).then_some(candidate)
}

/// What the candidate's own spec says of newer ones. One that is not stored cannot go on anyway.
fn policy(candidate: &Revision, kept: &Kept) -> OnNewRevision {
    let rollout = kept
        .get(&candidate.bundle)
        .and_then(|it| it.rollout.as_ref());
    rollout.map_or(OnNewRevision::Supersede, |it| it.on_new_revision)
}

/// Whether what Git says came while a rollout was under way that turns newer ones away.
pub(super) fn is_turned_away(record: &ReleaseStatus, git: &Bundle, kept: &Kept) -> bool {
    let candidate = candidate_under_way(record, git);
    candidate.is_some_and(|candidate| policy(candidate, kept) == OnNewRevision::Reject)
}

fn quarantined(failed: &Quarantine) -> Wait {
    Wait::for_person(
        format!(
            "a person: {} failed and is not tried again: {}",
            short(&failed.revision.behaviour),
            failed.why
        ),
        "Git moves on, or a person lifts it (`tidegate lift`)",
        &["lift"],
    )
}

pub(super) fn missing(revision: &Revision) -> Wait {
    Wait::new(
        By::Others,
        format!("bundle {}, which is not stored", short(&revision.bundle)),
        "its commit is pushed again",
    )
}
