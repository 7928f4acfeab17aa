//! The new version gets a copy of a share of the traffic.

use crate::resolve::rollout::Exposure;

use super::super::{Picture, Traffic};
use super::{hidden, sharing, taken_over};

pub(super) fn picture(exposure: &Exposure, replicas: u32) -> Picture {
    match exposure {
        Exposure::Mirror(share) => sharing(replicas, *share, Traffic::Mirror(*share)),
        Exposure::Full => taken_over(replicas),
        Exposure::Pods(_)
        | Exposure::Weight(_)
        | Exposure::Match(_)
        | Exposure::Preview
        | Exposure::Standby => hidden(replicas),
    }
}
