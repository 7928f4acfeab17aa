//! Where a unit is on its way to: which revision, at which stage, and what that looks like.

use std::sync::Arc;

use crate::compile::Bundle;
use crate::release::{ReleaseStatus, Revision, RolloutStatus};
use crate::resolve::Class;
use crate::resolve::rollout::{Rollout, Stage};

use super::hours::{Clock, Shut};
use super::remembered::Scene;
use super::stage::{self, Context, ManifestSet, Track};
use super::target::{Kept, Target, missing};
use super::{Observed, lost, rename};

/// Where a unit is on its way to.
#[derive(Debug)]
pub(super) struct Course {
    /// What the cluster is to look like now, under the digests of the revision that is on its way.
    pub(super) look: Looks,
    /// How that revision comes.
    pub(super) rollout: Option<Rollout>,
    /// The stage it is at; without one, it is stable as soon as it is healthy.
    pub(super) stage: Option<Stage>,
    /// Why it is not what Git says, if it is not.
    pub(super) shut: Option<Shut>,
}

/// What the cluster is to look like.
#[derive(Debug)]
pub(super) enum Looks {
    /// The objects of a bundle, as they are.
    Plain(Box<Bundle>),
    /// Those of a stage, or of a service between two of them.
    Staged(Arc<ManifestSet>),
}

impl Course {
    /// Decides. `Err` says why there is nothing to go to.
    pub(super) fn of(
        record: &ReleaseStatus,
        git: &Bundle,
        kept: &Kept,
        observed: &Observed,
        clock: Clock<'_>,
    ) -> Result<Self, Box<Shut>> {
        if let Some(shut) = lost::shut(record, git, observed) {
            return Err(Box::new(shut));
        }
        let (bundle, shut) = match Target::of(record, git, kept, observed, clock) {
            Target::Git(bundle) => (bundle, None),
            Target::Other(bundle, shut) => (bundle, Some(shut)),
            Target::Nowhere(shut) => return Err(Box::new(shut)),
        };
        let bundle = rename::adopted(bundle, record, observed);
        let rollout = staged(record, &bundle).cloned();
        let at = record.rollout.as_ref();
        let stage = rollout
            .as_ref()
            .zip(at)
            .and_then(|(rollout, at)| stage_of(at, rollout))
            .cloned();
        let look = match (&rollout, &stage, at) {
            _ if bundle.class != Some(Class::Service) => Looks::Plain(Box::new(bundle)),
            (Some(rollout), Some(stage), Some(at)) => {
                let stable = stable(record, git, kept, rollout)?;
                let stable = stable.map(|stable| rename::adopted(stable, record, observed));
                let scene = Scene {
                    stable,
                    candidate: bundle,
                    stage: Some(stage.clone()),
                    context: context(record, at),
                };
                Looks::Staged(
                    observed
                        .remembered
                        .look(scene, |scene| drawn(scene, rollout)),
                )
            }
            (_, _, _) => {
                let scene = Scene {
                    stable: None,
                    candidate: bundle,
                    stage: None,
                    context: Context::steady(&Track::named(&record.tracks.stable)),
                };
                Looks::Staged(observed.remembered.look(scene, steady))
            }
        };
        Ok(Self {
            look,
            rollout,
            stage,
            shut,
        })
    }

    /// The objects that there are to be, under the digests of the revision that is on its way.
    pub(super) fn bundle(&self) -> &Bundle {
        match &self.look {
            Looks::Plain(bundle) => bundle,
            Looks::Staged(set) => &set.bundle,
        }
    }
}

fn drawn(scene: &Scene, rollout: &Rollout) -> ManifestSet {
    let Scene {
        stable,
        candidate,
        stage,
        context,
    } = scene;
    match stage {
        Some(stage) => stage::stage(stable.as_ref(), candidate, rollout, stage, context),
        None => steady(scene),
    }
}

fn steady(scene: &Scene) -> ManifestSet {
    stage::steady(&scene.candidate, &scene.context.stable)
}

/// A bundle as it looks once nothing is on its way: with the claims that its unit has, and on the
/// track that it came under.
pub fn at_rest(bundle: &Bundle, record: &ReleaseStatus) -> Bundle {
    let bundle = rename::adopt(bundle, &record.claims);
    if bundle.class != Some(Class::Service) {
        return bundle;
    }
    stage::steady(&bundle, &Track::named(&record.tracks.stable)).bundle
}

/// How a bundle comes, if it is another behaviour than what runs and its class changes in stages.
fn staged<'a>(record: &ReleaseStatus, bundle: &'a Bundle) -> Option<&'a Rollout> {
    let rollout = bundle.rollout.as_ref()?;
    let is_new = record
        .stable
        .as_ref()
        .is_none_or(|stable| stable.behaviour != bundle.behaviour.to_string());
    let has_gates = || rollout.stages.iter().any(|stage| !stage.gates.is_empty());
    let is_staged = match bundle.class {
        Some(Class::Service) => true,
        // The old pod is gone before the new one is there: there is one stage, which may be judged.
        Some(Class::Algo | Class::Gateway) => has_gates(),
        Some(Class::Job) | None => false,
    };
    (is_staged && is_new).then_some(rollout)
}

/// The stage that the record says.
fn stage_of<'a>(at: &RolloutStatus, rollout: &'a Rollout) -> Option<&'a Stage> {
    rollout.stages.get(usize::try_from(at.stage).ok()?)
}

fn context(record: &ReleaseStatus, at: &RolloutStatus) -> Context {
    let stable = Track::named(&record.tracks.stable);
    let candidate = record.tracks.candidate.as_deref().map(Track::named);
    Context {
        candidate: candidate.unwrap_or_else(|| stable.clone()),
        stable,
        replicas: at.replicas,
    }
}

/// The bundle of what runs, where the rollout needs it: beside it, or in its place.
fn stable<'a>(
    record: &ReleaseStatus,
    git: &'a Bundle,
    kept: &'a Kept,
    rollout: &Rollout,
) -> Result<Option<&'a Bundle>, Box<Shut>> {
    let Some(stable) = &record.stable else {
        return Ok(None);
    };
    let is_it = |revision: &Revision| revision.bundle == git.bundle.to_string();
    let found = kept.get(&stable.bundle).or(is_it(stable).then_some(git));
    match found {
        None if rollout.style.is_beside() => Err(Box::new(missing(stable).into())),
        found => Ok(found),
    }
}
