//! What a strategy keeps.

use serde_json::json;

use super::{Disk, Place, folder, writable};
use crate::compile::names;
use crate::resolve::Strategy;

/// Mounts the claims.
pub(super) fn add(disk: &mut Disk, strategy: &Strategy) -> Vec<Place> {
    let mut places = Vec::new();
    for state in &strategy.state {
        let volume = format!("state-{}", state.name);
        let path = folder(&state.mount_path).to_owned();
        let claim = json!({"claimName": names::claim(strategy, state)});
        disk.add(&volume, "persistentVolumeClaim", claim);
        disk.mounts.push(writable(&volume, &path));
        places.push(Place { volume, path });
    }
    places
}
