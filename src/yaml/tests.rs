//! The room as a whole: what goes in and comes out of a file.

use std::fmt::Write;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::diagnostic::Diagnostic;
use crate::source::RepoPath;

/// The only document of a text without mistakes.
pub(super) fn one(text: &str) -> Node {
    let (mut documents, findings) = read(text);
    assert_eq!(findings, []);
    assert_eq!(documents.len(), 1, "{text}");
    documents.remove(0)
}

fn read(text: &str) -> (Vec<Node>, Vec<Diagnostic>) {
    load(&RepoPath::from("a.yaml"), text)
}

fn check(text: &str, expected: &Json) {
    assert_eq!(one(text).to_json(), *expected, "{text}");
}

#[test]
fn every_document_is_read_and_empty_ones_are_left_out() {
    let (documents, findings) =
        read("---\n---\na: 1\n---\n# only a comment\n---\nnull\n---\nb: 2\n...\n");
    let documents: Vec<Json> = documents.iter().map(Node::to_json).collect();
    assert_eq!(documents, [json!({"a": 1}), json!({"b": 2})]);
    assert_eq!(findings, []);
}

#[test]
fn merge_keys_are_folded_in() {
    check(
        "a: &a {x: 1, z: 1}\nb: {<<: *a, z: 2}\nc:\n  z: 3\n  <<: *a\n",
        &json!({"a": {"x": 1, "z": 1}, "b": {"z": 2, "x": 1}, "c": {"z": 3, "x": 1}}),
    );
}

/// What a mistake says, and where: `line:column code: message`.
fn told(text: &str) -> Vec<String> {
    let (_, findings) = read(text);
    findings
        .iter()
        .map(|finding| {
            assert!(finding.help.is_some(), "{finding:?}");
            let start = finding.span.start;
            let (code, message) = (finding.code, &finding.message);
            format!("{}:{} {code}: {message}", start.line, start.column)
        })
        .collect()
}

#[test]
fn every_mistake_of_syntax_is_placed_and_explained() {
    for (text, expected) in [
        (
            "a: b: c\n",
            "1:5 yaml-syntax: a `:` stands where no value can begin",
        ),
        ("a: 'x\n", "1:4 yaml-syntax: a quoted text is never closed"),
        ("a: {x: 1\n", "1:4 yaml-syntax: `{` is never closed"),
        ("a: [1}\n", "1:4 yaml-syntax: `[` is closed by `}`"),
        (
            "a: [a, , b]\n",
            "1:8 yaml-syntax: a `[…]` or `{…}` is not well-formed here",
        ),
        (
            "a:\n  b: 1\n c: 2\n",
            "3:2 yaml-syntax: the indentation fits nothing above it",
        ),
        (
            "- a\nb: 1\n",
            "2:1 yaml-syntax: the indentation fits nothing above it",
        ),
        (
            "a: 1\nb\nc: 2\n",
            "2:1 yaml-syntax: this line is no `key: value`",
        ),
        (
            "  a: 1\nb: 2\n",
            "2:1 yaml-syntax: this line belongs to nothing above it",
        ),
        (
            "a: @x\n",
            "1:4 yaml-syntax: a plain text cannot begin with `@`",
        ),
        (
            "a: \"\\q\"\n",
            "1:4 yaml-syntax: this `\\` escape does not exist",
        ),
        (
            "a: 'b' c\n",
            "1:8 yaml-syntax: something follows the closing quote",
        ),
        (
            "a: b # c\n d\n",
            "1:6 yaml-syntax: a comment cuts a text of several lines in two",
        ),
        (
            "a: 1\n\u{feff}b: 1\n",
            "2:1 yaml-syntax: a byte-order mark stands inside the file",
        ),
    ] {
        assert_eq!(told(text), [expected], "{text}");
    }
}

