//! Bad input that `check` and `render` meet, without a cluster and without a host.

mod files;
mod meaning;
mod names;
mod windows;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tidegate::diagnostic::catalog;
use tidegate::resolve;

use super::fleet::{Change, folder, rendered, run, tidegate};

/// One way to spoil the fleet, and all that comes of it.
struct Case {
    /// What is wrong.
    name: &'static str,
    /// How the fleet is spoilt.
    changes: &'static [Change],
    /// Every finding: `file:line:column severity[code] message | help`.
    says: &'static [&'static str],
    /// The strategies that go on.
    renders: &'static [&'static str],
    /// How `check` and `render` end.
    exit: i32,
}

const NONE: &[&str] = &[];
const TERN: &[&str] = &["tern"];
const GULL: &[&str] = &["gull"];
const BOTH: &[&str] = &["gull", "tern"];

/// Holds every case against its row, and tells all that differ.
fn check(cases: &[Case]) {
    let wrong: Vec<String> = cases.iter().flat_map(deviations).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn deviations(case: &Case) -> Vec<String> {
    let folder = folder(case.changes);
    let mut wrong = Vec::new();
    let mut expect = |what: &str, found: &dyn std::fmt::Debug, wanted: &dyn std::fmt::Debug| {
        let (found, wanted) = (format!("{found:#?}"), format!("{wanted:#?}"));
        if found != wanted {
            let name = case.name;
            wrong.push(format!("{name}, {what}: {found}\ninstead of {wanted}"));
        }
    };
    let (exit, findings) = checked(folder.path());
    expect("the findings", &findings, &case.says);
    expect("the exit code of check", &exit, &case.exit);
    let dir = folder.path().to_str().expect("temporary paths are UTF-8");
    let (exit, documents, _) = run(&mut tidegate(&["render", dir]));
    let wanted: BTreeSet<&str> = case.renders.iter().copied().collect();
    expect("what goes on", &rendered(&documents), &wanted);
    expect("the exit code of render", &exit, &case.exit);
    expect("what is pruned", &prunable(folder.path()), &NONE);
    wrong
}

/// How `check --output json` ends, and its findings, each in one line.
fn checked(folder: &Path) -> (i32, Vec<String>) {
    let dir = folder.to_str().expect("temporary paths are UTF-8");
    let (exit, json, stderr) = run(&mut tidegate(&["check", dir, "--output", "json"]));
    assert_eq!(stderr, "", "words where a program listens");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let findings = json["findings"].as_array().expect("findings").iter();
    (exit, findings.map(line).collect())
}

fn line(finding: &Value) -> String {
    let text = |key: &str| finding[key].as_str().unwrap_or_default();
    let code = text("code");
    assert!(catalog::find(code).is_some(), "`{code}` is not explained");
    assert_eq!(text("docs"), format!("docs/findings.md#{code}"));
    format!(
        "{}:{}:{} {}[{code}] {} | {}",
        text("file"),
        finding["line"],
        finding["column"],
        text("severity"),
        text("message"),
        text("help")
    )
}

/// The strategies of the fleet that a daemon would take for deleted.
fn prunable(folder: &Path) -> Vec<&'static str> {
    let sources = tidegate::git::worktree::read(folder).expect("the folder is there");
    let outcome = resolve::fleet(&sources, None);
    if outcome.unreadable {
        return Vec::new();
    }
    let fleet = outcome.fleet.expect("a readable fleet is known");
    let is_known = |name: &str| {
        let name = name.parse().expect("a name");
        fleet.strategies.contains_key(&name) || fleet.broken.contains_key(&name)
    };
    BOTH.iter()
        .copied()
        .filter(|name| !is_known(name))
        .collect()
}

#[test]
fn the_fleet_itself_is_valid() {
    check(&[Case {
        name: "nothing",
        changes: &[],
        says: NONE,
        renders: BOTH,
        exit: 0,
    }]);
}

/// `check` for a person: the line itself, a caret, what to do.
#[track_caller]
fn reads(changes: &[Change], text: &str) {
    let folder = folder(changes);
    let dir = folder.path().to_str().expect("temporary paths are UTF-8");
    let (exit, stdout, _) = run(&mut tidegate(&["check", dir]));
    assert_eq!(exit, 1);
    assert_eq!(stdout, text);
}

#[test]
fn a_typo_is_shown_where_it_is() {
    reads(
        &[Change::Edit("desks/rates/tern.yaml", "command", "comand")],
        "\
error[unknown-field]: unknown field `comand` in `spec`
 --> desks/rates/tern.yaml:6:3
  |
6 |   comand: [/tern]
  |   ^^^^^^
  |
  = help: did you mean `command`?

1 error
",
    );
}

#[test]
fn a_clash_shows_both_places() {
    reads(&[Change::Write("desks/rates/skua.yaml", meaning::SKUA)], "\
error[holding-conflict]: `skua` and `tern` both hold `binance-one`: two traders on one account see each other's orders
 --> desks/rates/tern.yaml:1:7
  |
1 | kind: Strategy
  |       ^^^^^^^^
  |
 ::: desks/rates/skua.yaml:1:7
  |
1 | kind: Strategy
  |       -------- the other holder
  |
  = help: give one of them another account or other `limits.instruments`, or run it in mode `shadow`

1 error
");
}

#[test]
fn an_empty_folder_is_told_by_what_it_lacks() {
    reads(
        &[
            Change::Remove("tidegate.yaml"),
            Change::Remove("desks"),
            Change::Remove("accounts"),
        ],
        "\
error[no-fleet]: there is no `tidegate.yaml`
--> tidegate.yaml:1:1
 = help: run Tidegate in the root of the fleet, or add `tidegate.yaml` with `kind: Fleet`; until then nothing is pruned

1 error
",
    );
}
