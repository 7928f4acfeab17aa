//! Which units of a cluster have a material or a minor change to come, by the digests of their
//! records.

use crate::cli::FleetOptions;
use crate::cmd::input::{Commits, Input};
use crate::compile::Bundle;
use crate::preview::{self, Label, Running};
use crate::release::Release;

/// The labels of the units that are not yet what Git says.
pub(super) fn of(
    fleet: &FleetOptions,
    head: &Input,
    bundles: &[Bundle],
    records: &[Release],
) -> Vec<Label> {
    let mut commits = Commits::new(fleet);
    let mut label = |bundle: &Bundle| {
        let name = bundle.unit.release_name();
        let mut records = records.iter();
        let record = records.find(|it| it.metadata.name.as_deref() == Some(&name));
        let stable = record.and_then(|it| it.status.as_ref()?.stable.as_ref());
        let running = Running {
            stable,
            bundle: None,
            base: stable.and_then(|stable| commits.at(stable)),
        };
        let row = preview::against(running, bundle, &head.build)?;
        Some(Label::of(&row))
    };
    bundles.iter().filter_map(&mut label).collect()
}
