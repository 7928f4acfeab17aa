//! A growing share goes to the new version: of the requests where there is a route, else of the
//! pods.

use crate::resolve::rollout::Exposure;
use crate::spec::measure::Percent;

use super::super::super::ratio::{self, Bounds};
use super::super::{Picture, Serves, Traffic};
use super::{ab, hidden, mirror, sharing, taken_over};

pub(super) fn picture(exposure: &Exposure, is_routed: bool, replicas: u32) -> Picture {
    match exposure {
        Exposure::Weight(weight) if is_routed => {
            sharing(replicas, *weight, Traffic::Split(*weight))
        }
        Exposure::Full if is_routed => taken_over(replicas),
        Exposure::Match(_) => ab::picture(exposure, replicas),
        Exposure::Mirror(_) => mirror::picture(exposure, replicas),
        Exposure::Weight(weight) => shared_pods(replicas, *weight),
        Exposure::Full => Picture {
            is_taken_over: true,
            ..shared_pods(replicas, Percent::WHOLE)
        },
        Exposure::Pods(_) | Exposure::Preview | Exposure::Standby => hidden(replicas),
    }
}

/// One Service over the pods of both.
fn shared_pods(replicas: u32, weight: Percent) -> Picture {
    let pods = ratio::split(replicas, weight, Bounds::usual(replicas));
    Picture {
        stable: Some(pods.stable),
        candidate: Some(pods.candidate),
        serves: Serves::Both,
        is_ratio: true,
        ..hidden(replicas)
    }
}
