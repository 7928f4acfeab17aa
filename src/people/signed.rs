//! Which files' changes have to be signed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::spec::fleet::{Requirement, SignatureSpec};

/// The files and folders whose changes have to be signed by a key of somebody who is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Signed(BTreeSet<String>);

/// What stands for all of the fleet.
const ALL: &str = "";

impl Signed {
    /// Those of the spec.
    pub fn of(specs: &[SignatureSpec]) -> Self {
        let paths = specs.iter().flat_map(|spec| match spec.require {
            Requirement::Signed if spec.paths.is_empty() => vec![ALL.to_owned()],
            Requirement::Signed => spec.paths.clone(),
        });
        Self(paths.collect())
    }

    /// Whether nothing has to be.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a file's changes have to be.
    pub fn covers(&self, path: &str) -> bool {
        let is_in = |it: &String| {
            let is_folder = it.is_empty() || it.ends_with('/');
            path == it || (is_folder && path.starts_with(it.as_str()))
        };
        self.0.iter().any(is_in)
    }

    /// What would have to be signed no more.
    pub fn loosened(&self, after: &Self) -> Vec<String> {
        let lost = self.0.iter().filter(|path| !after.covers(path));
        lost.map(|path| match path.as_str() {
            ALL => "`signatures` leave out some of the fleet".to_owned(),
            path => format!("`signatures` leave out `{path}`"),
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(paths: &[&str]) -> Signed {
        Signed(paths.iter().map(|path| (*path).to_owned()).collect())
    }

    #[test]
    fn files_and_whole_folders_are_covered() {
        let some = signed(&["tidegate.yaml", "desks/rates/"]);
        for (path, expect) in [
            ("tidegate.yaml", true),
            ("desks/rates/tern.yaml", true),
            ("desks/rates-two/tern.yaml", false),
            ("desks/rates", false),
            ("tidegate.yaml.bak", false),
        ] {
            assert_eq!(some.covers(path), expect, "{path}");
        }
        assert!(signed(&[ALL]).covers("anything"));
        assert!(!Signed::default().covers("anything"));
    }

    #[test]
    fn less_is_looser() {
        let (all, some) = (signed(&[ALL]), signed(&["desks/rates/"]));
        assert_eq!(some.loosened(&all), Vec::<String>::new());
        assert_eq!(
            all.loosened(&some),
            ["`signatures` leave out some of the fleet"]
        );
        let one = signed(&["desks/rates/tern.yaml"]);
        assert_eq!(
            some.loosened(&one),
            ["`signatures` leave out `desks/rates/`"]
        );
    }
}
