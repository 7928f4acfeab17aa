//! What Tidegate brings itself: the editions' defaults and the profiles of well-known engines.
//!
//! They are written in the very form of a fleet's own documents, and a fleet's engine of the same
//! name takes their place.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::diagnostic::Span;
use crate::source::RepoPath;
use crate::spec::engine::{EngineDocument, EngineSpec};
use crate::spec::fleet::Edition;
use crate::spec::names::EngineName;
use crate::yaml::{self, Node};

use super::read::Named;

/// The profiles' texts.
const ENGINES: [(&str, &str); 7] = [
    ("freqtrade", include_str!("engines/freqtrade.yaml")),
    ("hummingbot", include_str!("engines/hummingbot.yaml")),
    ("ib-gateway", include_str!("engines/ib-gateway.yaml")),
    ("lean", include_str!("engines/lean.yaml")),
    ("nautilus", include_str!("engines/nautilus.yaml")),
    ("plain", include_str!("engines/plain.yaml")),
    ("python-batch", include_str!("engines/python-batch.yaml")),
];

/// Where built-in texts claim to be.
const HOME: &str = "<built-in>/";

/// The engine of a strategy that names none.
pub(super) const PLAIN: &str = "plain";

static PROFILES: LazyLock<BTreeMap<EngineName, Named<EngineSpec>>> = LazyLock::new(|| {
    ENGINES
        .iter()
        .map(|(name, text)| {
            let node = load(&format!("engines/{name}.yaml"), text);
            let document: EngineDocument = serde_json::from_value(node.to_json())
                .expect("a test checks every built-in profile");
            let profile = Named {
                span: node.span.clone(),
                node,
                spec: Some(document.spec),
            };
            let name = name
                .parse()
                .expect("a test checks every built-in profile's name");
            (name, profile)
        })
        .collect()
});

static EDITION_2026_11: LazyLock<Node> = LazyLock::new(|| {
    load(
        "editions/2026-11.yaml",
        include_str!("editions/2026-11.yaml"),
    )
});

/// The built-in engine profiles.
pub(super) fn engines() -> &'static BTreeMap<EngineName, Named<EngineSpec>> {
    &PROFILES
}

/// What strategies do unless somebody says otherwise.
pub(super) fn edition(edition: Edition) -> &'static Node {
    match edition {
        Edition::November2026 => &EDITION_2026_11,
    }
}

/// Whether a place is in a text of ours, which users cannot correct.
pub(super) fn is_built_in(span: &Span) -> bool {
    span.file.as_str().starts_with(HOME)
}

fn load(name: &str, text: &str) -> Node {
    let path = RepoPath::from(format!("{HOME}{name}").as_str());
    let (mut documents, _) = yaml::load(&path, text);
    documents
        .pop()
        .expect("a test checks that every built-in text is a document")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::kind::Kind;
    use crate::spec::structure;

    #[test]
    fn every_built_in_profile_is_a_document_of_its_name() {
        for (name, text) in ENGINES {
            let (documents, findings) = yaml::load(&RepoPath::from(name), text);
            assert_eq!((documents.len(), findings.len()), (1, 0), "{name}");
            assert_eq!(structure::check(Kind::Engine, &documents[0]), [], "{name}");
            let written = documents[0].pointer("/metadata/name").unwrap();
            assert_eq!(written.as_str(), Some(name));
        }
        assert_eq!(engines().len(), ENGINES.len());
    }

    #[test]
    fn every_profile_below_the_hardened_default_says_why() {
        for (name, profile) in engines() {
            let spec = profile.spec.as_ref().unwrap();
            let waived = |rule: &str| spec.waivers.contains_key(rule);
            assert!(spec.run_as.user >= 10_000 || waived("low-uid"), "{name}");
            assert!(!spec.writable_root || waived("writable-root"), "{name}");
            let env = spec.account_keys.iter().any(|key| key.env.is_some())
                || spec.secrets.iter().any(|secret| secret.env.is_some());
            assert!(!env || waived("secret-env"), "{name}");
        }
    }

    #[test]
    fn an_edition_sets_every_resource() {
        let defaults = edition(Edition::November2026);
        for resource in ["cpu", "memory", "ephemeralStorage"] {
            let pointer = format!("/resources/{resource}");
            assert!(defaults.pointer(&pointer).is_some(), "{resource}");
        }
    }
}
