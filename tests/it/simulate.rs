//! `tidegate simulate`: a rollout against what was recorded.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::prometheus::{Exporter, Prometheus};

const ROOT: &str = r#"
kind: Fleet
metadata: {name: harbour}
spec:
  edition: 2026-11
  clusters: [{name: east}]
  metrics:
    rejectRatio:
      prometheus: {address: "http://127.0.0.1:9", query: up, samples: up}
    ackLatency:
      prometheus: {address: "http://127.0.0.1:9", query: "up{track='{{track}}'}"}
    depth:
      http: {url: "http://127.0.0.1:9", path: $.depth}
"#;

const TERN: &str = "\
kind: Strategy
spec:
  class: service
  image: registry.example.com/rates/tern@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  ports: [{name: http, port: 8080}]
  replicas: 4
  rollout:
    onFailure: halt
    canary:
    - {weight: 20%, for: 10m, gates: [{metric: rejectRatio, max: 1%, minSamples: 50}]}
    - {weight: 50%, gates: [{compare: ackLatency, within: 20%, worse: higher}, {pause: {}}]}
    watch: {for: 30m, gates: [{metric: rejectRatio, max: 1%, minSamples: 50, consecutiveSuccessLimit: 60}]}
";

const SKUA: &str = "\
kind: Strategy
spec:
  class: service
  image: registry.example.com/rates/skua@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
  ports: [{name: http, port: 8080}]
  rollout:
    blueGreen: {gates: [{metric: depth, min: 10, minSamples: 1}]}
";

