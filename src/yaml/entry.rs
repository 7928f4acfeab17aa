//! From what stands at a path to its bytes, or to why there are none.

use crate::diagnostic::{Diagnostic, Span};
use crate::source::{Entry, RepoPath};

use super::{Node, load, text};

/// Reads every document of what stands at a path, as [`load`] does.
pub fn load_entry(file: &RepoPath, entry: &Entry) -> (Vec<Node>, Vec<Diagnostic>) {
    match bytes(file, entry) {
        Ok(bytes) => load(file, bytes),
        Err(finding) => (Vec::new(), vec![*finding]),
    }
}

/// The bytes of what stands at a path, or the finding about why they cannot be read.
pub fn bytes<'a>(file: &RepoPath, entry: &'a Entry) -> Result<&'a [u8], Box<Diagnostic>> {
    let span = Span::start_of(file.clone());
    let finding = match entry {
        Entry::File(bytes) => return Ok(bytes),
        Entry::TooLarge { bytes } => text::too_large(file, *bytes),
        Entry::Symlink { target } => Diagnostic::error(
            "not-a-file",
            span,
            format!("`{file}` is a symbolic link to `{target}`, and links are not followed"),
        )
        .with_help(format!("put the file or folder itself at `{file}`")),
        Entry::Submodule => Diagnostic::error(
            "not-a-file",
            span,
            format!("`{file}` is a Git submodule, whose content is in another repository"),
        )
        .with_help("put the files themselves into this repository"),
        Entry::Unreadable { reason } => Diagnostic::error(
            "unreadable-file",
            span,
            format!("`{file}` cannot be read: {reason}"),
        )
        .with_help("make the file readable; until then nothing in the fleet is pruned"),
    };
    Err(Box::new(finding))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(entry: &Entry, code: &str, message: &str) {
        let (documents, findings) = load_entry(&RepoPath::from("desks/a.yaml"), entry);
        let [finding] = findings.as_slice() else {
            panic!("{findings:?}");
        };
        assert_eq!(documents, []);
        assert_eq!((finding.code, finding.message.as_str()), (code, message));
        assert!(finding.help.is_some());
    }

    #[test]
    fn what_is_no_file_is_a_finding() {
        check(
            &Entry::Symlink {
                target: "/etc/passwd".to_owned(),
            },
            "not-a-file",
            "`desks/a.yaml` is a symbolic link to `/etc/passwd`, and links are not followed",
        );
        check(
            &Entry::Submodule,
            "not-a-file",
            "`desks/a.yaml` is a Git submodule, whose content is in another repository",
        );
        check(
            &Entry::Unreadable {
                reason: "permission denied".to_owned(),
            },
            "unreadable-file",
            "`desks/a.yaml` cannot be read: permission denied",
        );
        check(
            &Entry::TooLarge { bytes: 10 << 20 },
            "yaml-budget",
            "`desks/a.yaml` has 10485760 bytes, more than the 1048576 that are read",
        );
    }

    #[test]
    fn a_file_is_loaded() {
        let entry = Entry::File(b"a: 1\n".as_slice().into());
        let (documents, findings) = load_entry(&RepoPath::from("a.yaml"), &entry);
        assert_eq!((documents.len(), findings.len()), (1, 0));
    }
}
