//! Requests with a certain header go to the new version, which is up in full: how many those are is
//! not known.

use crate::resolve::rollout::Exposure;

use super::super::{Picture, Traffic};
use super::{hidden, taken_over};

pub(super) fn picture(exposure: &Exposure, replicas: u32) -> Picture {
    match exposure {
        Exposure::Match(headers) => Picture {
            traffic: Traffic::Match(headers.clone()),
            ..hidden(replicas)
        },
        Exposure::Full => taken_over(replicas),
        Exposure::Pods(_)
        | Exposure::Weight(_)
        | Exposure::Mirror(_)
        | Exposure::Preview
        | Exposure::Standby => hidden(replicas),
    }
}
