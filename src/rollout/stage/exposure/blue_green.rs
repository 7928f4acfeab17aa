//! The new version comes up in full and hidden, then takes over at once.

use crate::resolve::rollout::Exposure;

use super::super::Picture;
use super::{hidden, taken_over};

pub(super) fn picture(exposure: &Exposure, replicas: u32) -> Picture {
    match exposure {
        Exposure::Full => taken_over(replicas),
        Exposure::Pods(_)
        | Exposure::Weight(_)
        | Exposure::Match(_)
        | Exposure::Mirror(_)
        | Exposure::Preview
        | Exposure::Standby => hidden(replicas),
    }
}
