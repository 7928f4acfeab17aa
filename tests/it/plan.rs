//! `tidegate plan`: what a person and a program read of the rollouts to come.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gitserver::Repo;

const ROOT: &str = r#"
kind: Fleet
metadata: {name: harbour}
spec:
  edition: 2026-11
  clusters: [{name: east}]
  metrics:
    rejectRatio:
      prometheus:
        address: http://prometheus.monitoring:9090
        query: sum(rate(rejected{track="{{track}}"}[5m])) / sum(rate(orders{track="{{track}}"}[5m]))
        samples: sum(increase(orders{track="{{track}}"}[5m]))
"#;

const DESK: &str = "kind: Desk\nspec: {email: rates@example.com}\n";

/// A service whose pods run an image with this digit in its digest.
fn tern(digit: char, most: u32) -> String {
    let digest: String = std::iter::repeat_n(digit, 64).collect();
    format!(
        "\
kind: Strategy
spec:
  class: service
  image: registry.example.com/rates/tern:1.{most}@sha256:{digest}
  ports: [{{name: http, port: 8080}}]
  replicas: 4
  rollout:
    window: closed(XNYS)
    canary:
    - {{weight: 20%, for: 10m, gates: [{{metric: rejectRatio, max: 1%, minSamples: 50}}]}}
    - {{weight: 50%, gates: [{{health: {{}}}}, {{pause: {{}}}}]}}
    watch: {{for: {{open: 2h, of: XNYS}}}}
"
    )
}

const SKUA: &str = "\
kind: Strategy
spec:
  class: service
  image: registry.example.com/rates/skua@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
  ports: [{name: http, port: 8080}]
  replicas: {min: 2, max: 6}
  scale: [{cpu: 70%}]
";

/// A fleet in a repository, whose work tree has another image for one strategy, and another ceiling
/// for the other.
struct Fleet {
    _bare: TempDir,
    repo: Repo,
}

fn changed() -> Fleet {
    let bare = TempDir::new().expect("a folder");
    let repo = Repo::init(&bare.path().join("fleet.git"));
    repo.write("tidegate.yaml", ROOT);
    repo.write("desks/rates/desk.yaml", DESK);
    repo.write("desks/rates/tern.yaml", tern('a', 1));
    repo.write("desks/rates/skua.yaml", SKUA);
    repo.commit("Start the fleet");
    repo.write("desks/rates/tern.yaml", tern('c', 2));
    repo.write("desks/rates/skua.yaml", SKUA.replace("max: 6", "max: 8"));
    Fleet { _bare: bare, repo }
}

/// Runs Tidegate to its exit code, data and words.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("tidegate starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("it exits");
    (code, text(output.stdout), text(output.stderr))
}

/// The digits of the track on which a strategy's candidate comes.
fn track(text: &str) -> &str {
    let (_, rest) = text
        .split_once("Deployment rates/tern-")
        .expect("a Deployment on a track");
    rest.get(..10).expect("ten digits")
}

/// What a file of this folder says is expected.
fn expected(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    fs::read_to_string(path.join(name)).expect("a file of expected text")
}

#[test]
fn a_person_reads_every_stage_and_when_it_can_be_left() {
    let fleet = changed();
    let arguments = [
        "plan",
        "--at",
        "2026-11-23T13:00Z",
        "--rate",
        "rejectRatio=175",
    ];
    let (code, text, words) = run(fleet.repo.clone_dir(), &arguments);
    assert_eq!((code, words.as_str()), (1, ""), "{text}");
    let text = text.replace(track(&text).to_owned().as_str(), "TRACK");
    assert_eq!(text, expected("plan/text.txt"));
}

#[test]
fn a_program_reads_the_same() {
    let fleet = changed();
    let arguments = [
        "plan",
        "--strategy",
        "tern",
        "--at",
        "2026-11-23T13:00Z",
        "--output",
        "json",
    ];
    let (code, text, _) = run(fleet.repo.clone_dir(), &arguments);
    assert_eq!(code, 1);
    let plan: Value = serde_json::from_str(&text).expect("JSON");
    for (pointer, value) in [
        ("/version", json!(1)),
        ("/units/0/name", json!("tern")),
        ("/units/0/change", json!("material")),
        ("/units/0/style", json!("canary")),
        ("/units/0/begins", json!("2026-11-23T13:00:00Z")),
        ("/units/0/ends", json!("2026-11-23T16:30:00Z")),
        ("/units/0/waitsForPerson", json!(["50%"])),
        ("/units/0/stages/0/pods", json!({"old": 4, "new": 1})),
        ("/units/0/stages/0/until", json!("2026-11-23T13:10:00Z")),
        (
            "/units/0/stages/0/gates/1/passes",
            json!("2026-11-23T13:01:00Z"),
        ),
        ("/units/0/stages/0/gates/1/sees/samples", json!(299)),
        ("/units/0/stages/1/gates/1/kind", json!("pause")),
        ("/units/0/stages/2/exposure", json!("full")),
        ("/units/1", Value::Null),
    ] {
        assert_eq!(
            plan.pointer(pointer).unwrap_or(&Value::Null),
            &value,
            "{pointer}"
        );
    }
}

