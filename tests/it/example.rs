//! The example fleet, and the schemas that editors read.

use std::path::PathBuf;

use tidegate::diagnostic::{Diagnostic, Severity};
use tidegate::resolve::{self, Class, Mode, Outcome};
use tidegate::source::{Entry, Sources};
use tidegate::spec::schema;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Sources {
    tidegate::git::worktree::read(&root().join("example-repo")).expect("the example is readable")
}

fn outcome() -> Outcome {
    resolve::fleet(&sources(), None)
}

#[test]
fn the_example_fleet_has_no_error_and_only_warnings_that_its_readme_speaks_of() {
    let outcome = outcome();
    let known = ["unpinned-image", "not-enforced", "venue-addresses-unknown"];
    let others: Vec<&Diagnostic> = outcome
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error || !known.contains(&finding.code))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(!outcome.unreadable);
}

#[test]
fn the_example_fleet_is_what_its_readme_says() {
    let fleet = outcome().fleet.expect("the example resolves");
    assert_eq!(fleet.desks.len(), 4);
    assert_eq!(fleet.strategies.len(), 16);
    assert_eq!(fleet.broken.len(), 0);
    for engine in ["freqtrade", "hummingbot", "nautilus", "lean", "ib-gateway"] {
        let mut strategies = fleet.strategies.values();
        assert!(
            strategies.any(|it| it.engine.name.as_str() == engine),
            "{engine}"
        );
    }
    for strategy in fleet.strategies.values() {
        assert_ne!(strategy.mode, Some(Mode::Live), "{}", strategy.name);
        assert!(strategy.class != Class::Algo || strategy.mode.is_some());
        assert_eq!(strategy.image.digest, None, "no digest is invented");
    }
}

#[test]
fn every_document_of_the_example_names_its_schema_and_it_is_there() {
    for (path, entry) in &sources().entries {
        let Entry::File(bytes) = entry else {
            panic!("{path} is no file");
        };
        let text = String::from_utf8_lossy(bytes);
        let kind = text.lines().find_map(|line| line.strip_prefix("kind: "));
        let Some(kind) = kind else { continue };
        let schema = text
            .lines()
            .find_map(|line| line.strip_prefix("# yaml-language-server: $schema="))
            .unwrap_or_else(|| panic!("{path} has no modeline"));
        let folder = root().join("example-repo").join(path.as_str());
        let schema = folder.parent().expect("a file is in a folder").join(schema);
        assert!(schema.is_file(), "{path}: {}", schema.display());
        assert!(schema.ends_with(format!("schemas/{}.json", kind.to_lowercase())));
    }
}

#[test]
fn the_schemas_are_those_of_the_types() {
    for (file, schema) in schema::all() {
        jsonschema::draft202012::meta::validate(&schema).expect("the schema is valid 2020-12");
        let path = root().join("schemas").join(file);
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        let fresh = written == format!("{schema:#}\n");
        assert!(fresh, "{} is stale: run `make generate`", path.display());
    }
}
