//! How far each stage of each style lets the new version in.

mod ab;
mod blue_green;
mod canary;
mod mirror;
mod standby_first;

use crate::resolve::rollout::{Exposure, Rollout, Style};

use super::super::ratio::{self, Bounds};
use super::{Picture, Serves, Traffic};
use crate::spec::measure::Percent;

/// The new version beside the old one.
pub(super) fn beside(rollout: &Rollout, exposure: &Exposure, replicas: u32) -> Picture {
    let is_routed = rollout.route.is_some();
    match rollout.style {
        Style::Canary => canary::picture(exposure, is_routed, replicas),
        Style::Ab => ab::picture(exposure, replicas),
        Style::Mirror => mirror::picture(exposure, replicas),
        Style::StandbyFirst => standby_first::picture(exposure, replicas),
        Style::BlueGreen | Style::Rolling | Style::Replace | Style::NextRun => {
            blue_green::picture(exposure, replicas)
        }
    }
}

/// The new version in place of the old one, whose controller replaces pod by pod.
pub(super) fn in_place() -> Picture {
    Picture {
        stable: None,
        candidate: None,
        serves: Serves::Candidate,
        traffic: Traffic::Candidate,
        is_taken_over: true,
        is_ratio: false,
    }
}

/// The new version where nothing ran before: a part of its pods, which serve as far as the stage
/// lets them.
pub(super) fn alone(exposure: &Exposure, replicas: u32) -> Picture {
    let pods = match exposure {
        Exposure::Weight(weight) => {
            Some(ratio::split(replicas, *weight, Bounds::usual(replicas)).candidate)
        }
        Exposure::Mirror(_) | Exposure::Match(_) | Exposure::Preview | Exposure::Standby => {
            Some(replicas)
        }
        Exposure::Pods(_) | Exposure::Full => None,
    };
    let is_hidden = matches!(
        exposure,
        Exposure::Mirror(_) | Exposure::Match(_) | Exposure::Preview | Exposure::Standby
    );
    Picture {
        candidate: pods,
        serves: if is_hidden {
            Serves::Nobody
        } else {
            Serves::Candidate
        },
        ..in_place()
    }
}

/// Both in full, and all goes to the old one.
fn hidden(replicas: u32) -> Picture {
    Picture {
        stable: Some(replicas),
        candidate: Some(replicas),
        serves: Serves::Stable,
        traffic: Traffic::Stable,
        is_taken_over: false,
        is_ratio: false,
    }
}

/// Both in full, and all goes to the new one: the old one could take over again at once.
fn taken_over(replicas: u32) -> Picture {
    Picture {
        serves: Serves::Candidate,
        traffic: Traffic::Candidate,
        is_taken_over: true,
        ..hidden(replicas)
    }
}

/// Both, the new one large enough for a share of the traffic.
fn sharing(replicas: u32, share: Percent, traffic: Traffic) -> Picture {
    Picture {
        candidate: Some(share.of(replicas)),
        traffic,
        ..hidden(replicas)
    }
}