#[test]
fn every_mistake_of_values_is_placed_and_explained() {
    for (text, expected) in [
        (
            "a: *x\n",
            "1:4 yaml-alias: no anchor `&x` stands before this alias in the document",
        ),
        (
            "a: &x [*x]\n",
            "1:8 yaml-alias: this alias stands inside the value that it repeats",
        ),
        (
            "a: !Ref x\n",
            "1:4 yaml-tag: tag `!Ref` means nothing to Kubernetes",
        ),
        (
            "a: !!set {b}\n",
            "1:4 yaml-tag: tag `!!set` means nothing to Kubernetes",
        ),
        (
            "a: .nan\n",
            "1:4 yaml-value: `.nan` is no number that Kubernetes can hold",
        ),
        (
            "a: !!int x\n",
            "1:10 yaml-value: `x` is tagged as an integer and is none",
        ),
        (
            "<<: 1\n",
            "1:5 yaml-merge: the merge key `<<` takes mappings, and this is a number",
        ),
    ] {
        assert_eq!(told(text), [expected], "{text}");
    }
}

#[test]
fn a_tab_is_found_where_it_indents() {
    let message = "yaml-tab: a tab is used as indentation, which YAML does not allow";
    for (text, place) in [
        ("a:\n\tb: 1\n", "2:1"),
        ("a:\n  b: 1\n\tc: 2\n", "3:1"),
        ("a:\n  \tb: 1\n", "2:3"),
        ("a: |\n\tx\n", "2:1"),
        ("- a\n\t- b: c\n", "2:1"),
        ("a:\n  b: 1\n \tc: 2\n", "3:2"),
        ("a:\n  - b\n \t- c\n", "3:2"),
        ("a:\n \t&x b: 1\n", "2:2"),
    ] {
        assert_eq!(told(text), [format!("{place} {message}")], "{text}");
    }
    check("{\n\t\"a\":\t[1,\n\t2]\n}\n", &json!({"a": [1, 2]}));
}

#[test]
fn a_duplicate_key_points_at_the_second_and_labels_the_first() {
    let (documents, findings) = read("a: 1\nb:\n  x: 1\n  'x': 2\n");
    let [finding] = findings.as_slice() else {
        panic!("{findings:?}");
    };
    assert_eq!(finding.code, "duplicate-key");
    assert_eq!(finding.message, "key `x` is written twice in this mapping");
    assert_eq!((finding.span.start.line, finding.span.start.column), (4, 3));
    let label = finding.labels.first().unwrap();
    assert_eq!((label.span.start.line, label.span.start.column), (3, 3));
    assert_eq!(label.text, "first written here");
    let first = documents.first().unwrap();
    assert_eq!(first.to_json(), json!({"a": 1, "b": {"x": 1}}));
}

#[test]
fn a_key_keeps_its_letters_or_is_refused() {
    check(
        "8080: a\ntrue: b\n-1: c\n",
        &json!({"8080": "a", "true": "b", "-1": "c"}),
    );
    check(
        "'on': a\n\"0644\": b\n!!str y: c\n",
        &json!({"on": "a", "0644": "b", "y": "c"}),
    );
    check("2024-01-01: a\n", &json!({"2024-01-01": "a"}));
    for (text, expected) in [
        (
            "on: a\n",
            "key `on` is read as the truth value `true`, not as a text",
        ),
        (
            "y: a\n",
            "key `y` is read as the truth value `true`, not as a text",
        ),
        (
            "0644: a\n",
            "key `0644` is read as the number 420, not as a text",
        ),
        (
            "1.5: a\n",
            "key `1.5` is read as the number 1.5, not as a text",
        ),
        ("~: a\n", "a key must be a text, and this is nothing"),
        (": a\n", "a key must be a text, and this is nothing"),
        ("? [a]\n: b\n", "a key must be a text, and this is a list"),
        (
            "a: {{ .Values.x }}\n",
            "a key must be a text, and this is a mapping",
        ),
    ] {
        let told = told(text);
        let [told] = told.as_slice() else {
            panic!("{text}: {told:?}");
        };
        assert!(told.ends_with(&format!("yaml-key: {expected}")), "{told}");
    }
}