#[test]
fn a_closed_window_moves_the_beginning() {
    let fleet = changed();
    let arguments = ["plan", "--at", "2026-11-23T15:00Z", "--output", "json"];
    let (_, text, _) = run(fleet.repo.clone_dir(), &arguments);
    let plan: Value = serde_json::from_str(&text).expect("JSON");
    let tern = &plan["units"][0];
    assert_eq!(tern["begins"], "2026-11-23T21:00:00Z");
    assert_eq!(tern["holds"][0]["until"], "2026-11-23T21:00:00Z");
    let what = tern["holds"][0]["what"].as_str().expect("a text");
    assert!(what.starts_with("the window `closed(XNYS)`"), "{what}");
}

#[test]
fn a_freeze_without_an_end_is_what_it_waits_for() {
    let fleet = changed();
    let root = format!("{ROOT}  freezes: [{{reason: quarter end}}]\n");
    fleet.repo.write("tidegate.yaml", root);
    let arguments = ["plan", "--strategy", "tern", "--at", "2026-11-23T13:00Z"];
    let (code, text, _) = run(fleet.repo.clone_dir(), &arguments);
    assert_eq!(code, 1);
    let wait = "waits     for the freeze of fleet: quarter end, until it is taken out of";
    assert!(text.contains(wait), "{text}");
}

#[test]
fn nothing_to_do_is_told_by_the_exit_code() {
    let fleet = changed();
    fleet.repo.commit("Change both");
    let (code, text, _) = run(
        fleet.repo.clone_dir(),
        &["plan", "--at", "2026-11-23T13:00Z"],
    );
    assert_eq!(code, 0);
    assert!(text.starts_with("nothing changes, 3 unchanged"), "{text}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let fleet = changed();
    for (arguments, expect) in [
        (["--strategy", "turn"], "did you mean `tern`?"),
        (["--rate", "rejectRatio"], "such as `rejectRatio=700`"),
        (["--rate", "rejectRatio=-1"], "such as `rejectRatio=700`"),
        (["--at", "noon"], "invalid value 'noon'"),
    ] {
        let arguments: Vec<&str> = ["plan"].into_iter().chain(arguments).collect();
        let (code, text, words) = run(fleet.repo.clone_dir(), &arguments);
        assert_eq!((code, text.as_str()), (2, ""));
        assert!(words.contains(expect), "{words}");
    }
}

#[test]
fn a_diff_says_what_is_material_and_why() {
    let fleet = changed();
    let folder = fleet.repo.clone_dir();
    let (_, text, _) = run(folder, &["diff", "--base", "HEAD"]);
    let material = "material  tern: image `registry.example.com/rates/tern:1.1@";
    let minor = "minor     skua: ";
    assert!(text.contains(material) && text.contains(minor), "{text}");
    assert!(
        text.contains("by a share of the pods: `20%` → `50%` → `full`"),
        "{text}"
    );
    let (_, text, _) = run(folder, &["diff", "--base", "HEAD", "--output", "json"]);
    let diff: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(diff["units"][0]["change"], "material");
    assert_eq!(diff["units"][0]["cause"], "spec");
    assert_eq!(diff["units"][1]["change"], "minor");
    let (_, text, _) = run(folder, &["diff", "--base", "HEAD", "--output", "markdown"]);
    assert!(text.starts_with("- **material** `tern`: image"), "{text}");
}

#[test]
fn the_picture_is_one_document_and_nothing_where_there_are_no_stages() {
    let fleet = changed();
    let folder = fleet.repo.clone_dir();
    let picture = |strategy| run(folder, &["plan", "--output", "svg", "--strategy", strategy]);
    let (code, text, _) = picture("tern");
    assert_eq!(code, 1);
    assert!(
        text.starts_with("<svg ") && text.ends_with("</svg>\n"),
        "{text}"
    );
    assert!(
        text.contains(">a person promotes the stage</text>"),
        "{text}"
    );
    let (_, text, words) = picture("skua");
    assert_eq!(
        (text.as_str(), words.as_str()),
        ("", "nothing that changes goes through stages\n")
    );
}

#[test]
fn a_preview_has_a_table_of_the_stages() {
    let fleet = changed();
    let (_, text, _) = run(fleet.repo.clone_dir(), &["preview", "--base", "HEAD"]);
    let (_, table) = text.split_once("rollout in 3 stages").expect("a table");
    let rows: Vec<&str> = table
        .lines()
        .filter(|it| it.starts_with("| "))
        .take(4)
        .collect();
    assert_eq!(
        rows,
        [
            "| Stage | Exposure | Left when |",
            "| 1 `20%` | the new version gets 20% of the pods, and so of the requests | the stage stood for 10m<br>`rejectRatio` is at most 1%, on 50 samples or more, asked every 1m |",
            "| 2 `50%` | the new version gets 50% of the pods, and so of the requests | its pods are ready, and none restarted<br>a person promotes the stage |",
            "| 3 `full` | everything is of the new version | the stage stood for 2h of open XNYS |",
        ]
    );
}
