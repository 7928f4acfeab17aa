//! What a pod's file system is put together from.

mod config;
mod model;
mod scratch;
mod secret;
mod state;

use serde_json::{Value, json};

use super::fields::{Fields, set};
use crate::resolve::Strategy;

/// A pod's volumes and where its program finds them.
#[derive(Debug, Default)]
pub(super) struct Disk {
    /// The volumes.
    pub(super) volumes: Vec<Value>,
    /// Where the program finds them.
    pub(super) mounts: Vec<Value>,
    /// The files to copy before it starts.
    pub(super) copies: Vec<Copy>,
}

/// A file to copy before the program starts.
#[derive(Debug)]
pub(super) struct Copy {
    /// From where.
    pub(super) from: String,
    /// To where.
    pub(super) to: String,
    /// What must be mounted for it.
    pub(super) mounts: Vec<Value>,
}

/// A place that the program may write to.
#[derive(Debug, Clone)]
struct Place {
    volume: String,
    path: String,
}

impl Disk {
    /// Everything that a strategy has on its file system.
    pub(super) fn of(strategy: &Strategy) -> Self {
        let mut disk = Self::default();
        let mut places = state::add(&mut disk, strategy);
        secret::add(&mut disk, strategy);
        model::add(&mut disk, strategy);
        places.extend(scratch::add(&mut disk, strategy));
        config::add(&mut disk, strategy, &places);
        disk.volumes = set(disk.volumes);
        disk.volumes.sort_by_key(|volume| text(volume, "name"));
        disk.mounts.sort_by_key(|mount| text(mount, "mountPath"));
        disk
    }

    fn add(&mut self, name: &str, kind: &str, source: impl Into<Value>) {
        self.volumes
            .push(json!({"name": name, kind: source.into()}));
    }
}

fn text(value: &Value, key: &str) -> String {
    let text = value.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// A mount that may be written to.
fn writable(volume: &str, path: &str) -> Value {
    json!({"name": volume, "mountPath": path})
}

/// A mount that may not.
fn read_only(volume: &str, path: &str) -> Fields {
    Fields::new()
        .with("name", volume)
        .with("mountPath", path)
        .with("readOnly", true)
}

/// A path without the slash that may end it.
fn folder(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        path => path,
    }
}
