//! Secrets that requests need. Each is mounted as a folder of its name, and says in its key
//! `hosts`, one a line, to whom it may be shown.

use std::collections::BTreeMap;
use std::path::PathBuf;

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::fs::read_to_string;

use super::Trouble;
use crate::spec::metric::SecretRef;

/// The key with the hosts that a Secret may be shown to.
const HOSTS: &str = "hosts";

/// Where Secrets are.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    folder: Option<PathBuf>,
}

impl Secrets {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// A secret, for a host that it may be shown to.
    pub(crate) async fn read(
        &self,
        reference: &SecretRef,
        host: &str,
    ) -> Result<SecretString, Trouble> {
        let (hosts, value) = self.load(reference).await?;
        may_be_shown(reference, &hosts, host)?;
        Ok(value)
    }

    /// A secret that is an address, whose host may be shown it.
    pub(crate) async fn read_address(
        &self,
        reference: &SecretRef,
    ) -> Result<(SecretString, String), Trouble> {
        let SecretRef { secret, key } = reference;
        let (hosts, value) = self.load(reference).await?;
        let uri: Option<Uri> = value.expose_secret().parse().ok();
        let host = uri.and_then(|uri| uri.host().map(str::to_owned));
        let host =
            host.ok_or_else(|| Trouble(format!("key `{key}` of Secret `{secret}` is no address")))?;
        may_be_shown(reference, &hosts, &host)?;
        Ok((value, host))
    }

    /// A secret, and to whom it may be shown.
    async fn load(&self, reference: &SecretRef) -> Result<(String, SecretString), Trouble> {
        let SecretRef { secret, key } = reference;
        let folder = self.folder.as_ref().ok_or_else(|| {
            Trouble(format!(
                "Secret `{secret}` is not mounted: there is no folder of Secrets for gates (`tidegate run --gate-secrets`)"
            ))
        })?;
        // The name of a Secret leads nowhere else, but a key could.
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if key.is_empty() || key.starts_with('.') || key == HOSTS || !key.bytes().all(plain) {
            return Err(Trouble(format!("`{key}` is not a key of a Secret")));
        }
        let folder = folder.join(secret.as_str());
        let hosts = read_to_string(folder.join(HOSTS)).await.map_err(|_| {
            Trouble(format!(
                "Secret `{secret}` is not mounted, or has no key `{HOSTS}` that says to whom it may be shown"
            ))
        })?;
        let value = read_to_string(folder.join(key)).await;
        let value =
            value.map_err(|_| Trouble(format!("Secret `{secret}` has no readable key `{key}`")))?;
        Ok((
            hosts,
            value.trim_end_matches(['\r', '\n']).to_owned().into(),
        ))
    }

    /// Headers whose values are secrets, for a host that they may be shown to.
    pub(crate) async fn headers(
        &self,
        headers: &BTreeMap<String, SecretRef>,
        host: &str,
    ) -> Result<HeaderMap, Trouble> {
        let mut map = HeaderMap::new();
        for (name, reference) in headers {
            let secret = self.read(reference, host).await?;
            let unfit = || {
                let SecretRef { secret, key } = reference;
                Trouble(format!(
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

fn may_be_shown(reference: &SecretRef, hosts: &str, host: &str) -> Result<(), Trouble> {
    if hosts.split_whitespace().any(|allowed| allowed == host) {
        return Ok(());
    }
    let secret = &reference.secret;
    Err(Trouble(format!(
        "Secret `{secret}` may not be shown to `{host}`, which its key `{HOSTS}` does not name"
    )))
}
