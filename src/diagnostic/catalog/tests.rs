use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::*;

/// The codes that the crate's sources raise, with the files that raise them.
fn used() -> BTreeMap<String, BTreeSet<PathBuf>> {
    let mut used: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                // A folder of tests raises made-up codes.
                folders.extend((!path.ends_with("tests")).then_some(path));
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                for code in raised(&production(&read(&path))) {
                    used.entry(code).or_default().insert(path.clone());
                }
            }
        }
    }
    used
}

#[expect(clippy::disallowed_methods, reason = "the test's input is the sources")]
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[expect(clippy::disallowed_methods, reason = "the test's input is the sources")]
fn read(path: &Path) -> String {
    if path.ends_with("tests.rs") {
        return String::new();
    }
    std::fs::read_to_string(path).unwrap()
}

/// Tests stand last in a file; codes that only they use are made up.
fn production(source: &str) -> String {
    let (code, _) = source
        .split_once("#[cfg(test)]\nmod tests {")
        .unwrap_or((source, ""));
    code.to_owned()
}

/// The string literals that stand first in a call of a constructor, or of one that calls it.
fn raised(source: &str) -> Vec<String> {
    [
        "Diagnostic::error(",
        "Diagnostic::warning(",
        "Diagnostic::info(",
        "case.error(",
        "case.warn(",
        "unknown(",
        "refusal(",
    ]
    .iter()
    .flat_map(|constructor| source.split(*constructor).skip(1))
    .filter_map(|call| call.trim_start().strip_prefix('"'))
    .filter_map(|literal| literal.split_once('"'))
    .map(|(code, _)| code.to_owned())
    .collect()
}

#[test]
fn every_code_that_is_raised_is_explained() {
    let unexplained: Vec<_> = used()
        .into_iter()
        .filter(|(code, _)| find(code).is_none())
        .collect();
    assert!(
        unexplained.is_empty(),
        "add these to src/diagnostic/catalog: {unexplained:#?}"
    );
}

#[test]
fn every_code_that_is_explained_is_raised() {
    let used = used();
    let unused: Vec<_> = every()
        .map(|entry| entry.code)
        .filter(|code| !used.contains_key(*code))
        .collect();
    assert!(
        unused.is_empty(),
        "nothing raises these codes of src/diagnostic/catalog: {unused:?}"
    );
}

#[test]
fn codes_are_kebab_case_and_distinct() {
    let mut seen = BTreeSet::new();
    for entry in every() {
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(entry.code.chars().all(kebab), "{}", entry.code);
        assert!(seen.insert(entry.code), "{} is explained twice", entry.code);
    }
}

#[test]
fn explanations_are_sentences() {
    for entry in every() {
        assert!(!entry.title.ends_with('.'), "{}", entry.code);
        assert!(entry.explanation.ends_with('.'), "{}", entry.code);
        assert!(entry.remedy.ends_with('.'), "{}", entry.code);
    }
}

#[test]
fn the_page_has_one_anchor_for_each_code() {
    let page = markdown();
    for entry in every() {
        assert_eq!(page.matches(&format!("\n## {}\n", entry.code)).count(), 1);
    }
    assert!(page.ends_with(".\n"));
}
