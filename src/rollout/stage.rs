//! What a stage of a rollout looks like, in Kubernetes objects.
//!
//! [`stage`] is an interpolation between two bundles, and nothing else says what a stage is; the
//! transition takes the cluster there in an order that is safe. Both are pure and total.
//!
//! The two versions stand on tracks: the same objects under another name, so that no selector ever
//! changes and the pods that are promoted are the pods that were judged. The Service that clients
//! use keeps the strategy's own name on every track, as does the route; what is not a track's own
//! (configuration, the account) is shared.

mod assemble;
mod exposure;
mod shown;
mod track;
pub(super) mod transition;
mod turned;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::compile::Bundle;
use crate::object::{Object, ObjectId, mark};
use crate::resolve::Class;
use crate::resolve::rollout::{Exposure, HeaderMatch, Rollout, Stage, Style};
use crate::spec::measure::Percent;

use super::ratio::Bounds;

pub use track::Track;

/// What a stage depends on besides the two bundles. All of it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The track of the version that runs.
    pub stable: Track,
    /// The track of the version that comes; the same where it comes in place.
    pub candidate: Track,
    /// How many pods there were when the rollout began: shares are shares of that.
    pub replicas: u32,
}

impl Context {
    /// Nothing is on its way: everything stands on one track.
    pub(super) fn steady(track: &Track) -> Self {
        Self {
            stable: track.clone(),
            candidate: track.clone(),
            replicas: 0,
        }
    }
}

/// What the cluster is to look like.
#[derive(Debug, Clone, PartialEq)]
pub struct ManifestSet {
    /// The bundle that is on its way, with the objects of this stage as `tidegate` applies them.
    pub bundle: Bundle,
    /// The workloads among them.
    pub(super) sides: Vec<Side>,
    /// What `tidegate-runtime` turns, by object: fields of its spec.
    pub(super) turned: BTreeMap<ObjectId, Value>,
    /// Whether a share of the traffic is a share of the pods; then no more of them may be there at
    /// a time, and no fewer ready, than this says.
    pub(super) ratio: Option<(u32, Bounds)>,
}

/// A workload of a stage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Side {
    /// Which version it is.
    pub(super) role: Role,
    /// What its pods are selected by.
    pub(super) instance: String,
    /// The workload.
    pub(super) workload: ObjectId,
    /// The digest that its pods carry.
    pub(super) behaviour: String,
    /// How many pods it has.
    pub(super) size: Size,
}

/// Which version a workload is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The one that ran before.
    Stable,
    /// The one that is to run.
    Candidate,
    /// A copy that stands by.
    Standby,
}

/// Who says how many pods a workload has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// The rollout: so many.
    Turned(u32),
    /// The spec: so many.
    Printed(u32),
    /// An autoscaler, between these.
    Scaled {
        /// The fewest.
        min: u32,
        /// The most.
        max: u32,
    },
}

/// The two versions side by side, before they are objects.
#[derive(Debug, Clone, PartialEq)]
struct Picture {
    /// How many pods the old one has; `None` where it has no workload of its own.
    stable: Option<u32>,
    /// How many pods the new one has; `None` where the spec or an autoscaler says it.
    candidate: Option<u32>,
    /// Whom the clients' Service selects.
    serves: Serves,
    /// How the route divides requests.
    traffic: Traffic,
    /// Whether what both share is of the new version already.
    is_taken_over: bool,
    /// Whether a share of the traffic is a share of the pods.
    is_ratio: bool,
}

/// Whom the clients' Service selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Serves {
    /// The pods of the old version.
    Stable,
    /// The pods of the new version.
    Candidate,
    /// Every pod that may serve.
    Both,
    /// Nobody: there is no Service yet.
    Nobody,
}

/// How the route divides requests.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Traffic {
    /// All of them go to the old version.
    Stable,
    /// All of them go to the new version.
    Candidate,
    /// Such a share goes to the new version.
    Split(Percent),
    /// Those with any of these headers go to the new version.
    Match(Vec<HeaderMatch>),
    /// The new version gets a copy of such a share.
    Mirror(Percent),
}

/// What a stage looks like. Without an old version, the new one comes up alone.
pub fn stage(
    stable: Option<&Bundle>,
    candidate: &Bundle,
    rollout: &Rollout,
    at: &Stage,
    context: &Context,
) -> ManifestSet {
    let is_beside = rollout.style.is_beside() && context.stable != context.candidate;
    let picture = match stable {
        Some(_) if is_beside => exposure::beside(rollout, &at.exposure, context.replicas),
        Some(_) => exposure::in_place(),
        None => exposure::alone(&at.exposure, context.replicas),
    };
    let stable = stable.filter(|_| is_beside);
    let mut set = assemble::assemble(stable, candidate, &picture, context);
    turned::freeze(&mut set);
    if let Exposure::Pods(amount) = at.exposure {
        let kept = context.replicas.saturating_sub(amount.of(context.replicas));
        turned::hold_back(&mut set, kept);
    }
    set
}

/// What a unit looks like once nothing is on its way: everything of one version, under the names
/// of its track.
pub fn steady(bundle: &Bundle, track: &Track) -> ManifestSet {
    let context = Context::steady(track);
    let mut set = assemble::assemble(None, bundle, &exposure::in_place(), &context);
    let style = bundle.rollout.as_ref().map(|rollout| rollout.style);
    if style == Some(Style::StandbyFirst) {
        assemble::add_standby(&mut set, bundle, &track.other());
    }
    set
}

/// How many pods a version has while nothing is on its way: as many as there are, within the bounds
/// of its autoscaler; as many as its spec says, where somebody left none.
pub(super) fn pods_of(bundle: &Bundle, live: Option<u32>) -> u32 {
    let mut workloads = bundle.objects.iter().filter(|it| is_workload(it));
    let live = live.filter(|pods| *pods > 0);
    match workloads.next().map(|it| assemble::size(bundle, it, None)) {
        Some(Size::Turned(pods) | Size::Printed(pods)) => live.unwrap_or(pods),
        Some(Size::Scaled { min, max }) => live.unwrap_or(min).clamp(min, max.max(min)),
        None => 1,
    }
}

/// Whether an object is what makes a service's pods, or a singleton's.
pub(super) fn is_workload(object: &Object) -> bool {
    matches!(object.kind(), "Deployment" | "StatefulSet")
}

/// Whether a live object belongs to a track of its strategy that is not wanted any more.
pub(super) fn is_left_over(live: &Object, bundle: &Bundle) -> bool {
    let Some(instance) = transition::instance_of_track(live) else {
        return false;
    };
    let mut workloads = bundle
        .objects
        .iter()
        .filter(|it| is_workload(it))
        .peekable();
    let is_of_tracks = workloads.peek().is_some() && bundle.class == Some(Class::Service);
    is_of_tracks
        && workloads.all(|workload| workload.label(mark::INSTANCE) != Some(instance))
        && live.label(mark::STRATEGY) == Some(assemble::strategy(bundle))
        && bundle.objects.iter().all(|object| object.id() != live.id())
}

/// The track on which a version comes beside the one that runs.
pub fn candidate_track(rollout: &Rollout, stable: &Track, candidate: &Bundle) -> Track {
    match rollout.style {
        Style::Canary | Style::BlueGreen | Style::Ab | Style::Mirror => {
            Track::named(&candidate.behaviour.short())
        }
        Style::StandbyFirst => stable.other(),
        Style::Rolling | Style::Replace | Style::NextRun => stable.clone(),
    }
}
