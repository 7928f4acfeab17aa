//! Folders that are empty at every start: the root file system is read-only.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Disk, Place, folder, text, writable};
use crate::resolve::Strategy;

/// Mounts `/tmp` and the folders that the engine writes to, but for those that hold something.
pub(super) fn add(disk: &mut Disk, strategy: &Strategy) -> Vec<Place> {
    let wanted = strategy.engine.writable.iter().map(|path| folder(path));
    let mut paths: BTreeSet<&str> = wanted.chain(["/tmp"]).collect();
    let taken: BTreeSet<String> = disk.mounts.iter().map(|it| text(it, "mountPath")).collect();
    paths.retain(|path| !taken.contains(*path));
    let mut places = Vec::new();
    for (number, path) in paths.into_iter().enumerate() {
        let volume = format!("scratch-{number}");
        disk.add(&volume, "emptyDir", empty(strategy));
        disk.mounts.push(writable(&volume, path));
        let path = path.to_owned();
        places.push(Place { volume, path });
    }
    places
}

/// An empty folder, of which the pod's whole scratch space is the limit.
pub(super) fn empty(strategy: &Strategy) -> Value {
    json!({"sizeLimit": strategy.resources.ephemeral_storage.as_str()})
}
