//! The address of a remote repository.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

/// How a remote is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// HTTP over TLS.
    Https,
    /// HTTP in clear text.
    Http,
    /// SSH.
    Ssh,
    /// A repository on this machine.
    File,
}

/// The address of a remote repository. Displays without what may be a secret in it.
#[derive(Clone)]
pub struct RemoteUrl(Arc<Parts>);

struct Parts {
    text: SecretString,
    /// Parts of the address that may be secret.
    secrets: Vec<SecretString>,
    shown: String,
    transport: Transport,
    host: String,
    port: Option<u16>,
    path: String,
}

/// What is wrong with the address of a repository. The address itself may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseUrlError {
    /// Neither a URL, nor SSH's short form, nor a path.
    #[error(
        "it is not an address of a repository: expected `https://host/path`, `ssh://user@host/path`, `user@host:path`, `file:///path` or `/path`"
    )]
    Form,
    /// The scheme is not one that a fleet is fetched by.
    #[error("its scheme is not supported: use `https`, `http`, `ssh` or `file`")]
    Scheme,
    /// There is no host in it.
    #[error("it has no host")]
    Host,
    /// The port is not a number below 65536.
    #[error("its port is not a number from 1 to 65535")]
    Port,
    /// There is no path in it.
    #[error("it has no path")]
    Path,
}

impl RemoteUrl {
    /// How the remote is reached.
    pub fn transport(&self) -> Transport {
        self.0.transport
    }

    /// The host's name, in lower case; empty for a path.
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// The path on the host.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// Whether another address means the same repository on its host.
    ///
    /// Hosts are not compared: a forge is often known by another name inside the cluster than the
    /// one that it writes into its webhooks.
    pub fn same_repository(&self, other: &Self) -> bool {
        let plain = |url: &Self| {
            let path = url.0.path.trim_matches('/');
            path.strip_suffix(".git")
                .unwrap_or(path)
                .to_ascii_lowercase()
        };
        plain(self) == plain(other)
    }

    /// The whole address, for the library that connects to it.
    pub(super) fn expose(&self) -> &str {
        self.0.text.expose_secret()
    }

    pub(super) fn port(&self) -> u16 {
        self.0.port.unwrap_or(match self.0.transport {
            Transport::Https => 443,
            Transport::Http => 80,
            Transport::Ssh => 22,
            Transport::File => 0,
        })
    }

    /// Whether the address itself holds a credential.
    pub(super) fn has_secret(&self) -> bool {
        !self.0.secrets.is_empty()
    }

    /// Whether a credential would cross a network in clear text.
    pub(super) fn exposes_credentials(&self) -> bool {
        let host = self.0.host.trim_matches(['[', ']']);
        let near = host == "localhost"
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
            || host.trim_end_matches(".cluster.local").rsplit('.').next() == Some("svc");
        self.0.transport == Transport::Http && !near
    }

    /// Masks the secret parts of this address in a text.
    pub(super) fn redact(&self, text: &str) -> String {
        let text = text.replace(self.expose(), &self.0.shown);
        self.0.secrets.iter().fold(text, |text, secret| {
            text.replace(secret.expose_secret(), "***")
        })
    }
}

impl PartialEq for RemoteUrl {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for RemoteUrl {}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.shown)
    }
}

impl fmt::Debug for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteUrl({self})")
    }
}

impl FromStr for RemoteUrl {
    type Err = ParseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.chars().any(|c| c.is_control() || c == ' ') && !is_path(text) {
            return Err(ParseUrlError::Form);
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            return with_scheme(text, scheme, rest);
        }
        if is_path(text) {
            return local(text, text);
        }
        short_form(text)
    }
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') || text.starts_with("./") || text.starts_with("../")
}

fn with_scheme(text: &str, scheme: &str, rest: &str) -> Result<RemoteUrl, ParseUrlError> {
    let transport = match scheme {
        "https" => Transport::Https,
        "http" => Transport::Http,
        "ssh" | "git+ssh" | "ssh+git" => Transport::Ssh,
        "file" if rest.starts_with('/') => return local(text, rest),
        "file" => return Err(ParseUrlError::Path),
        _ => return Err(ParseUrlError::Scheme),
    };
    let (authority, path) = rest.split_once('/').ok_or(ParseUrlError::Path)?;
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let (userinfo, address) = match authority.rsplit_once('@') {
        Some((userinfo, address)) => (Some(userinfo), address),
        None => (None, authority),
    };
    let (host, port) = host_and_port(address)?;
    if path.is_empty() {
        return Err(ParseUrlError::Path);
    }
    let identity = Identity::of(transport, userinfo);
    let mut secrets = identity.secrets;
    secrets.extend(values(query));
    let masked = if query.is_empty() { "" } else { "?***" };
    Ok(RemoteUrl(Arc::new(Parts {
        text: text.into(),
        shown: format!("{scheme}://{}{address}/{path}{masked}", identity.shown),
        secrets,
        transport,
        host,
        port,
        path: path.to_owned(),
    })))
}

/// The values of a query, which may be tokens.
fn values(query: &str) -> impl Iterator<Item = SecretString> {
    query
        .split('&')
        .map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value))
        .filter(|value| !value.is_empty())
        .map(SecretString::from)
}

/// Who an address says is asking.
#[derive(Default)]
struct Identity {
    secrets: Vec<SecretString>,
    shown: String,
}