#[test]
fn a_broken_document_hides_no_other() {
    let (documents, _) = read("a: 1\n---\nb: [\n---\nc\nd: 1\n---\ne: 2\n");
    let documents: Vec<Json> = documents.iter().map(Node::to_json).collect();
    assert_eq!(documents, [json!({"a": 1}), json!({"e": 2})]);
    assert_eq!(told("a: [\n---\nb: {\n").len(), 2);
}

#[test]
fn merges_take_a_list_and_the_nearest_value_wins() {
    check(
        "a: &a {x: 1, z: 1}\nb: &b {x: 2, w: 2}\nc: {<<: [*a, *b], z: 3}\n",
        &json!({
            "a": {"x": 1, "z": 1},
            "b": {"x": 2, "w": 2},
            "c": {"z": 3, "x": 1, "w": 2},
        }),
    );
    check("'<<': 1\n", &json!({"<<": 1}));
    assert_eq!(
        told("a: &a {x: 1}\nb:\n  <<: *a\n  <<: *a\n"),
        ["4:3 yaml-merge: the merge key `<<` is written twice in this mapping"]
    );
}

#[test]
fn an_aliased_value_stands_at_the_alias_and_its_parts_at_the_anchor() {
    let node = one("a: &a\n  x: 1\nb: *a\n");
    let line = |pointer: &str| node.pointer(pointer).unwrap().span.start.line;
    assert_eq!((line("/a"), line("/b"), line("/b/x")), (2, 3, 2));
}

#[test]
fn an_anchor_ends_with_its_document() {
    assert_eq!(
        told("a: &x 1\n---\nb: *x\n"),
        ["3:4 yaml-alias: no anchor `&x` stands before this alias in the document"]
    );
}

#[test]
fn an_anchored_or_aliased_text_may_be_a_key() {
    check("&k a: 1\nb: {*k : 2}\n", &json!({"a": 1, "b": {"a": 2}}));
}

#[test]
fn an_alias_bomb_is_one_clear_error() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    assert_eq!(
        told(&bomb),
        ["6:10 yaml-budget: the file has more than 250000 values once its aliases are expanded"]
    );
}

#[test]
fn a_bomb_of_long_texts_is_one_clear_error() {
    let text = "x".repeat(100_000);
    let bomb = format!("a: &a {text}\nb: [{}]\n", vec!["*a"; 1000].join(", "));
    let told = told(&bomb);
    let [told] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert!(
        told.contains("more than 16777216 bytes once its aliases"),
        "{told}"
    );
}

#[test]
fn nested_anchors_cost_what_they_copy() {
    let open = "&a [".repeat(60);
    let bomb = format!("{open}{}{}\n", vec!["x"; 10_000].join(","), "]".repeat(60));
    assert_eq!(told(&bomb).len(), 1);
}

