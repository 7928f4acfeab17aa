//! Configuration files.
//!
//! Each is mounted alone, so that the image's folder around it stays visible. A file that its program
//! rewrites is copied before every start: what stands in Git is where each start begins.

use serde_json::json;

use super::scratch::empty;
use super::{Copy, Disk, Place, read_only, writable};
use crate::compile::config_map;
use crate::resolve::{ConfigFile, Strategy};

const VOLUME: &str = "config";
/// Where the files to copy are seen by what copies them.
const FROM: &str = "/tidegate/config";
/// Holds the copies that belong to no folder that is writable anyway.
const COPIES: &str = "config-copies";
const TO: &str = "/tidegate/copies";

/// Mounts the files.
pub(super) fn add(disk: &mut Disk, strategy: &Strategy, places: &[Place]) {
    let Some(name) = config_map::name(strategy) else {
        return;
    };
    let source = json!({"sources": [{"configMap": {"name": name}}]});
    disk.add(VOLUME, "projected", source);
    for (key, file) in config_map::files(strategy) {
        if !file.writable {
            let mount = read_only(VOLUME, &file.path).with("subPath", key);
            disk.mounts.push(mount.into());
        } else if let Some(place) = home(file, places) {
            let mount = writable(&place.volume, &place.path);
            disk.copies.push(copy(&key, &file.path, mount));
        } else {
            add_alone(disk, strategy, &key, file);
        }
    }
}

/// A file in a folder that is not writable: the copy is mounted in its place.
fn add_alone(disk: &mut Disk, strategy: &Strategy, key: &str, file: &ConfigFile) {
    disk.add(COPIES, "emptyDir", empty(strategy));
    disk.mounts
        .push(json!({"name": COPIES, "mountPath": file.path, "subPath": key}));
    let to = format!("{TO}/{key}");
    disk.copies.push(copy(key, &to, writable(COPIES, TO)));
}

fn copy(key: &str, to: &str, target: serde_json::Value) -> Copy {
    Copy {
        from: format!("{FROM}/{key}"),
        to: to.to_owned(),
        mounts: vec![read_only(VOLUME, FROM).into(), target],
    }
}

/// The innermost writable place that a file is in.
fn home<'p>(file: &ConfigFile, places: &'p [Place]) -> Option<&'p Place> {
    let around = places.iter().filter(|place| {
        let rest = file.path.strip_prefix(&place.path);
        rest.is_some_and(|rest| rest.starts_with('/'))
    });
    around.max_by_key(|place| place.path.len())
}
