//! Files that cannot be read, are missing, or stand in the wrong place.

use super::*;
use crate::source::RepoPath;

fn with_entry(path: &str, entry: Entry) -> Outcome {
    let mut sources = Sources::from_texts(WHOLE);
    sources.entries.insert(RepoPath::from(path), entry);
    super::super::fleet(&sources, None)
}

fn without(path: &str) -> Outcome {
    super::super::fleet(
        &Sources::from_texts(WHOLE.into_iter().filter(|(name, _)| *name != path)),
        None,
    )
}

#[test]
fn a_missing_root_is_an_unreadable_fleet_and_not_an_empty_one() {
    let outcome = without("tidegate.yaml");
    only(
        &outcome,
        "no-fleet",
        "tidegate.yaml:1:1",
        "there is no `tidegate.yaml`",
    );
    assert!(outcome.unreadable && outcome.fleet.is_none());
    let empty = super::super::fleet(&Sources::default(), None);
    assert!(empty.unreadable && empty.fleet.is_none());
    let outcome = fixture::resolve(&[("tidegate.yaml", "# nothing\n")]);
    only(
        &outcome,
        "no-fleet",
        "tidegate.yaml:1:1",
        "`tidegate.yaml` is empty",
    );
    assert!(outcome.unreadable);
}

#[test]
fn a_wrong_root_is_an_unreadable_fleet() {
    let outcome = fixture::resolve(&[("tidegate.yaml", "kind: Fleet\nspec: {edition: 2026-11}\n")]);
    only(
        &outcome,
        "missing-field",
        "tidegate.yaml:2:1",
        "the field `clusters` is missing",
    );
    assert!(outcome.unreadable && outcome.fleet.is_none());
}

#[test]
fn what_is_no_file_makes_the_fleet_unreadable_and_stops_nobody_else() {
    let symlink = Entry::Symlink {
        target: "/etc/passwd".to_owned(),
    };
    let large = Entry::TooLarge { bytes: 10 << 20 };
    let binary = Entry::File(b"\x7fELF\0\0".as_slice().into());
    for (path, entry, code) in [
        ("desks/rates/skua.yaml", symlink.clone(), "not-a-file"),
        ("desks/rates/skua.yaml", Entry::Submodule, "not-a-file"),
        ("desks/rates/skua.yaml", large, "yaml-budget"),
        ("desks/rates/skua.yaml", binary, "not-text"),
        ("desks/skua", symlink.clone(), "not-a-file"),
        ("engines", symlink, "not-a-file"),
    ] {
        let outcome = with_entry(path, entry);
        assert_eq!(codes(&outcome), [code], "{path}");
        assert!(outcome.unreadable, "{path}");
        assert_eq!(fleet(&outcome).strategies.len(), 1, "{path}");
    }
}

#[test]
fn a_syntax_error_stops_the_strategies_of_its_file() {
    let outcome = fixture::resolve(&[(
        "desks/rates/skua.yaml",
        "kind: Strategy\nspec: {class: service, image: a, image: b}\n",
    )]);
    assert_eq!(codes(&outcome), ["duplicate-key"]);
    assert!(outcome.unreadable);
    assert_eq!(broken(&outcome), ["skua"]);
}

#[test]
fn files_that_only_look_like_documents_are_told() {
    for path in [
        "desks/rates/skua.yml",
        "desks/skua.yaml",
        "accounts/more/skua.yaml",
    ] {
        let message = format!("`{path}` is not read");
        check(
            &[(path, "a: 1\n")],
            "ignored-file",
            &format!("{path}:1:1"),
            &message,
        );
    }
    let outcome = fixture::resolve(&[("desks/rates/tern/skua.yaml", "a: 1\n"), ("README.md", "")]);
    assert_eq!(outcome.findings, []);
}

#[test]
fn a_document_that_does_not_say_what_it_is_is_told() {
    for (text, place, code, message) in [
        ("a: 1\n", "1:1", "no-kind", "the document has no `kind`"),
        (
            "- a\n",
            "1:1",
            "no-kind",
            "a document should be a mapping with `kind` and `spec`, but is a list",
        ),
        (
            "kind: Stratgy\n",
            "1:7",
            "unknown-kind",
            "`Stratgy` is not a kind of document",
        ),
        (
            "kind: Account\n",
            "1:7",
            "misplaced-document",
            "`kind: Account` does not belong in `desks/rates/skua.yaml`",
        ),
    ] {
        let place = format!("desks/rates/skua.yaml:{place}");
        let files = [("desks/rates/skua.yaml", text)];
        check(&files, code, &place, message);
        assert!(fixture::resolve(&files).unreadable, "{text}");
    }
}

#[test]
fn a_name_that_cannot_be_one_makes_the_fleet_unreadable() {
    let long = "a".repeat(37);
    for (name, message) in [
        ("Skua", "`Skua` is not a DNS label"),
        (long.as_str(), "has 37 characters; a strategy may have 36"),
    ] {
        let text =
            format!("kind: Strategy\nmetadata: {{name: {name}}}\nspec: {{class: job, image: a}}\n");
        let path = format!("desks/rates/{name}.yaml");
        let unnamed = "kind: Strategy\nspec: {class: job, image: a}\n";
        for files in [("desks/rates/skua.yaml", text.as_str()), (&path, unnamed)] {
            let outcome = fixture::resolve(&[files]);
            assert_eq!(outcome.findings.len(), 1, "{:#?}", outcome.findings);
            assert!(outcome.findings[0].message.contains(message));
            assert!(outcome.unreadable);
        }
    }
}

#[test]
fn several_documents_may_share_a_file() {
    let outcome = fixture::resolve(&[(
        "desks/rates/more.yaml",
        "kind: Strategy\nmetadata: {name: skua}\nspec: {class: job, image: a}\n---\nkind: Strategy\nmetadata: {name: gull}\nspec: {class: job, image: b}\n",
    )]);
    assert_eq!(codes(&outcome), ["unpinned-image", "unpinned-image"]);
    assert_eq!(fleet(&outcome).strategies.len(), 3);
}
