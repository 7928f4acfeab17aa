//! Signatures by RSA keys, as OpenSSH makes them today: PKCS #1 v1.5 with SHA-256 or SHA-512.

use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
};
use ssh_key::public::RsaPublicKey;
use ssh_key::{Algorithm, HashAlg, SshSig};

use super::Invalid;

/// Whether a key signed a message, for one purpose. SHA-1, and keys of less than 2048 bits, do not
/// count.
pub(super) fn verify(
    key: &RsaPublicKey,
    namespace: &str,
    message: &[u8],
    signature: &SshSig,
) -> Result<(), Invalid> {
    let mismatch = || Invalid::Mismatch;
    if signature.namespace() != namespace {
        return Err(Invalid::Mismatch);
    }
    let parameters = parameters(&signature.algorithm()).ok_or_else(mismatch)?;
    let signed = SshSig::signed_data(namespace, signature.hash_alg(), message);
    let signed = signed.map_err(|_| Invalid::Mismatch)?;
    let components = RsaPublicKeyComponents {
        n: key.n.as_positive_bytes().ok_or_else(mismatch)?,
        e: key.e.as_positive_bytes().ok_or_else(mismatch)?,
    };
    components
        .verify(parameters, &signed, signature.signature_bytes())
        .map_err(|_| Invalid::Mismatch)
}

fn parameters(algorithm: &Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::Rsa {
            hash: Some(HashAlg::Sha256),
        } => Some(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rsa {
            hash: Some(HashAlg::Sha512),
        } => Some(&RSA_PKCS1_2048_8192_SHA512),
        _ => None,
    }
}
