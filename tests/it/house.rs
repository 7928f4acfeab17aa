//! The house rules that no lint knows: the wall between core and shell, files that nobody compiles,
//! files that say more than one thing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CORE: [&str; 28] = [
    "admission",
    "approval",
    "build",
    "calendar",
    "compile",
    "definition",
    "diagnostic",
    "diff",
    "digest",
    "error",
    "forecast",
    "halt",
    "intent",
    "ledger",
    "object",
    "overrides",
    "people",
    "plan",
    "preview",
    "release",
    "replay",
    "report",
    "resolve",
    "rollout",
    "signature",
    "source",
    "spec",
    "yaml",
];
const SHELL: [&str; 10] = [
    "cli", "cluster", "cmd", "daemon", "forge", "git", "measure", "notify", "outbound", "web",
];

/// The room that others send their requests with.
const GROUND: &str = "outbound";

/// The rooms that wire the others.
const WIRING: [&str; 2] = ["cmd", "daemon"];

/// Longer files say more than one thing.
const LINES: usize = 600;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The room that a source file is in.
fn room(file: &Path) -> String {
    let inside = file.strip_prefix(root().join("src")).unwrap();
    let first = inside.iter().next().unwrap().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The part of a file that is compiled into the product, without comments.
fn product(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn is_test(file: &Path) -> bool {
    let name = file.file_stem().unwrap().to_str().unwrap();
    matches!(name, "tests" | "fixture" | "world")
        || file.iter().any(|part| part == "tests" || part == "world")
}

#[test]
fn every_room_is_core_or_shell() {
    let rooms: BTreeSet<String> = files(&root().join("src"))
        .iter()
        .map(|file| room(file))
        .collect();
    let known: BTreeSet<String> = CORE
        .iter()
        .chain(&SHELL)
        .chain(&["lib", "main"])
        .map(|room| (*room).to_owned())
        .collect();
    assert_eq!(rooms, known);
}

#[test]
fn core_rooms_are_synchronous_and_know_no_shell() {
    for file in files(&root().join("src")) {
        if !CORE.contains(&room(&file).as_str()) || is_test(&file) {
            continue;
        }
        let code = product(&fs::read_to_string(&file).unwrap());
        let shell = SHELL.iter().map(|room| format!("crate::{room}"));
        for word in shell.chain([
            "async fn".to_owned(),
            ".await".to_owned(),
            "tokio::".to_owned(),
        ]) {
            let found = code.match_indices(&word).any(|(at, _)| {
                let next = code[at + word.len()..].chars().next().unwrap_or(' ');
                !next.is_alphanumeric() && next != '_'
            });
            assert!(!found, "{} names `{word}`", file.display());
        }
    }
}

#[test]
fn core_rooms_deny_what_the_shell_may() {
    for room in CORE {
        let text = fs::read_to_string(root().join(format!("src/{room}.rs"))).unwrap();
        let denied = "#![deny(clippy::disallowed_methods, clippy::disallowed_types)]";
        assert!(
            text.contains(denied),
            "src/{room}.rs does not deny what `clippy.toml` lists"
        );
    }
}

#[test]
fn shell_rooms_do_not_use_each_other() {
    for file in files(&root().join("src")) {
        let own = room(&file);
        if !SHELL.contains(&own.as_str()) || WIRING.contains(&own.as_str()) || is_test(&file) {
            continue;
        }
        let code = product(&fs::read_to_string(&file).unwrap());
        let others = SHELL.iter().filter(|other| **other != GROUND);
        for other in others.filter(|other| **other != own) {
            assert!(
                !code.contains(&format!("crate::{other}::")),
                "{} uses the room `{other}`",
                file.display()
            );
        }
    }
}

#[test]
fn every_file_is_compiled() {
    for folder in ["src", "tests/it", "tests/sim", "benches/fleet"] {
        for file in files(&root().join(folder)) {
            let name = file.file_stem().unwrap().to_str().unwrap();
            if matches!(name, "lib" | "main") {
                continue;
            }
            let parent = file.parent().unwrap();
            let beside = ["lib.rs", "main.rs"].map(|root| parent.join(root));
            let above = parent.with_extension("rs");
            let declared = beside
                .iter()
                .chain([&above])
                .filter_map(|file| fs::read_to_string(file).ok());
            let wanted = format!("mod {name};");
            let found = declared
                .into_iter()
                .any(|text| text.lines().any(|line| line.trim_end().ends_with(&wanted)));
            assert!(found, "no `{wanted}` declares {}", file.display());
        }
    }
}

#[test]
fn files_say_one_thing() {
    for file in files(&root().join("src")) {
        let relative = file.strip_prefix(root()).unwrap().display().to_string();
        if is_test(&file) {
            continue;
        }
        let lines = product(&fs::read_to_string(&file).unwrap()).lines().count();
        assert!(lines <= LINES, "{relative} has {lines} lines");
    }
}
