//! A small valid fleet, what may be done to it, and `tidegate` run on the result.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::gitserver::git;

/// The fleet `harbour`: the desk `rates` with the algo `tern` and the service `gull`.
pub(super) const FLEET: [(&str, &str); 6] = [
    (
        "tidegate.yaml",
        "\
kind: Fleet
metadata: {name: harbour}
spec:
  edition: 2026-11
  clusters: [{name: east, region: ap-northeast-1}]
",
    ),
    (
        "desks/rates/desk.yaml",
        "\
kind: Desk
spec: {email: rates@example.com}
",
    ),
    (
        "accounts/binance-one.yaml",
        "\
kind: Account
spec:
  venue: crypto:binance
  currency: USDT
  exclusive: account
  desks: [rates]
",
    ),
    (
        "desks/rates/tern.yaml",
        "\
kind: Strategy
spec:
  class: algo
  mode: paper
  image: registry.example.com/rates/tern@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  command: [/tern]
  config:
  - {path: /etc/tern/tern.toml, from: tern/tern.toml}
  account: binance-one
",
    ),
    ("desks/rates/tern/tern.toml", "depth = 5\n"),
    (
        "desks/rates/gull.yaml",
        "\
kind: Strategy
spec:
  class: service
  image: registry.example.com/rates/gull@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
  replicas: 2
  ports: [{name: http, port: 8080}]
",
    ),
];

/// What is done to a fleet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// Replaces the first occurrence of a text in a file.
    Edit(&'static str, &'static str, &'static str),
    /// Writes a file.
    Write(&'static str, &'static str),
    /// Writes a file of bytes.
    Bytes(&'static str, &'static [u8]),
    /// Adds a comment of this many bytes to the end of a file.
    Swell(&'static str, usize),
    /// Puts lists of lists of aliases, ten to the eighth values, before what is in a file.
    Bomb(&'static str),
    /// Puts a symbolic link at a path.
    Link(&'static str, &'static str),
    /// Puts a submodule at a path, in a repository that the fleet is then in.
    Submodule(&'static str),
    /// Removes a file or folder.
    Remove(&'static str),
}

/// Writes the fleet, with changes, into a new folder.
pub(super) fn folder(changes: &[Change]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in FLEET {
        write(&folder.path().join(path), text.as_bytes());
    }
    for change in changes {
        change.make(folder.path());
    }
    folder
}

/// Writes a file, its folder too.
pub(super) fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

impl Change {
    fn make(self, folder: &Path) {
        match self {
            Self::Edit(path, from, to) => {
                let path = folder.join(path);
                let text = fs::read_to_string(&path).expect("the file is text");
                assert!(text.contains(from), "`{from}` is not in the file");
                write(&path, text.replacen(from, to, 1).as_bytes());
            }
            Self::Write(path, text) => write(&folder.join(path), text.as_bytes()),
            Self::Bytes(path, bytes) => write(&folder.join(path), bytes),
            Self::Swell(path, size) => {
                let path = folder.join(path);
                let mut bytes = fs::read(&path).expect("the file is there");
                bytes.push(b'#');
                bytes.resize(bytes.len() + size, b'x');
                write(&path, &bytes);
            }
            Self::Bomb(path) => {
                let path = folder.join(path);
                let rest = fs::read_to_string(&path).unwrap_or_default();
                write(&path, (bomb() + &rest).as_bytes());
            }
            Self::Link(path, target) => {
                let path = folder.join(path);
                remove(&path);
                std::os::unix::fs::symlink(target, path).expect("a link");
            }
            Self::Submodule(path) => submodule(folder, path),
            Self::Remove(path) => remove(&folder.join(path)),
        }
    }
}

fn bomb() -> String {
    let mut text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (before, here) in ('a'..'i').zip('b'..='i') {
        let aliases = vec![format!("*{before}"); 10].join(", ");
        text.extend([format!("{here}: &{here} [{aliases}]\n")]);
    }
    text
}

fn submodule(folder: &Path, path: &str) {
    const COMMIT: &str = "1111111111111111111111111111111111111111";
    remove(&folder.join(path));
    git(folder, &["init", "--quiet", "--initial-branch=main"]);
    git(folder, &["add", "--all"]);
    let entry = format!("160000,{COMMIT},{path}");
    git(folder, &["update-index", "--add", "--cacheinfo", &entry]);
    fs::create_dir_all(folder.join(path)).expect("a folder");
}

fn remove(path: &Path) {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path).expect("the folder goes"),
        Ok(_) => fs::remove_file(path).expect("the file goes"),
        Err(_) => {}
    }
}

/// `tidegate`, apart from the machine's settings.
pub(super) fn tidegate(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command.args(args);
    for name in ["KUBECONFIG", "TIDEGATE_LOG", "TIDEGATE_COLOUR", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.env("HOME", "/nonexistent");
    command
}

/// A command's exit code, and what it said on stdout and stderr.
pub(super) fn run(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("tidegate is built");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("tidegate speaks UTF-8");
    (
        status.code().expect("tidegate was not killed"),
        text(stdout),
        text(stderr),
    )
}

/// The strategies whose objects are among rendered documents.
pub(super) fn rendered(documents: &str) -> BTreeSet<String> {
    documents
        .lines()
        .filter_map(|line| line.trim().strip_prefix("tidegate.dev/strategy: "))
        .map(str::to_owned)
        .collect()
}
