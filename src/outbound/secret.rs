//! Secrets that requests need. Each is mounted as a folder of its name, and says in its key
//! `hosts`, one a line, to whom it may be shown.

use std::collections::BTreeMap;
use std::path::PathBuf;

use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::fs::read_to_string;

use super::Trouble;
use crate::spec::metric::SecretRef;

/// The key with the hosts that a Secret may be shown to.
const HOSTS: &str = "hosts";

/// Where Secrets are.
#[derive(Debug, Clone)]
pub(super) struct Secrets {
    folder: Option<PathBuf>,
}

impl Secrets {
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// A secret, for a host that it may be shown to.
    pub(super) async fn read(
        &self,
        reference: &SecretRef,
        host: &str,
    ) -> Result<SecretString, Trouble> {
        let SecretRef { secret, key } = reference;
        let folder = self.folder.as_ref().ok_or_else(|| {
            Trouble::Error(format!(
                "Secret `{secret}` is not mounted: there is no folder of Secrets for gates (`tidegate run --gate-secrets`)"
            ))
        })?;
        // The name of a Secret leads nowhere else, but a key could.
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if key.is_empty() || key.starts_with('.') || key == HOSTS || !key.bytes().all(plain) {
            return Err(Trouble::Error(format!("`{key}` is not a key of a Secret")));
        }
        let folder = folder.join(secret.as_str());
        let hosts = read_to_string(folder.join(HOSTS)).await.map_err(|_| {
            Trouble::Error(format!(
                "Secret `{secret}` is not mounted, or has no key `{HOSTS}` that says to whom it may be shown"
            ))
        })?;
        if !hosts.split_whitespace().any(|allowed| allowed == host) {
            return Err(Trouble::Error(format!(
                "Secret `{secret}` may not be shown to `{host}`, which its key `{HOSTS}` does not name"
            )));
        }
        let value = read_to_string(folder.join(key)).await;
        let value = value.map_err(|_| {
            Trouble::Error(format!("Secret `{secret}` has no readable key `{key}`"))
        })?;
        Ok(value.trim_end_matches(['\r', '\n']).to_owned().into())
    }

    /// Headers whose values are secrets, for a host that they may be shown to.
    pub(super) async fn headers(
        &self,
        headers: &BTreeMap<String, SecretRef>,
        host: &str,
    ) -> Result<HeaderMap, Trouble> {
        let mut map = HeaderMap::new();
        for (name, reference) in headers {
            let secret = self.read(reference, host).await?;
            let unfit = || {
                let SecretRef { secret, key } = reference;
                Trouble::Error(format!(
                    "key `{key}` of Secret `{secret}` cannot be the header `{name}`"
                ))
            };
            let name: HeaderName = name.parse().map_err(|_| unfit())?;
            let mut value: HeaderValue = secret.expose_secret().parse().map_err(|_| unfit())?;
            value.set_sensitive(true);
            map.insert(name, value);
        }
        Ok(map)
    }
}
