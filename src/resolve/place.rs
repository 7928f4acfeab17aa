//! Where a path of a fleet belongs.

use crate::source::{Entry, RepoPath};

/// What a path is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// `tidegate.yaml`.
    Fleet,
    /// `tidegate.lock`.
    Lock,
    /// `accounts/*.yaml`.
    Account,
    /// `engines/*.yaml`.
    Engine,
    /// `calendars/*.yaml`.
    Calendar,
    /// `desks/<desk>/*.yaml`, with the folder's name.
    Desk(&'a str),
    /// Looks like a document but stands where none is read.
    Stray(Stray),
    /// Something else: configuration, documentation, code.
    Material,
}

/// Why a file that looks like a document is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stray {
    /// It ends in `.yml`.
    Ending,
    /// It is too deep in its folder, or not deep enough.
    Depth,
}

/// The folders in which documents are.
const FOLDERS: [&str; 4] = ["accounts", "calendars", "engines", "desks"];

/// Where a path belongs.
pub(super) fn of(path: &RepoPath) -> Place<'_> {
    let parts: Vec<&str> = path.as_str().split('/').collect();
    match parts.as_slice() {
        ["tidegate.yaml"] => Place::Fleet,
        ["tidegate.lock"] => Place::Lock,
        ["tidegate.yml"] => Place::Stray(Stray::Ending),
        ["accounts" | "calendars" | "engines", file] | ["desks", _, file]
            if ending(file) == "yml" =>
        {
            Place::Stray(Stray::Ending)
        }
        ["accounts", file] if ending(file) == "yaml" => Place::Account,
        ["calendars", file] if ending(file) == "yaml" => Place::Calendar,
        ["engines", file] if ending(file) == "yaml" => Place::Engine,
        ["desks", desk, file] if ending(file) == "yaml" => Place::Desk(desk),
        ["desks", file] | ["accounts" | "calendars" | "engines", .., file] if is_yaml(file) => {
            Place::Stray(Stray::Depth)
        }
        _ => Place::Material,
    }
}

fn is_yaml(file: &str) -> bool {
    matches!(ending(file), "yaml" | "yml")
}

fn ending(file: &str) -> &str {
    file.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Whether something that is no file hides a folder in which documents could be.
pub(super) fn hides_documents(path: &RepoPath, entry: &Entry) -> bool {
    let parts: Vec<&str> = path.as_str().split('/').collect();
    let is_folder = match parts.as_slice() {
        [folder] => FOLDERS.contains(folder),
        ["desks", _] => true,
        _ => false,
    };
    is_folder && !matches!(entry, Entry::File(_) | Entry::TooLarge { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_it_is_for() {
        for (path, place) in [
            ("tidegate.yaml", Place::Fleet),
            ("tidegate.lock", Place::Lock),
            ("accounts/a.yaml", Place::Account),
            ("engines/e.yaml", Place::Engine),
            ("calendars/c.yaml", Place::Calendar),
            ("calendars/x/c.yaml", Place::Stray(Stray::Depth)),
            ("desks/mm/a.yaml", Place::Desk("mm")),
            ("desks/mm/a.yml", Place::Stray(Stray::Ending)),
            ("desks/a.yaml", Place::Stray(Stray::Depth)),
            ("accounts/x/a.yaml", Place::Stray(Stray::Depth)),
            ("desks/mm/a/live.yaml", Place::Material),
            ("README.md", Place::Material),
            ("other/a.yaml", Place::Material),
        ] {
            assert_eq!(of(&RepoPath::from(path)), place, "{path}");
        }
    }

    #[test]
    fn a_link_instead_of_a_folder_hides_documents() {
        let link = Entry::Symlink {
            target: "../x".to_owned(),
        };
        for (path, hides) in [
            ("desks", true),
            ("desks/mm", true),
            ("desks/mm/data", false),
            ("docs", false),
        ] {
            assert_eq!(hides_documents(&RepoPath::from(path), &link), hides);
        }
    }
}
