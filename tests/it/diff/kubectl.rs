//! What `kubectl diff` says, read from the two files that it writes an object.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tidegate::diff::{Change, Step};
use tidegate::object::{Object, ObjectId, mark};

use super::desk::Desk;

/// The places that `kubectl diff --server-side` finds differing, object by object: down to a field
/// that differs, or to the first list on the way to it.
pub(super) fn differing(desk: &Desk) -> BTreeMap<ObjectId, BTreeSet<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let (live, merged) = diff(desk, folder.path());
    let files: BTreeSet<&String> = live.keys().chain(merged.keys()).collect();
    let mut found = BTreeMap::new();
    for file in files {
        let (before, after) = (live.get(file), merged.get(file));
        let either = after.or(before).expect("one of them has it");
        let id = Object::new(either.clone()).expect("an object").id();
        let mut places = BTreeSet::new();
        compare(
            before.unwrap_or(&Value::Null),
            after.unwrap_or(&Value::Null),
            &mut Vec::new(),
            &mut places,
        );
        if !places.is_empty() {
            found.insert(id, places);
        }
    }
    found
}

/// A change's place in the same terms.
pub(super) fn place_of(change: &Change) -> String {
    let fields = change.path.steps().iter().map_while(|step| match step {
        Step::Field(name) => Some(name.as_str()),
        Step::Key(_) | Step::Member(_) | Step::Index(_) => None,
    });
    fields.collect::<Vec<_>>().join("\n")
}

type Files = BTreeMap<String, Value>;

/// Runs `kubectl diff` with a differ that keeps both folders.
fn diff(desk: &Desk, folder: &Path) -> (Files, Files) {
    let keep = folder.join("keep.sh");
    let script = format!(
        "#!/bin/sh\ncp -r \"$1\" {0}/live; cp -r \"$2\" {0}/merged\n",
        folder.display()
    );
    fs::write(&keep, script).expect("the differ");
    fs::set_permissions(&keep, fs::Permissions::from_mode(0o755)).expect("the differ");
    let manager = format!("--field-manager={}", mark::MANAGER);
    let args = [
        "diff",
        "--server-side",
        "--force-conflicts",
        &manager,
        "-f",
        "-",
    ];
    let mut kubectl = desk
        .cluster
        .kubectl(args)
        .env("KUBECTL_EXTERNAL_DIFF", &keep)
        .stdin(Stdio::piped())
        .spawn()
        .expect("kubectl");
    let items: Vec<&Value> = desk.objects().map(Object::value).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let mut stdin = kubectl.stdin.take().expect("a pipe");
    stdin
        .write_all(list.to_string().as_bytes())
        .expect("kubectl reads");
    drop(stdin);
    assert!(kubectl.wait().expect("kubectl").success(), "kubectl diff");
    (read(&folder.join("live")), read(&folder.join("merged")))
}

fn read(folder: &Path) -> Files {
    let entries = fs::read_dir(folder).expect("kubectl called the differ");
    entries
        .map(|entry| {
            let path = entry.expect("a file").path();
            let text = fs::read_to_string(&path).expect("a file");
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (
                name,
                serde_yaml::from_str(&text).expect("kubectl writes YAML"),
            )
        })
        .collect()
}

fn compare(before: &Value, after: &Value, at: &mut Vec<String>, places: &mut BTreeSet<String>) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        if before != after {
            places.insert(at.join("\n"));
        }
        return;
    };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        at.push(name.clone());
        let place = at.join("\n");
        // kubectl shows the generation, which an apply turns and nobody writes.
        if place != "metadata\ngeneration" && place != "status" {
            match (old.get(name), new.get(name)) {
                (Some(before), Some(after)) => compare(before, after, at, places),
                _ => {
                    places.insert(place);
                }
            }
        }
        at.pop();
    }
}
