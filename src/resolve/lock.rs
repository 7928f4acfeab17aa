//! `tidegate.lock`: which digest an image's tag stands for, as somebody looked it up.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Span};
use crate::digest::Digest;
use crate::source::{Entry, RepoPath};
use crate::spec::image::Image;
use crate::yaml;

/// Where tags became digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lock {
    /// The digests by image reference.
    Images(BTreeMap<String, Digest>),
    /// It cannot be read, so that no tag can be trusted.
    Damaged(Span),
}

impl Lock {
    /// Reads the lock; a fleet without one has pinned nothing.
    pub(super) fn read(file: Option<&(RepoPath, Entry)>) -> (Self, Vec<Diagnostic>) {
        let Some((path, entry)) = file else {
            return (Self::Images(BTreeMap::new()), Vec::new());
        };
        let (documents, mut findings) = yaml::load_entry(path, entry);
        let mut images = BTreeMap::new();
        for document in &documents {
            if let Some(images) = document.get("images")
                && !matches!(images.value, yaml::Value::Map(_) | yaml::Value::Null)
            {
                let message = format!(
                    "`images` should be a mapping, but is {}",
                    images.value.kind()
                );
                findings.push(bad(&images.span, &message));
            }
            for pin in document.get("images").map_or(&[][..], yaml::Node::entries) {
                match (pin.key.parse::<Image>(), parse(&pin.node)) {
                    (Ok(_), Some(digest)) => {
                        images.insert(pin.key.clone(), digest);
                    }
                    (Err(error), _) => findings.push(bad(&pin.key_span, &error.to_string())),
                    (Ok(_), None) => findings.push(bad(
                        &pin.node.span,
                        &format!("`{}` has no digest of the form `sha256:…`", pin.key),
                    )),
                }
            }
            findings.extend(
                document
                    .entries()
                    .iter()
                    .filter(|entry| entry.key != "images")
                    .map(|entry| bad(&entry.key_span, &format!("unknown field `{}`", entry.key))),
            );
        }
        if findings.iter().any(Diagnostic::is_error) {
            return (Self::Damaged(Span::start_of(path.clone())), findings);
        }
        (Self::Images(images), findings)
    }
}

fn parse(node: &yaml::Node) -> Option<Digest> {
    node.as_str()?.parse().ok()
}

fn bad(span: &Span, message: &str) -> Diagnostic {
    Diagnostic::error("bad-lock", span.clone(), message)
        .with_help("the file holds `images: {<image>: 'sha256:…'}`, each as the registry gives it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Lock, Vec<Diagnostic>) {
        let path = RepoPath::from("tidegate.lock");
        Lock::read(Some(&(path, Entry::File(text.as_bytes().into()))))
    }

    #[test]
    fn images_have_digests() {
        let digest = Digest::of("tide");
        let (lock, findings) = read(&format!("images:\n  redis:7: '{digest}'\n"));
        assert_eq!(findings, []);
        assert_eq!(lock, Lock::Images([("redis:7".to_owned(), digest)].into()));
    }

    #[test]
    fn a_damaged_lock_pins_nothing() {
        for (text, message) in [
            ("images: {redis: latest}", "`redis` has no digest"),
            ("images: {Redis: x}", "is not an image's repository"),
            ("imgs: {}", "unknown field `imgs`"),
            (
                "images: [redis]",
                "`images` should be a mapping, but is a list",
            ),
            ("images: [", ""),
        ] {
            let (lock, findings) = read(text);
            assert!(matches!(lock, Lock::Damaged(_)), "{text}");
            assert!(findings[0].message.contains(message), "{findings:?}");
        }
    }
}
