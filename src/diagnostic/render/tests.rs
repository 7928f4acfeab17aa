use serde_json::json as object;

use super::*;
use crate::diagnostic::{Position, Span};
use crate::source::Sources;

const FILE: &str = "desks/mm/btc.yaml";
const TEXT: &str = "kind: Strategy\nspec:\n  imgae: x\n  imgae: y\n";

fn span(line: usize, column: usize, offset: usize, length: usize) -> Span {
    let start = Position {
        line,
        column,
        offset,
    };
    let end = Position {
        line,
        column: column + length,
        offset: offset + length,
    };
    Span {
        file: FILE.into(),
        start,
        end,
    }
}

fn findings() -> Vec<Diagnostic> {
    vec![
        Diagnostic::warning("late-rule", span(4, 10, 41, 1), "value `y` is odd"),
        Diagnostic::error(
            "duplicate-key",
            span(4, 3, 34, 5),
            "key `imgae` is written twice",
        )
        .with_label(span(3, 3, 23, 5), "first written here")
        .with_help("keep one of the two"),
        Diagnostic::error("unknown-field", span(3, 3, 23, 5), "unknown field `imgae`"),
        Diagnostic::error("unknown-field", span(3, 3, 23, 5), "unknown field `imgae`"),
    ]
}

fn plain(findings: &[Diagnostic], text: &str) -> String {
    terminal(
        findings,
        &Sources::from_texts([(FILE, text)]),
        Colour::Never,
    )
}

#[test]
fn a_terminal_shows_line_caret_labels_help_and_a_count() {
    assert_eq!(
        plain(&findings(), TEXT),
        "\
error[unknown-field]: unknown field `imgae`
 --> desks/mm/btc.yaml:3:3
  |
3 |   imgae: x
  |   ^^^^^

error[duplicate-key]: key `imgae` is written twice
 --> desks/mm/btc.yaml:4:3
  |
3 |   imgae: x
  |   ----- first written here
4 |   imgae: y
  |   ^^^^^
  |
  = help: keep one of the two

warning[late-rule]: value `y` is odd
 --> desks/mm/btc.yaml:4:10
  |
4 |   imgae: y
  |          ^

2 errors, 1 warning
"
    );
}

#[test]
fn colours_are_only_added() {
    let sources = Sources::from_texts([(FILE, TEXT)]);
    let coloured = terminal(&findings(), &sources, Colour::Always);
    assert!(coloured.contains("\u{1b}["));
    assert!(coloured.ends_with("\n2 errors, 1 warning\n"));
}

#[test]
fn nothing_found_prints_nothing() {
    assert_eq!(plain(&[], TEXT), "");
}

#[test]
fn a_finding_without_its_text_still_has_a_place() {
    for text in ["", "\0binary"] {
        let finding = Diagnostic::error("x", Span::start_of("other.yaml".into()), "is missing");
        assert_eq!(
            plain(&[finding], text),
            "error[x]: is missing\n--> other.yaml:1:1\n\n1 error\n"
        );
    }
}

#[test]
fn terminal_escapes_in_the_users_text_are_shown_not_sent() {
    let evil = "a: \u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\n";
    let finding = Diagnostic::error("x", span(1, 1, 0, 1), "bad \u{1b}[2J name")
        .with_help("rename \u{9b}31m")
        .with_label(span(1, 4, 3, 1), "\u{1b}c");
    let shown = plain(&[finding], evil);
    assert!(
        shown.chars().all(|c| c == '\n' || !c.is_control()),
        "{shown}"
    );
    assert!(!shown.contains('\u{202e}'));
    assert!(shown.contains("bad \\u{1b}[2J name"));
}

#[test]
fn a_span_of_many_lines_is_marked_on_its_first() {
    let mut whole = span(1, 1, 0, 1);
    whole.end = Position {
        line: 5,
        column: 1,
        offset: TEXT.len(),
    };
    let shown = plain(&[Diagnostic::info("x", whole, "look")], TEXT);
    assert_eq!(
        shown,
        "info[x]: look\n --> desks/mm/btc.yaml:1:1\n  |\n1 | kind: Strategy\n  | ^^^^^^^^^^^^^^\n\n1 note\n"
    );
}

#[test]
fn a_span_outside_its_file_does_not_panic() {
    for place in [
        span(2, 1, 900, 5),
        span(900, 1, 900, 5),
        span(0, 0, 0, 0),
        span(1, 2, 1, 2),
    ] {
        plain(&[Diagnostic::error("x", place, "m")], "é€\n\n");
    }
}

#[test]
fn json_has_the_documented_shape() {
    let finding = Diagnostic::error("unknown-field", span(3, 3, 23, 5), "unknown field `imgae`")
        .with_help("did you mean `image`?");
    assert_eq!(
        json(&[finding]),
        object!({"findings": [{
            "code": "unknown-field",
            "severity": "error",
            "message": "unknown field `imgae`",
            "help": "did you mean `image`?",
            "file": "desks/mm/btc.yaml",
            "line": 3,
            "column": 3,
            "endLine": 3,
            "endColumn": 8,
            "labels": [],
            "docs": "docs/findings.md#unknown-field",
        }]})
    );
}

#[test]
fn every_output_is_sorted_and_tells_each_finding_once() {
    let listed = json(&findings());
    let codes: Vec<_> = listed["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["unknown-field", "duplicate-key", "late-rule"]);
    let mut backwards = findings();
    backwards.reverse();
    assert_eq!(json(&backwards), listed);
    assert_eq!(github(&backwards), github(&findings()));
    assert_eq!(sarif(&backwards), sarif(&findings()));
}

#[test]
fn github_commands_are_escaped() {
    let mut place = span(1, 2, 1, 4);
    place.file = "a,b:c%.yaml".into();
    let finding = Diagnostic::warning("x", place, "100% of\r\nit: a, b\u{1b}").with_help("do");
    assert_eq!(
        github(&[finding]),
        "::warning file=a%2Cb%3Ac%25.yaml,line=1,endLine=1,col=2,endColumn=5,title=x\
         ::100%25 of%0D%0Ait: a, b\\u{1b}%0AHelp: do\n"
    );
}

#[test]
fn sarif_has_rules_results_and_encoded_paths() {
    let mut place = span(3, 3, 23, 5);
    place.file = "desk é/a.yaml".into();
    let finding = Diagnostic::error("duplicate-key", place, "twice")
        .with_label(span(1, 1, 0, 4), "first written here");
    let log = sarif(&[finding]);
    let run = &log["runs"][0];
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "duplicate-key");
    let result = &run["results"][0];
    assert_eq!(result["level"], "error");
    assert_eq!(result["ruleIndex"], 0);
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "desk%20%C3%A9/a.yaml");
    assert_eq!(location["region"]["endColumn"], 8);
    let related = &result["relatedLocations"][0];
    assert_eq!(related["message"]["text"], "first written here");
}
