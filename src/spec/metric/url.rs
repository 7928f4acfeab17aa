//! Addresses that gates may call.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use serde::Deserialize;

use crate::spec::text::{text_type, written_as_displayed};

/// An address that is called over HTTP: a scheme, a host, and no credentials.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct HttpUrl(String);

text_type!(
    HttpUrl,
    "http-url",
    "An address such as `http://prometheus.monitoring:9090`."
);
written_as_displayed!(HttpUrl);

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseUrlError {
    /// It has not the form. The text may hold a credential, so it is not repeated.
    #[error("this is not an address: write one such as `http://prometheus.monitoring:9090`")]
    Form,
    /// It has a user or a password in it.
    #[error(
        "an address must not hold a credential: put it into a Secret and name that under `headers`"
    )]
    Credential,
    /// It is where clouds hand out credentials.
    #[error(
        "`{0}` is a link-local address, where clouds hand out credentials: no gate may ask there"
    )]
    LinkLocal(String),
}

impl HttpUrl {
    /// The address as text, without a final `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A place below it.
    #[must_use]
    pub fn below(&self, path: &str) -> Self {
        Self(format!("{}/{path}", self.0))
    }

    /// The host, without the port.
    pub fn host(&self) -> String {
        let uri: Result<Uri, _> = self.0.parse();
        uri.ok()
            .and_then(|uri| uri.host().map(str::to_owned))
            .unwrap_or_default()
    }
}

impl FromStr for HttpUrl {
    type Err = ParseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| ParseUrlError::Form)?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let authority = uri.authority().ok_or(ParseUrlError::Form)?.as_str();
        if authority.contains('@') {
            return Err(ParseUrlError::Credential);
        }
        let host = uri.host().unwrap_or_default();
        if !is_http || host.is_empty() || text.contains('#') {
            return Err(ParseUrlError::Form);
        }
        if is_link_local(host) {
            return Err(ParseUrlError::LinkLocal(host.to_owned()));
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// Whether a host is an address at which clouds serve credentials to machines.
fn is_link_local(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            let mapped = address.to_ipv4_mapped();
            address.is_unicast_link_local() || mapped.is_some_and(|it| it.is_link_local())
        }
        Err(_) => false,
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host() {
        let url: HttpUrl = "http://prometheus.monitoring:9090/".parse().unwrap();
        assert_eq!(url.as_str(), "http://prometheus.monitoring:9090");
        assert_eq!(url.host(), "prometheus.monitoring");
        for text in [
            "",
            "prometheus:9090",
            "ftp://a.b",
            "http://",
            "/x",
            "http://a b",
            "http://a/#x",
        ] {
            assert_eq!(text.parse::<HttpUrl>(), Err(ParseUrlError::Form), "{text}");
        }
    }

    #[test]
    fn credentials_and_their_sources_are_refused() {
        let error = "https://u:hush@a.b/".parse::<HttpUrl>().unwrap_err();
        assert_eq!(error, ParseUrlError::Credential);
        assert!(!error.to_string().contains("hush"));
        for host in ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]"] {
            let error = format!("http://{host}/latest")
                .parse::<HttpUrl>()
                .unwrap_err();
            assert!(matches!(error, ParseUrlError::LinkLocal(_)), "{host}");
        }
    }
}
