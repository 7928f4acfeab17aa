//! What both readers share: names, kinds and limits.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Error;
use crate::source::{Entry, RepoPath};

/// The number of files above which a fleet is refused.
pub const MAX_FILES: usize = 20_000;

/// The number of bytes, over all files, above which a fleet is refused.
pub const MAX_TOTAL_BYTES: u64 = 128 << 20;

/// The number of nested folders above which a fleet is refused.
pub const MAX_DEPTH: usize = 64;

/// The length above which a symbolic link's target is not shown.
pub(super) const MAX_TARGET_BYTES: u64 = 4096;

/// Entries under the limits.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    entries: BTreeMap<RepoPath, Entry>,
    bytes: u64,
}

impl Gathered {
    /// Adds an entry, unless it breaks a limit.
    pub(super) fn add(&mut self, path: &str, entry: Entry) -> Result<(), Error> {
        if let Entry::File(bytes) = &entry {
            self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        }
        self.entries.insert(RepoPath::from(path), entry);
        if self.entries.len() > MAX_FILES {
            return Err(Error::TooManyFiles);
        }
        if self.bytes > MAX_TOTAL_BYTES {
            return Err(Error::TooManyBytes);
        }
        Ok(())
    }

    pub(super) fn into_entries(self) -> BTreeMap<RepoPath, Entry> {
        self.entries
    }
}

/// A name that a folder or a Git tree holds, as part of a path of the fleet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// A tool's file or folder, which is no part of a fleet.
    Hidden,
    /// The path of the entry.
    Plain(String),
    /// The path as far as it can be shown, and why what it names is not read.
    Unusable { shown: String, reason: String },
}

/// Joins a name to the path of the folder that holds it.
pub(super) fn name(parent: &str, bytes: &[u8]) -> Name {
    if bytes.starts_with(b".") {
        return Name::Hidden;
    }
    let unusable = |reason: &str| Name::Unusable {
        shown: join(parent, &escape(bytes)),
        reason: reason.to_owned(),
    };
    match str::from_utf8(bytes) {
        Err(_) => unusable("its name is not UTF-8; rename it"),
        Ok(text) if text.chars().any(char::is_control) => {
            unusable("its name holds a control character; rename it")
        }
        Ok(text) if text.is_empty() || text.contains('/') => {
            unusable("its name is not one that Git can check out")
        }
        Ok(text) => Name::Plain(join(parent, text)),
    }
}

/// Text for bytes that may be neither UTF-8 nor printable.
pub(super) fn escape(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                text.extend(character.escape_default());
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> String {
        match name("desks", bytes) {
            Name::Hidden => "hidden".to_owned(),
            Name::Plain(path) => path,
            Name::Unusable { shown, .. } => format!("unusable {shown}"),
        }
    }

    #[test]
    fn names_that_cannot_be_told_are_shown_escaped() {
        assert_eq!(shown(b"a.yaml"), "desks/a.yaml");
        assert_eq!(shown("börse.yaml".as_bytes()), "desks/börse.yaml");
        assert_eq!(shown(b"caf\xe9.yaml"), "unusable desks/caf\\xe9.yaml");
        assert_eq!(shown(b"a\nb.yaml"), "unusable desks/a\\nb.yaml");
    }

    #[test]
    fn names_of_tools_are_hidden() {
        assert_eq!(shown(b".gitlab-ci.yml"), "hidden");
        assert_eq!(shown(b".."), "hidden");
    }

    #[test]
    fn one_file_too_many_is_refused() {
        let mut gathered = Gathered::default();
        for index in 0..MAX_FILES {
            gathered
                .add(&format!("{index}.yaml"), Entry::Submodule)
                .unwrap();
        }
        let refused = gathered.add("last.yaml", Entry::Submodule);
        assert!(matches!(refused, Err(Error::TooManyFiles)));
    }
}
