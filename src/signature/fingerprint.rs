//! What a key is known by: the digest of its public half, as `ssh-keygen -l` prints it.

use std::fmt;
use std::str::FromStr;

use ssh_key::HashAlg;
use ssh_key::public::KeyData;

/// The SHA-256 of a public key: `SHA256:` and 43 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    pub(super) fn of(key: &KeyData) -> Self {
        Self(key.fingerprint(HashAlg::Sha256).to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `SHA256:` and 43 characters, as `ssh-keygen -l` prints them")]
pub struct ParseFingerprintError;

impl FromStr for Fingerprint {
    type Err = ParseFingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<ssh_key::Fingerprint>() {
            Ok(fingerprint) if fingerprint.is_sha256() => Ok(Self(fingerprint.to_string())),
            Ok(_) | Err(_) => Err(ParseFingerprintError),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
