//! Secrets as files, in a projected volume.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Disk, folder, read_only};
use crate::resolve::{SecretTarget, Strategy};

/// Holds every key that is mounted as one file.
const VOLUME: &str = "secrets";
/// Readable by owner and group, and by nobody else.
const MODE: u32 = 0o440;

/// Mounts the secrets that are files or folders.
pub(super) fn add(disk: &mut Disk, strategy: &Strategy) {
    let mut keys: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut folders: BTreeMap<&str, &str> = BTreeMap::new();
    for secret in &strategy.secrets {
        match (&secret.target, &secret.key) {
            (SecretTarget::Env(_), _) => {}
            (SecretTarget::File(path), None) => {
                folders.insert(folder(path), &secret.secret);
            }
            (SecretTarget::File(path), Some(key)) => {
                keys.entry(&secret.secret).or_default().insert(key);
                let mount = read_only(VOLUME, path);
                let part = format!("{}/{key}", secret.secret);
                disk.mounts.push(mount.with("subPath", part).into());
            }
        }
    }
    if !keys.is_empty() {
        let sources: Vec<Value> = keys.into_iter().map(files).collect();
        disk.add(VOLUME, "projected", projected(&sources));
    }
    for (number, (path, secret)) in folders.into_iter().enumerate() {
        let volume = format!("{VOLUME}-{number}");
        let source = json!({"secret": {"name": secret}});
        disk.add(&volume, "projected", projected(&[source]));
        disk.mounts.push(read_only(&volume, path).into());
    }
}

fn projected(sources: &[Value]) -> Value {
    json!({"defaultMode": MODE, "sources": sources})
}

/// A folder a Secret: keys of two Secrets may have one name.
fn files((secret, keys): (&str, BTreeSet<&str>)) -> Value {
    let item = |key: &str| json!({"key": key, "path": format!("{secret}/{key}")});
    let items: Vec<Value> = keys.into_iter().map(item).collect();
    json!({"secret": {"name": secret, "items": items}})
}
