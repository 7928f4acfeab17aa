//! Model artefacts, mounted from their registry: pinned by digest, so a copy on the node will do.

use serde_json::json;

use super::{Disk, folder, read_only};
use crate::resolve::Strategy;

/// Mounts the models.
pub(super) fn add(disk: &mut Disk, strategy: &Strategy) {
    for model in &strategy.models {
        let volume = format!("model-{}", model.name);
        let reference = model.reference.to_string();
        let source = json!({"pullPolicy": "IfNotPresent", "reference": reference});
        disk.add(&volume, "image", source);
        let path = folder(&model.mount_path);
        disk.mounts.push(read_only(&volume, path).into());
    }
}