#[test]
fn depth_and_documents_have_budgets() {
    let told_of = |text: &str| told(text).concat();
    for deep in [
        "[".repeat(100),
        "{a: ".repeat(100),
        "- ".repeat(100),
        "? ".repeat(100),
    ] {
        assert!(
            told_of(&deep).contains("nests more than 64 levels deep"),
            "{deep}"
        );
    }
    let mut chain = String::from("a0: &a0 x\n");
    for level in 1..80 {
        writeln!(chain, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    assert!(told_of(&chain).contains("nests more than 64 levels deep"));
    let many = "---\na: 1\n".repeat(1025);
    assert_eq!(
        told_of(&many),
        "2049:1 yaml-budget: the file has more than 1024 documents"
    );
    assert_eq!(read(&many).0.len(), 1024);
}

#[test]
fn a_file_full_of_mistakes_is_told_up_to_a_limit() {
    let told = told(&"a: 1\n".repeat(50_000));
    assert_eq!(told.len(), 101);
    assert!(
        told.last()
            .unwrap()
            .ends_with("more than 100 mistakes; the rest is not shown")
    );
}

#[test]
fn spans_count_characters_and_bytes() {
    let node = one("\u{feff}é: x\nblock: |\n  one\n  two\n\nflow: [1,\n 2]\nlist:\n- x\n- k: z\n");
    let span = |pointer: &str| {
        let span = &node.pointer(pointer).unwrap().span;
        (
            (span.start.line, span.start.column, span.start.offset),
            (span.end.line, span.end.column, span.end.offset),
        )
    };
    assert_eq!(span("/é"), ((1, 4, 7), (1, 5, 8)));
    assert_eq!(span("/block"), ((3, 3, 20), (4, 6, 29)));
    assert_eq!(span("/flow"), ((6, 7, 37), (7, 4, 44)));
    assert_eq!(span("/list"), ((9, 3, 53), (10, 7, 61)));
    assert_eq!(span("/list/1"), ((10, 3, 57), (10, 7, 61)));
    let key = node.key_span("/é").unwrap();
    assert_eq!((key.start.column, key.end.column), (1, 2));
}

#[test]
fn windows_line_ends_change_nothing() {
    check(
        "a: |\r\n  x\r\n  y\r\nb:\r\n- 1\r\n",
        &json!({"a": "x\ny\n", "b": [1]}),
    );
    let node = one("a: 1\r\nb: 2\r\n");
    assert_eq!(node.get("b").unwrap().span.start.line, 2);
}

#[test]
fn a_block_at_the_end_of_a_file_without_line_break_ends_as_kubectl_reads_it() {
    check("a: |\n  x", &json!({"a": "x"}));
    check("a: |\n  x\n", &json!({"a": "x\n"}));
}

/// Values as JSON has them, whole floats spelled as the integers they are.
fn values() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        "[ -~]{0,12}",
        "[-+0-9xob_.:eE]{1,8}",
        "(yes|No|on|off|y|null|~|true|\\.inf|<<|=|---|\\.\\.\\.)",
        "[a-z \\t\n#:]{0,24}",
        "\\PC{0,10}",
        any::<String>(),
        "(line [a-z]{1,5}\n){1,4}",
    ];
    let float = any::<f64>().prop_filter_map("JSON has no such number", scalar::number);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        float.prop_map(Json::Number),
        text.clone().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            proptest::collection::btree_map(text.clone(), inner, 0..6)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_emitted_is_read_back(value in values()) {
        let text = emit(&value);
        let (documents, findings) = read(&text);
        prop_assert_eq!(findings, [], "{}", text);
        // A document that is null is no document.
        let read = documents.first().map_or(Json::Null, Node::to_json);
        prop_assert_eq!(&read, &value, "{}", text);
        let other: Json = serde_yaml::from_str(&text).unwrap();
        prop_assert_eq!(&other, &value, "{}", text);
        prop_assert_eq!(emit(&read), text);
    }

    #[test]
    fn a_stream_is_read_back(values in proptest::collection::vec(values(), 0..4)) {
        let values: Vec<Json> = values.into_iter().filter(|value| !value.is_null()).collect();
        let (documents, findings) = read(&emit_all(&values));
        prop_assert_eq!(findings, []);
        let documents: Vec<Json> = documents.iter().map(Node::to_json).collect();
        prop_assert_eq!(documents, values);
    }

    #[test]
    fn no_input_makes_the_loader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        load(&RepoPath::from("a.yaml"), bytes);
    }

    #[test]
    fn no_yaml_like_text_makes_the_loader_panic(
        text in "[-a:#'\"\\[\\]{},&*!|>%@? \n\t~<0é]{0,40}",
    ) {
        let (documents, findings) = read(&text);
        let places = documents.iter().map(|node| &node.span);
        for span in places.chain(findings.iter().map(|finding| &finding.span)) {
            prop_assert!(span.start <= span.end, "{:?}", span);
            prop_assert!(text.get(span.start.offset..span.end.offset).is_some());
        }
    }
}
