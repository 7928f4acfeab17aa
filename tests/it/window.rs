//! `tidegate window explain`, as a person and as a program reads it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

const FILES: [(&str, &str); 4] = [
    (
        "tidegate.yaml",
        "kind: Fleet\nmetadata: {name: harbour}\nspec:\n  edition: 2026-11\n  clusters: [{name: east}]\n",
    ),
    (
        "desks/rates/desk.yaml",
        "kind: Desk\nspec: {email: rates@example.com}\n",
    ),
    (
        "desks/rates/tern.yaml",
        "\
kind: Strategy
spec:
  class: service
  image: registry.example.com/rates/tern@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  rollout:
    window: closed(XNYS) && until_open(XNYS) >= 30m && !maintenance(crypto:kraken)
    mustFinishWithin: 20m
",
    ),
    (
        "calendars/own.yaml",
        "\
kind: Calendar
metadata: {name: XNYS}
spec:
  source: notice of a day of mourning
  generatedAt: 2026-11-20
  holidays: [2026-11-30]
---
kind: Calendar
metadata: {name: 'crypto:kraken'}
spec:
  source: status page
  maintenance:
    once:
    - {from: 2026-12-01T02:00:00Z, to: 2026-12-01T03:00:00Z}
",
    ),
];

fn fleet() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (path, text) in FILES {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// Runs `window explain` to its exit code, data and words.
fn explain(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .args(["window", "explain"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("tidegate starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("it exits");
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn a_window_is_explained_to_a_person() {
    let folder = fleet();
    let (code, text, words) = explain(folder.path(), &["tern", "--at", "2026-11-27T17:50Z"]);
    assert_eq!((code, words.as_str()), (0, ""));
    let table = text
        .lines()
        .find(|line| line.contains("exchange_calendars"));
    let table = table.expect("the table's source");
    let expected = format!(
        "\
tern: the window is closed at 2026-11-27T17:50:00Z

  window  closed(XNYS) && until_open(XNYS) >= 30m && !maintenance(crypto:kraken)
  within  20m, from the beginning of a change to its end
  why     XNYS is in its regular session until 2026-11-27T18:00:00Z (Fri 13:00 America/New_York)
  until   2026-11-27T18:00:00Z

A change may begin
  from 2026-11-27T18:00:00Z until 2026-12-01T01:40:00Z, 3d 7h
  from 2026-12-01T03:00:00Z until 2026-12-01T13:40:00Z, 10h 40m
  from 2026-12-01T21:00:00Z until 2026-12-02T13:40:00Z, 16h 40m

Calendars
  XNYS, America/New_York: knows 2026-01-01 to 2028-12-31
{table}
    calendars/own.yaml: notice of a day of mourning, taken 2026-11-20
  crypto:kraken, Etc/UTC: knows 2000-01-01 to 2099-12-31
    no sessions; upkeep is announced each time
    calendars/own.yaml: status page
"
    );
    assert_eq!(text, expected);
}

#[test]
fn a_window_is_explained_to_a_program() {
    let folder = fleet();
    let at = ["tern", "--at", "2026-12-01T02:30Z", "--output", "json"];
    let (code, text, _) = explain(folder.path(), &at);
    assert_eq!(code, 0);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    for (pointer, value) in [
        ("/strategy", json!("tern")),
        ("/at", json!("2026-12-01T02:30:00Z")),
        ("/verdict", json!("closed")),
        ("/mustFinishWithin", json!("20m")),
        (
            "/why",
            json!(["crypto:kraken is being maintained until 2026-12-01T03:00:00Z"]),
        ),
        ("/until", json!("2026-12-01T03:00:00Z")),
        ("/openings/0/from", json!("2026-12-01T03:00:00Z")),
        ("/openings/0/until", json!("2026-12-01T13:40:00Z")),
        ("/calendars/0/name", json!("XNYS")),
        ("/calendars/0/validTo", json!("2028-12-31")),
        ("/calendars/0/sources/1/file", json!("calendars/own.yaml")),
        ("/calendars/1/sources/1/source", json!("status page")),
    ] {
        assert_eq!(answer.pointer(pointer), Some(&value), "{pointer}");
    }
}

#[test]
fn who_has_no_window_or_is_nobody_is_told_so() {
    let folder = fleet();
    let tern = folder.path().join("desks/rates/tern.yaml");
    let text = fs::read_to_string(&tern).expect("a file");
    let (without, _) = text.split_once("  rollout").expect("it has one");
    fs::write(&tern, without).expect("a file");
    let (code, text, _) = explain(folder.path(), &["tern"]);
    let none = "tern: no window, so a change may begin at any time\n";
    assert_eq!((code, text.as_str()), (0, none));
    let (code, text, words) = explain(folder.path(), &["turn"]);
    assert_eq!((code, text.as_str()), (2, ""));
    assert!(words.contains("did you mean `tern`?"), "{words}");
    let (code, _, words) = explain(folder.path(), &["tern", "--at", "yesterday"]);
    assert_eq!(code, 2, "{words}");
}

#[test]
fn when_it_runs_is_explained_beside_when_it_may_change() {
    let folder = fleet();
    let path = folder.path().join("desks/rates/tern.yaml");
    let class = |class: &str, run: &str| {
        let image = "registry.example.com/rates/tern@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        let text =
            format!("kind: Strategy\nspec:\n  class: {class}\n  image: {image}\n  run: {run}\n");
        fs::write(&path, text).expect("a file");
    };
    class(
        "job",
        "{after: close(XNYS)+30m, finishBefore: open(XNYS)-60m}",
    );
    let (code, text, _) = explain(folder.path(), &["tern", "--at", "2026-11-25T12:00Z"]);
    let expected = "\
tern: no window, so a change may begin at any time

tern: it runs after close(XNYS)+30m, finished before open(XNYS)-60m

Its next runs are due
  at 2026-11-25T21:30:00Z, done by 2026-11-27T13:30:00Z
  at 2026-11-27T18:30:00Z, done by 2026-12-01T13:30:00Z
  at 2026-12-01T21:30:00Z, done by 2026-12-02T13:30:00Z
";
    assert_eq!((code, text.as_str()), (0, expected));
    class("gateway", "open(XNYS)");
    let at = ["tern", "--at", "2026-11-25T12:00Z", "--output", "json"];
    let (code, text, _) = explain(folder.path(), &at);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(code, 0);
    for (pointer, value) in [
        ("/verdict", json!("open")),
        ("/run/verdict", json!("closed")),
        ("/run/window", json!("open(XNYS)")),
        ("/run/until", json!("2026-11-25T14:30:00Z")),
    ] {
        assert_eq!(answer.pointer(pointer), Some(&value), "{pointer}");
    }
}
