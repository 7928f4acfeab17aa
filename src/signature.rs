//! Signatures by SSH keys: who signed a commit, a tag, or an entry of the ledger.
//!
//! The form is that of `ssh-keygen -Y sign`, which Git writes with `gpg.format = ssh`. A signature
//! brings its own key, so it says by *which* key something was signed; whose key that is, and
//! whether it counts, is for the caller to know.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod fingerprint;
mod rsa;
mod signer;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use ssh_key::public::KeyData;
use ssh_key::{Algorithm, EcdsaCurve, SshSig};

pub use fingerprint::{Fingerprint, ParseFingerprintError};
pub use signer::{Signer, UnusableKey};

/// What Git's signatures are about. It keeps a signature of something else from passing for one.
pub const GIT: &str = "git";

/// The first line of a signature.
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";

/// The public half of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(ssh_key::PublicKey);

impl PublicKey {
    /// What it is known by.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.0.key_data())
    }
}

impl FromStr for PublicKey {
    type Err = ParsePublicKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match ssh_key::PublicKey::from_openssh(text) {
            Ok(key) if is_supported(&key.algorithm()) => Ok(Self(key)),
            Ok(key) => Err(ParsePublicKeyError::Unsupported(
                key.algorithm().to_string(),
            )),
            Err(_) => Err(ParsePublicKeyError::Malformed),
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_string())
    }
}

/// Why a text is no public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParsePublicKeyError {
    /// It has another form.
    #[error("expected a line like `ssh-ed25519 AAAA… comment`, as in a file that ends with `.pub`")]
    Malformed,
    /// It is of a kind that is not verified here.
    #[error(
        "keys of kind `{0}` are not supported; use `ssh-ed25519`, `ecdsa-sha2-nistp256` or `ssh-rsa`"
    )]
    Unsupported(String),
}

/// Whether keys of a kind are verified.
fn is_supported(algorithm: &Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::Ed25519
            | Algorithm::Rsa { .. }
            | Algorithm::SkEd25519
            | Algorithm::SkEcdsaSha2NistP256
            | Algorithm::Ecdsa {
                curve: EcdsaCurve::NistP256
            }
    )
}

/// Why a signature says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// It is one of GPG or X.509.
    #[error("it is not signed with an SSH key, which is the only kind that is verified")]
    NotSsh,
    /// It has no form that anybody could verify.
    #[error("the signature cannot be read")]
    Malformed,
    /// Its key is of a kind that is not verified here.
    #[error(
        "its key is of kind `{0}`; only `ssh-ed25519`, `ecdsa-sha2-nistp256` and `ssh-rsa` are verified"
    )]
    Unsupported(String),
    /// It is of something else.
    #[error("the signature is not of this content")]
    Mismatch,
}

/// By which key a message was signed, for one purpose.
pub fn signed_by(armored: &str, namespace: &str, message: &[u8]) -> Result<Fingerprint, Invalid> {
    let armored = armored.trim();
    if !armored.starts_with(BEGIN) {
        return Err(Invalid::NotSsh);
    }
    let signature = SshSig::from_pem(armored).map_err(|_| Invalid::Malformed)?;
    let algorithm = signature.public_key().algorithm();
    if !is_supported(&algorithm) {
        return Err(Invalid::Unsupported(algorithm.to_string()));
    }
    let key = ssh_key::PublicKey::from(signature.public_key().clone());
    match key.key_data() {
        KeyData::Rsa(rsa) => rsa::verify(rsa, namespace, message, &signature)?,
        _ => key
            .verify(namespace, message, &signature)
            .map_err(|_| Invalid::Mismatch)?,
    }
    Ok(Fingerprint::of(key.key_data()))
}