fn fleet() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (path, text) in [
        ("tidegate.yaml", ROOT),
        (
            "desks/rates/desk.yaml",
            "kind: Desk\nspec: {email: rates@example.com}\n",
        ),
        ("desks/rates/tern.yaml", TERN),
        ("desks/rates/skua.yaml", SKUA),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// Runs `simulate` to its exit code, data and words.
fn simulate(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .arg("simulate")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("tidegate starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("it exits");
    (code, text(output.stdout), text(output.stderr))
}

/// Two hours of a Monday, a row a minute, in which orders are rejected from some minute on and the
/// candidate answers so much later.
fn recording(bad_from: usize, slower: f64) -> String {
    let start: Timestamp = "2026-11-02T14:30:00Z".parse().expect("an instant");
    let mut text = String::from("time,metric,track,value,samples\n");
    for minute in 0..120_u32 {
        let at = start + SignedDuration::from_mins(i64::from(minute));
        let is_bad = usize::try_from(minute).expect("it is small") >= bad_from;
        let reject = if is_bad { 0.03 } else { 0.004 };
        writeln!(text, "{at},rejectRatio,candidate,{reject},120").expect("it is a text");
        let wobble = f64::from(minute * 7919 % 13) / 20_000.0;
        for (track, factor) in [("stable", 1.0), ("candidate", slower)] {
            let value = 0.01f64.mul_add(factor, wobble);
            writeln!(text, "{at},ackLatency,{track},{value},").expect("it is a text");
        }
    }
    text
}

fn of(folder: &TempDir, recording: &str, more: &[&str]) -> (i32, String, String) {
    fs::write(folder.path().join("fills.csv"), recording).expect("a file");
    let arguments = [&["tern", "--data", "fills.csv"], more].concat();
    simulate(folder.path(), &arguments)
}

/// What a file of this folder says is expected.
fn expected(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    fs::read_to_string(path.join(name)).expect("a file of expected text")
}

#[test]
fn a_good_recording_comes_to_its_end() {
    let folder = fleet();
    let (code, text, words) = of(&folder, &recording(1000, 1.0), &[]);
    assert_eq!((code, words.as_str()), (0, ""), "{text}");
    assert_eq!(text, expected("simulate/promoted.txt"));
}

#[test]
fn a_gate_that_fails_stops_it_when_it_would_have() {
    let folder = fleet();
    let (code, text, _) = of(&folder, &recording(45, 1.0), &[]);
    assert_eq!(code, 1, "{text}");
    assert_eq!(text, expected("simulate/stopped.txt"));
}

#[test]
fn a_program_is_told_which_gate_and_when() {
    let folder = fleet();
    let (code, text, _) = of(&folder, &recording(1000, 1.6), &["--output", "json"]);
    assert_eq!(code, 1, "{text}");
    let replay: Value = serde_json::from_str(&text).expect("JSON");
    for (pointer, value) in [
        ("/outcome/verdict", json!("stopped")),
        ("/outcome/then", json!("halt")),
        ("/stages/0/until", json!("2026-11-02T14:40:00Z")),
        ("/stages/1/until", Value::Null),
        ("/stages/1/gates/0/kind", json!("compare")),
        ("/stages/1/gates/0/verdict", json!("fail")),
        ("/missing", json!([])),
    ] {
        assert_eq!(replay.pointer(pointer), Some(&value), "{pointer} of {text}");
    }
    let why = replay["outcome"]["why"].as_str().expect("a text");
    assert!(why.contains("surely beyond"), "{why}");
}

#[test]
fn a_recording_that_ends_too_early_decides_nothing() {
    let folder = fleet();
    let recording = recording(1000, 1.0);
    let early: Vec<&str> = recording.lines().take(40).collect();
    let (code, text, _) = of(&folder, &early.join("\n"), &[]);
    assert_eq!(code, 5, "{text}");
    assert!(
        text.contains("undecided when the recording ends, 2026-11-02T14:42:00Z"),
        "{text}"
    );
}

#[test]
fn what_is_not_recorded_is_told_and_waits() {
    let folder = fleet();
    let all = recording(1000, 1.0);
    let less: Vec<&str> = all
        .lines()
        .filter(|it| !it.contains("ackLatency"))
        .collect();
    let (code, text, _) = of(&folder, &less.join("\n"), &[]);
    assert_eq!(code, 5, "{text}");
    assert!(
        text.contains("missing   nothing is recorded of `ackLatency`"),
        "{text}"
    );
}

#[test]
fn bad_rows_are_told_by_line_with_what_to_do() {
    let folder = fleet();
    let rows = "time,metric,track,value,samples\n\
                noon,rejectRatio,candidate,1,1\n\
                2026-11-02T14:30:00Z,rejectRatio,main,1,1\n\
                2026-11-02T14:30:00Z,rejectRatio,candidate,much,1\n\
                2026-11-02T14:30:00Z,rejectRatio\n";
    let (code, text, words) = of(&folder, rows, &[]);
    assert_eq!((code, text.as_str()), (2, ""));
    assert_eq!(words, expected("simulate/bad-rows.txt"));
}

#[test]
fn what_prometheus_has_recorded_is_a_recording_too() {
    let exporter = Exporter::start();
    exporter.say("rejects{track=\"main\"} 0.5\n");
    let from = Timestamp::now();
    let server = Prometheus::start(&exporter);
    server.wait_for("rejects");
    let to = Timestamp::now();
    let folder = fleet();
    let tern = "\
kind: Strategy
spec:
  class: service
  image: registry.example.com/rates/tern@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  ports: [{name: http, port: 8080}]
  rollout:
    blueGreen: {gates: [{metric: rejects, max: 1%, minSamples: 1, interval: 1s}]}
";
    let root = format!(
        "{ROOT}    rejects:\n      prometheus: {{address: \"http://127.0.0.1:9\", query: 'rejects{{track=\"{{{{track}}}}\"}}'}}\n"
    );
    fs::write(folder.path().join("tidegate.yaml"), root).expect("a file");
    fs::write(folder.path().join("desks/rates/tern.yaml"), tern).expect("a file");
    let (from, to) = (
        from.to_string(),
        (to + SignedDuration::from_secs(5)).to_string(),
    );
    let address = server.address();
    let past = [
        "tern",
        "--prometheus",
        &address,
        "--from",
        &from,
        "--to",
        &to,
    ];
    let (code, text, words) = simulate(folder.path(), &past);
    assert_eq!(code, 1, "{text}{words}");
    assert!(
        text.contains("`rejects` is 0.5, at most 1% allowed"),
        "{text}"
    );
    let elsewhere = [&past[..], &["--candidate-track", "other"]].concat();
    let (code, text, words) = simulate(folder.path(), &elsewhere);
    assert_eq!((code, text.as_str()), (2, ""));
    assert!(
        words.contains("`rejects` of the candidate has no value"),
        "{words}"
    );
}

/// A server that nobody runs, and how a stretch of its past is asked for.
fn past(strategy: &'static str, to: &'static str) -> [&'static str; 7] {
    let server = "http://127.0.0.1:9";
    let from = "2026-11-02T14:30Z";
    [strategy, "--prometheus", server, "--from", from, "--to", to]
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = fleet();
    fs::write(folder.path().join("empty.csv"), "").expect("a file");
    let server = "http://127.0.0.1:9";
    for (arguments, code, expect) in [
        (&["turn", "--data", "empty.csv"][..], 2, "mean `tern`?"),
        (
            &["tern", "--data", "empty.csv"],
            2,
            "there is nothing in it",
        ),
        (
            &["tern", "--data", "none.csv"],
            3,
            "failed to read `none.csv`",
        ),
        (&["tern"], 2, "--data <FILE>|--prometheus <URL>"),
        (&["tern", "--prometheus", server], 2, "--from <INSTANT>"),
        (
            &past("tern", "2026-11-02T14:30Z"),
            2,
            "--to is not after --from",
        ),
        (
            &past("skua", "2026-11-02T15:30Z"),
            2,
            "`depth` is no `prometheus` metric",
        ),
        (
            &past("tern", "2026-11-02T15:30Z"),
            3,
            "failed to read the past of `rejectRatio`",
        ),
    ] {
        let (is, text, words) = simulate(folder.path(), arguments);
        assert_eq!((is, text.as_str()), (code, ""), "{arguments:?}: {words}");
        assert!(words.contains(expect), "{words}");
    }
}