impl Identity {
    /// Over HTTP a lone user may be a token; over SSH it is a login name.
    fn of(transport: Transport, userinfo: Option<&str>) -> Self {
        let Some(userinfo) = userinfo else {
            return Self::default();
        };
        let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
        let login = transport == Transport::Ssh;
        let secret = match (login, password) {
            (false, "") => user,
            (_, password) => password,
        };
        let secrets = Vec::from_iter((!secret.is_empty()).then(|| secret.into()));
        let shown = match (login, password.is_empty()) {
            (true, true) => format!("{user}@"),
            (true, false) => format!("{user}:***@"),
            (false, _) => "***@".to_owned(),
        };
        Self { secrets, shown }
    }
}

fn host_and_port(address: &str) -> Result<(String, Option<u16>), ParseUrlError> {
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (address, None),
    };
    let port = port
        .map(|port| port.parse::<u16>().map_err(|_| ParseUrlError::Port))
        .transpose()?;
    if host.is_empty() {
        return Err(ParseUrlError::Host);
    }
    Ok((host.to_ascii_lowercase(), port))
}

/// SSH's `user@host:path`.
fn short_form(text: &str) -> Result<RemoteUrl, ParseUrlError> {
    let (login, path) = text.split_once(':').ok_or(ParseUrlError::Form)?;
    let host = login.rsplit_once('@').map_or(login, |(_, host)| host);
    if host.is_empty() || login.contains('/') {
        return Err(ParseUrlError::Form);
    }
    if path.is_empty() {
        return Err(ParseUrlError::Path);
    }
    Ok(RemoteUrl(Arc::new(Parts {
        text: text.into(),
        secrets: Vec::new(),
        shown: text.to_owned(),
        transport: Transport::Ssh,
        host: host.to_ascii_lowercase(),
        port: None,
        path: path.to_owned(),
    })))
}

fn local(text: &str, path: &str) -> Result<RemoteUrl, ParseUrlError> {
    if Path::new(path) == Path::new("/") {
        return Err(ParseUrlError::Path);
    }
    Ok(RemoteUrl(Arc::new(Parts {
        text: text.into(),
        secrets: Vec::new(),
        shown: text.to_owned(),
        transport: Transport::File,
        host: String::new(),
        port: None,
        path: path.to_owned(),
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> RemoteUrl {
        text.parse().unwrap()
    }

    fn check(text: &str, shown: &str, transport: Transport, host: &str, port: u16) {
        let url = url(text);
        assert_eq!(url.to_string(), shown);
        assert_eq!(url.transport(), transport);
        assert_eq!(url.host(), host);
        assert_eq!(url.port(), port);
    }

    #[test]
    fn addresses_are_understood() {
        use Transport::{File, Http, Https, Ssh};
        check(
            "https://Git.example.com/desk/fleet.git",
            "https://Git.example.com/desk/fleet.git",
            Https,
            "git.example.com",
            443,
        );
        check(
            "http://[::1]:3000/fleet",
            "http://[::1]:3000/fleet",
            Http,
            "[::1]",
            3000,
        );
        check(
            "ssh://git@host:2222/srv/fleet.git",
            "ssh://git@host:2222/srv/fleet.git",
            Ssh,
            "host",
            2222,
        );
        check(
            "git@github.example:desk/fleet.git",
            "git@github.example:desk/fleet.git",
            Ssh,
            "github.example",
            22,
        );
        check("/srv/fleet.git", "/srv/fleet.git", File, "", 0);
        check(
            "file:///srv/fleet.git",
            "file:///srv/fleet.git",
            File,
            "",
            0,
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        for text in [
            "https://ci:hunter22@host/fleet",
            "https://hunter22@host/fleet",
            "https://host/fleet?token=hunter22",
            "ssh://git:hunter22@host/fleet",
        ] {
            let url = url(text);
            let told = format!("{url} {url:?} {}", url.redact(&format!("bad {text}")));
            assert!(!told.contains("hunter22"), "{told}");
            assert!(url.redact("password hunter22 refused").contains("***"));
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        let why = |text: &str| text.parse::<RemoteUrl>().unwrap_err();
        assert_eq!(why("fleet"), ParseUrlError::Form);
        assert_eq!(why("git://host/fleet"), ParseUrlError::Scheme);
        assert_eq!(why("https:///fleet"), ParseUrlError::Host);
        assert_eq!(why("https://host:high/fleet"), ParseUrlError::Port);
        assert_eq!(why("https://host"), ParseUrlError::Path);
        assert_eq!(why("https://ho st/fleet"), ParseUrlError::Form);
    }

    #[test]
    fn one_repository_has_many_addresses() {
        let here = url("http://forge.forge.svc:3000/desk/fleet.git");
        assert!(here.same_repository(&url("git@git.example.com:Desk/fleet")));
        assert!(!here.same_repository(&url("https://git.example.com/desk/fleets")));
    }

    #[test]
    fn credentials_cross_no_network_in_clear_text() {
        assert!(url("http://git.example.com/fleet").exposes_credentials());
        assert!(!url("https://git.example.com/fleet").exposes_credentials());
        assert!(!url("http://127.0.0.1:3000/fleet").exposes_credentials());
        assert!(!url("http://forge.tools.svc/fleet").exposes_credentials());
    }
}
