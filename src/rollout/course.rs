//! Where a unit is on its way to: which revision, at which stage, and what that looks like.

use crate::compile::Bundle;
use crate::release::ReleaseStatus;
use crate::resolve::Class;
use crate::resolve::rollout::{Rollout, Stage};

use super::stage::{self, Context, ManifestSet, Track};
use super::target::{Kept, Target};
use super::waiting::Wait;
use super::{Observed, rename};

/// Where a unit is on its way to.
#[derive(Debug)]
pub(super) struct Course {
    /// What the cluster is to look like now, under the digests of the revision that is on its way.
    pub(super) bundle: Bundle,
    /// The same with what a rollout turns of it; `None` for what does not change in stages.
    pub(super) set: Option<ManifestSet>,
    /// How that revision comes.
    pub(super) rollout: Option<Rollout>,
    /// The stage it is at; without one, it is stable as soon as it is healthy.
    pub(super) stage: Option<Stage>,
    /// Why it is not what Git says, if it is not.
    pub(super) wait: Option<Wait>,
}

impl Course {
    /// Decides. `Err` says why there is nothing to go to.
    pub(super) fn of(
        record: &ReleaseStatus,
        git: &Bundle,
        kept: &Kept,
        observed: &Observed,
    ) -> Result<Self, Wait> {
        let (bundle, wait) = match Target::of(record, git, kept) {
            Target::Git(bundle) => (bundle, None),
            Target::Other(bundle, wait) => (bundle, Some(wait)),
            Target::Nowhere(wait) => return Err(wait),
        };
        let bundle = rename::adopted(bundle, record, observed);
        let rollout = staged(record, &bundle).cloned();
        let stage = rollout
            .as_ref()
            .and_then(|rollout| self::stage(record, rollout));
        let at = rollout.as_ref().zip(stage);
        let is_service = bundle.class == Some(Class::Service);
        let set = is_service.then(|| look(record, &bundle, at, (git, kept)));
        Ok(Self {
            stage: stage.cloned(),
            bundle: set.as_ref().map_or(bundle, |set| set.bundle.clone()),
            set,
            rollout,
            wait,
        })
    }
}

/// What a service looks like: at a stage, or with nothing on its way.
fn look(
    record: &ReleaseStatus,
    bundle: &Bundle,
    at: Option<(&Rollout, &Stage)>,
    (git, kept): (&Bundle, &Kept),
) -> ManifestSet {
    let track = Track::named(&record.tracks.stable);
    let (Some((rollout, stage)), Some(status)) = (at, &record.rollout) else {
        return stage::steady(bundle, &track);
    };
    let stable = record.stable.as_ref().and_then(|stable| {
        let is_git = git.bundle.to_string() == stable.bundle;
        kept.get(&stable.bundle).or(is_git.then_some(git))
    });
    let candidate = record.tracks.candidate.as_deref();
    let context = Context {
        candidate: candidate.map_or_else(|| track.clone(), Track::named),
        stable: track,
        replicas: status.replicas,
    };
    stage::stage(stable, bundle, rollout, stage, &context)
}

/// How a bundle comes, if it is another behaviour than what runs and its class changes in stages.
fn staged<'a>(record: &ReleaseStatus, bundle: &'a Bundle) -> Option<&'a Rollout> {
    let rollout = bundle.rollout.as_ref()?;
    let is_new = record
        .stable
        .as_ref()
        .is_none_or(|stable| stable.behaviour != bundle.behaviour.to_string());
    let is_staged = bundle.class == Some(Class::Service) && is_new;
    is_staged.then_some(rollout)
}

/// The stage that the record says, if it is of this very rollout.
fn stage<'a>(record: &ReleaseStatus, rollout: &'a Rollout) -> Option<&'a Stage> {
    let at = record.rollout.as_ref()?;
    rollout.stages.get(usize::try_from(at.stage).ok()?)
}
