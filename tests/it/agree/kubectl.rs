//! What `kubectl diff` says of what `render` prints, read from the two files that it writes an
//! object.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use super::fleet::Fleet;
use super::places::{self, CREATED, Differing};

/// What it says.
pub(super) struct Said {
    /// Every object that it looked at.
    pub(super) seen: BTreeSet<String>,
    /// Those that differ.
    pub(super) differing: Differing,
}

/// Pipes `tidegate render` into `kubectl diff`.
pub(super) fn diff(fleet: &Fleet) -> Said {
    let folder = tempfile::tempdir().expect("a folder");
    run(fleet, folder.path());
    let live = read(&folder.path().join("live"));
    let merged = read(&folder.path().join("merged"));
    let mut differing = Differing::new();
    for (id, after) in &merged {
        let places = match live.get(id) {
            Some(before) => places::between(before, after),
            None => [CREATED.to_owned()].into(),
        };
        if !places.is_empty() {
            differing.insert(id.clone(), places);
        }
    }
    let seen = merged.into_keys().collect();
    Said { seen, differing }
}

/// The differ that it calls keeps both folders.
fn run(fleet: &Fleet, folder: &Path) {
    let keep = folder.join("keep.sh");
    let script = format!(
        "#!/bin/sh\ncp -r \"$1\" {0}/live; cp -r \"$2\" {0}/merged\n",
        folder.display()
    );
    fs::write(&keep, script).expect("the differ");
    fs::set_permissions(&keep, fs::Permissions::from_mode(0o755)).expect("the differ");
    let rendered = fleet.tidegate(&["render"]);
    assert_eq!(rendered.code, 0, "{}", rendered.stderr);
    let args = [
        "diff",
        "--server-side",
        "--force-conflicts",
        "--field-manager=tidegate",
        "-f",
        "-",
    ];
    let mut kubectl = fleet.cluster.kubectl(args);
    kubectl
        .env("KUBECTL_EXTERNAL_DIFF", &keep)
        .stdin(Stdio::piped());
    let mut kubectl = kubectl.spawn().expect("kubectl");
    let mut stdin = kubectl.stdin.take().expect("a pipe");
    stdin
        .write_all(rendered.stdout.as_bytes())
        .expect("kubectl reads");
    drop(stdin);
    assert!(kubectl.wait().expect("kubectl").success(), "kubectl diff");
}

/// The objects of a folder; the file of one that is not there is empty.
fn read(folder: &Path) -> BTreeMap<String, Value> {
    let entries = fs::read_dir(folder).expect("kubectl called the differ");
    let texts = entries.map(|entry| {
        let path = entry.expect("a file").path();
        fs::read_to_string(path).expect("a file")
    });
    let objects = texts.filter(|text| !text.is_empty()).map(|text| {
        let object: Value = serde_yaml::from_str(&text).expect("kubectl writes YAML");
        (places::id_of(&object), object)
    });
    objects.collect()
}
