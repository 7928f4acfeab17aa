//! A host for `git http-backend`: HTTP with basic authentication, with or without TLS.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use super::{Listener, Repo};

/// A Git server over HTTP that serves the bare repositories of a folder to one user.
pub(crate) struct GitServer {
    root: TempDir,
    listener: Listener,
    scheme: &'static str,
    logins: Arc<AtomicUsize>,
}

const BASIC: &str = "Basic dGlkZTphLXRva2VuLW9mLXRoZS10ZXN0";

impl GitServer {
    /// The user that may read.
    pub(crate) const USER: &'static str = "tide";
    /// The user's token.
    pub(crate) const TOKEN: &'static str = "a-token-of-the-test";

    /// Starts a server in clear text.
    pub(crate) fn start() -> Self {
        Self::with(None)
    }

    /// Starts a server with TLS, whose certificate is [`certificate`](Self::certificate).
    pub(crate) fn start_tls() -> Self {
        Self::with(Some(Arc::new(tls())))
    }

    fn with(tls: Option<Arc<ServerConfig>>) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let logins = Arc::new(AtomicUsize::new(0));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let host = Host {
            root: root.path().to_owned(),
            logins: Arc::clone(&logins),
        };
        let listener = Listener::start(move |stream| {
            // A client that goes away in the middle of an answer is no failure of the server.
            let _ = match &tls {
                None => host.serve(&stream),
                Some(config) => ServerConnection::new(Arc::clone(config))
                    .map_err(std::io::Error::other)
                    .and_then(|session| host.serve(StreamOwned::new(session, stream))),
            };
        });
        Self {
            root,
            listener,
            scheme,
            logins,
        }
    }

    /// Where the certificate of [`start_tls`](Self::start_tls) is.
    pub(crate) fn certificate() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/gitserver/cert.pem")
    }

    /// Makes an empty repository that the server serves.
    pub(crate) fn bare_repo(&self, name: &str) -> Repo {
        Repo::init(&self.root.path().join(format!("{name}.git")))
    }

    /// The folder of a repository.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.root.path().join(format!("{name}.git"))
    }

    /// The address of a repository.
    pub(crate) fn url(&self, name: &str) -> String {
        format!(
            "{}://127.0.0.1:{}/{name}.git",
            self.scheme,
            self.listener.port()
        )
    }

    /// The number of requests that came with a credential.
    pub(crate) fn logins(&self) -> usize {
        self.logins.load(Ordering::SeqCst)
    }
}

fn tls() -> ServerConfig {
    let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/gitserver/key.pem");
    let certificate = CertificateDer::from_pem_file(GitServer::certificate()).expect("PEM");
    let key = PrivateKeyDer::from_pem_file(key).expect("PEM");
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows the default versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("the key fits the certificate")
}

struct Host {
    root: PathBuf,
    logins: Arc<AtomicUsize>,
}

#[derive(Default)]
struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Host {
    fn serve(&self, stream: impl Read + Write) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        let request = read_request(&mut reader)?;
        let answer = match request.header("authorization") {
            None => unauthorised(),
            Some(credential) => {
                self.logins.fetch_add(1, Ordering::SeqCst);
                if credential == BASIC {
                    self.backend(&request)?
                } else {
                    unauthorised()
                }
            }
        };
        reader.get_mut().write_all(&answer)?;
        reader.get_mut().flush()
    }

    fn backend(&self, request: &Request) -> std::io::Result<Vec<u8>> {
        let mut child = Command::new("git")
            .arg("http-backend")
            .env("GIT_PROJECT_ROOT", &self.root)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("REQUEST_METHOD", &request.method)
            .env("PATH_INFO", &request.path)
            .env("QUERY_STRING", &request.query)
            .env("CONTENT_LENGTH", request.body.len().to_string())
            .env("CONTENT_TYPE", request.header("content-type").unwrap_or(""))
            .env(
                "HTTP_CONTENT_ENCODING",
                request.header("content-encoding").unwrap_or(""),
            )
            .env("REMOTE_USER", GitServer::USER)
            .env("REMOTE_ADDR", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut stdin = child.stdin.take().expect("stdin is piped");
        stdin.write_all(&request.body)?;
        drop(stdin);
        Ok(from_cgi(&child.wait_with_output()?.stdout))
    }
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

fn read_request(reader: &mut BufReader<impl Read + Write>) -> std::io::Result<Request> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default().to_owned();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut request = Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        ..Request::default()
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        request
            .headers
            .push((name.to_lowercase(), value.trim().to_owned()));
    }
    if request.header("expect").is_some() {
        reader
            .get_mut()
            .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        reader.get_mut().flush()?;
    }
    request.body = read_body(reader, &request)?;
    Ok(request)
}

fn read_body(
    reader: &mut BufReader<impl Read + Write>,
    request: &Request,
) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if request.header("transfer-encoding") != Some("chunked") {
        let length = request.header("content-length").unwrap_or("0");
        reader
            .take(length.parse().unwrap_or(0))
            .read_to_end(&mut body)?;
        return Ok(body);
    }
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let length = u64::from_str_radix(line.trim(), 16).unwrap_or(0);
        reader.take(length).read_to_end(&mut body)?;
        reader.read_line(&mut line)?;
        if length == 0 {
            return Ok(body);
        }
    }
}

fn unauthorised() -> Vec<u8> {
    answer(
        "401 Unauthorized",
        "WWW-Authenticate: Basic realm=\"git\"\r\n",
        b"",
    )
}

/// Turns a CGI answer into an HTTP one.
fn from_cgi(output: &[u8]) -> Vec<u8> {
    let end = output
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap_or(output.len());
    let (head, rest) = output.split_at(end);
    let mut status = "200 OK".to_owned();
    let mut headers = String::new();
    for line in String::from_utf8_lossy(head).lines() {
        match line.strip_prefix("Status: ") {
            Some(told) => told.clone_into(&mut status),
            None => headers.extend([line, "\r\n"]),
        }
    }
    answer(&status, &headers, rest.get(4..).unwrap_or_default())
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut answer = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )
    .into_bytes();
    answer.extend(body);
    answer
}
