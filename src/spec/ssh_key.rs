//! The public half of an SSH key.

use std::str::FromStr;

use serde::Deserialize;

use super::text::text_type;
use crate::signature::{Fingerprint, ParsePublicKeyError, PublicKey};

/// A public key, as a file that ends with `.pub` has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SshKey(PublicKey);

text_type!(
    SshKey,
    "sshKey",
    "The public half of an SSH key: one line, as in a file that ends with `.pub`."
);

impl SshKey {
    /// What it is known by.
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint()
    }
}

impl FromStr for SshKey {
    type Err = ParsePublicKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim().parse().map(Self)
    }
}
