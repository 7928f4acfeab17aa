//! What gates run is pinned like everything else that runs.

use super::Image;
use super::case::Case;
use super::lock::Lock;
use super::rollout::{Rollout, Stage};
use crate::spec::gate::{Gate, GateKind};

/// Gives the images of `job` gates the digests of the lock; tells those that have none.
pub(super) fn pin(case: &mut Case, rollout: &mut Rollout) {
    let gates = rollout
        .stages
        .iter_mut()
        .flat_map(|stage: &mut Stage| &mut stage.gates);
    for image in gates.filter_map(image) {
        if image.digest.is_some() {
            continue;
        }
        if let Lock::Images(images) = case.tables.lock {
            image.digest = images.get(&image.to_string()).copied();
        }
        if image.digest.is_none() {
            case.warn(
                "unpinned-image",
                "/rollout",
                format!("the gate's image `{image}` is not pinned: what it names can change without a commit"),
                "write its digest here behind `@`, or under `images` in `tidegate.lock`",
            );
        }
    }
}

fn image(gate: &mut Gate) -> Option<&mut Image> {
    match &mut gate.kind {
        GateKind::Job(job) => Some(&mut job.image),
        _ => None,
    }
}
