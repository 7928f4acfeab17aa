//! A private key that signs.

use std::fmt;

use ssh_key::{HashAlg, LineEnding, PrivateKey};

use super::{PublicKey, is_supported};

/// A private key. It is never printed.
#[derive(Clone)]
pub struct Signer(PrivateKey);

/// Why a key cannot sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    /// It has another form.
    #[error("it is not a private key as `ssh-keygen -t ed25519` makes them")]
    Malformed,
    /// It needs a passphrase.
    #[error("it is encrypted; make one without a passphrase: `ssh-keygen -t ed25519 -N ''`")]
    Encrypted,
    /// It is of a kind that cannot sign here.
    #[error("keys of kind `{0}` are not supported; use `ssh-keygen -t ed25519`")]
    Unsupported(String),
}

impl Signer {
    /// Reads a key as `ssh-keygen` writes it.
    pub fn from_openssh(text: &str) -> Result<Self, UnusableKey> {
        let key = PrivateKey::from_openssh(text).map_err(|_| UnusableKey::Malformed)?;
        if key.is_encrypted() {
            return Err(UnusableKey::Encrypted);
        }
        let signer = Self(key);
        // A key that lives in hardware is known here by name only.
        match signer.sign("probe", b"") {
            Some(_) if is_supported(&signer.0.algorithm()) => Ok(signer),
            Some(_) | None => Err(UnusableKey::Unsupported(signer.0.algorithm().to_string())),
        }
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.public_key().clone())
    }

    /// Signs a message for one purpose, as text that Git takes for a signature. `None` when the key
    /// cannot, which [`Self::from_openssh`] has ruled out.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Option<String> {
        let signature = self.0.sign(namespace, HashAlg::Sha512, message).ok()?;
        signature.to_pem(LineEnding::LF).ok()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public_key().fingerprint())
    }
}
