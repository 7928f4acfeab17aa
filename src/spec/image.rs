//! References to container images and other OCI artefacts.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::text::{text_type, written_as_displayed};
use crate::digest::{Digest, ParseDigestError};

/// An image reference.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Image {
    /// Registry and repository, for example `docker.io/freqtradeorg/freqtrade` as it was written.
    pub repository: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest. Never invented: absent when nobody pinned it.
    pub digest: Option<Digest>,
}

text_type!(
    Image,
    "image",
    "An image reference, such as `registry.example.com/desk/bot:1.4` or `…@sha256:…`."
);

written_as_displayed!(Image);

/// Why a text is no image reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseImageError {
    /// The part before the tag is wrong.
    #[error(
        "`{0}` is not an image's repository: use lower-case letters, digits, `.`, `_`, `-` and `/`, such as `registry.example.com/desk/bot`"
    )]
    Repository(String),
    /// The tag is wrong.
    #[error("`{0}` is not an image tag: use letters, digits, `.`, `_` and `-`, at most 128")]
    Tag(String),
    /// The digest is wrong.
    #[error(transparent)]
    Digest(ParseDigestError),
}

impl FromStr for Image {
    type Err = ParseImageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.strip_prefix("oci://").unwrap_or(text);
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A `:` before the last `/` belongs to the registry's port.
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (rest, None),
        };
        if !is_repository(repository) {
            return Err(ParseImageError::Repository(repository.to_owned()));
        }
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(ParseImageError::Tag(tag.to_owned()));
        }
        Ok(Self {
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest
                .map(str::parse)
                .transpose()
                .map_err(ParseImageError::Digest)?,
        })
    }
}

fn is_repository(text: &str) -> bool {
    let mut parts = text.split('/');
    let Some(first) = parts.next() else {
        return false;
    };
    let rest_fits = parts.all(is_component);
    let is_registry = text.contains('/') && is_registry(first);
    rest_fits && (is_registry || is_component(first))
}

fn is_registry(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "443"));
    let host_fits = host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    !host.is_empty() && host_fits && port.parse::<u16>().is_ok()
}

fn is_component(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.bytes().next().is_some_and(inner)
        && text.bytes().next_back().is_some_and(inner)
        && text
            .bytes()
            .all(|b| inner(b) || matches!(b, b'.' | b'_' | b'-'))
}

fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_round_trip() {
        let digest = Digest::of("tide");
        for text in [
            "redis",
            "redis:7.2",
            "freqtradeorg/freqtrade:stable",
            "ghcr.io/nautechsystems/nautilus_trader:latest",
            "localhost:5000/a/b",
            &format!("registry.example.com/bot:1.4@{digest}"),
            &format!("registry.example.com/bot@{digest}"),
        ] {
            assert_eq!(text.parse::<Image>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_artefact_loses_its_scheme() {
        let image: Image = "oci://registry.example.com/models/x:1".parse().unwrap();
        assert_eq!(image.to_string(), "registry.example.com/models/x:1");
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (text, reason) in [
            ("", "is not an image's repository"),
            ("Redis", "is not an image's repository"),
            ("https://a.b/c", "is not an image's repository"),
            ("a b:1", "is not an image's repository"),
            ("a:b c", "is not an image tag"),
            ("a:", "is not an image tag"),
            ("a@sha256:12", "is not a digest"),
        ] {
            let error = text.parse::<Image>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
