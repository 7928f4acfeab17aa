//! The room as a whole: what goes in and comes out of a file.

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
