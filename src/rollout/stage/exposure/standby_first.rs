//! The standby, which is always there, takes the new version, and then takes over. What ran before
//! stands by from then on.

use crate::resolve::rollout::Exposure;

use super::super::Picture;
use super::{hidden, taken_over};

pub(super) fn picture(exposure: &Exposure, replicas: u32) -> Picture {
    match exposure {
        Exposure::Full => taken_over(replicas),
        Exposure::Standby
        | Exposure::Pods(_)
        | Exposure::Weight(_)
        | Exposure::Match(_)
        | Exposure::Mirror(_)
        | Exposure::Preview => hidden(replicas),
    }
}
