//! Remotes over HTTP, TLS and SSH, that let in, refuse, hang, and pose as others.

use std::io::{Read as _, Write as _};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use tidegate::git::mirror::{Fetched, Mirror};
use tidegate::git::{
    BasicCredential, Class, Credentials, Error, Folder, KnownHosts, Reference, SshCredential,
};

use super::{chain, check_error};
use crate::gitserver::{GitServer, Listener, Repo, SshServer, closed_port};

const LONG: Duration = Duration::from_mins(1);

fn fetch(cache: &TempDir, url: &str, credentials: &Credentials) -> Result<Fetched, Error> {
    let mirror = open(cache, url);
    let fetched = mirror.fetch(&named("main"), None, credentials, LONG)?;
    mirror.read(fetched.commit, &Folder::root())?;
    Ok(fetched)
}

fn open(cache: &TempDir, url: &str) -> Mirror {
    Mirror::open(cache.path(), url.parse().unwrap()).unwrap()
}

fn named(reference: &str) -> Reference {
    reference.parse().unwrap()
}

fn cache() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn basic(password: &str) -> Credentials {
    Credentials::Basic(BasicCredential {
        username: GitServer::USER.to_owned(),
        password: password.into(),
    })
}

#[test]
fn http_with_a_token_is_fetched_again_and_again() {
    let server = GitServer::start();
    let repo = server.bare_repo("fleet");
    let cache = cache();
    for text in ["one\n", "two\n", "three\n"] {
        let id = repo.push(&[("a.yaml", text)], text);
        let fetched = fetch(&cache, &server.url("fleet"), &basic(GitServer::TOKEN)).unwrap();
        assert_eq!(fetched.commit.to_string(), id);
    }
}

#[test]
fn an_old_commit_is_fetched_by_its_id() {
    let server = GitServer::start();
    let repo = server.bare_repo("fleet");
    let first = repo.push(&[("a.yaml", "one\n")], "first");
    repo.push(&[("a.yaml", "two\n")], "second");
    let cache = cache();
    let mirror = open(&cache, &server.url("fleet"));
    let fetched = mirror.fetch(&named(&first), None, &basic(GitServer::TOKEN), LONG);
    assert_eq!(fetched.unwrap().commit.to_string(), first);
}

#[test]
fn only_what_is_wanted_is_fetched() {
    let server = GitServer::start();
    let repo = server.bare_repo("fleet");
    repo.push(&[("a.yaml", "one\n")], "first");
    repo.git(&["switch", "--quiet", "--create", "desk"]);
    let other = repo.push(&[("b.yaml", "two\n")], "elsewhere");
    let cache = cache();
    let mirror = open(&cache, &server.url("fleet"));
    mirror
        .fetch(&named("main"), None, &basic(GitServer::TOKEN), LONG)
        .unwrap();
    check_error(
        mirror.read(other.parse().unwrap(), &Folder::root()),
        &[(&server.url("fleet"), "URL"), (&other, "ID")],
        "read the commit ID of `URL`: it was not fetched, or its history was rewritten since",
    );
}

#[test]
fn a_token_in_the_address_works_and_is_not_told() {
    let server = GitServer::start();
    let repo = server.bare_repo("fleet");
    repo.push(&[("a.yaml", "one\n")], "first");
    let with = |login: &str| server.url("fleet").replace("://", &format!("://{login}@"));
    let right = with(&format!("{}:{}", GitServer::USER, GitServer::TOKEN));
    fetch(&cache(), &right, &Credentials::None).unwrap();
    check_error(
        fetch(&cache(), &with("tide:wrong-token"), &Credentials::None),
        &[(&with("***"), "URL")],
        "fetch `URL`: the host does not accept the credential; check that it is the right one, \
         still valid, and may read this repository",
    );
}

#[test]
fn a_wrong_credential_is_shown_once() {
    let server = GitServer::start();
    server
        .bare_repo("fleet")
        .push(&[("a.yaml", "one\n")], "first");
    let url = server.url("fleet");
    check_error(
        fetch(&cache(), &url, &basic("wrong-token")),
        &[(&url, "URL")],
        "fetch `URL`: the host does not accept the credential; check that it is the right one, \
         still valid, and may read this repository",
    );
    assert_eq!(server.logins(), 1);
}

#[test]
fn a_credential_that_is_missing_or_of_another_kind_is_told() {
    let server = GitServer::start();
    server
        .bare_repo("fleet")
        .push(&[("a.yaml", "one\n")], "first");
    let url = server.url("fleet");
    check_error(
        fetch(&cache(), &url, &Credentials::None),
        &[(&url, "URL")],
        "fetch `URL`: the host asks for a credential and none is given",
    );
    let key = Credentials::Ssh(SshCredential {
        private_key: "a key".into(),
        passphrase: None,
        known_hosts: KnownHosts::default(),
    });
    check_error(
        fetch(&cache(), &url, &key),
        &[(&url, "URL")],
        "fetch `URL`: the host does not take this kind of credential; \
         HTTP takes a user and a token, SSH a key",
    );
}

#[test]
fn a_repository_that_is_not_there_is_told_from_a_host_that_is_not() {
    let server = GitServer::start();
    let url = server.url("nowhere");
    check_error(
        fetch(&cache(), &url, &basic(GitServer::TOKEN)),
        &[(&url, "URL")],
        "fetch `URL`: the host has no such repository, or does not show it to this credential: \
         unexpected http status code: 404",
    );
    let url = format!("http://127.0.0.1:{}/fleet.git", closed_port());
    check_error(
        fetch(&cache(), &url, &basic(GitServer::TOKEN)),
        &[(&url, "URL")],
        "fetch `URL`: its host cannot be reached; check the host's name and port, DNS, and what \
         the network lets through: failed to connect to 127.0.0.1: Connection refused",
    );
}

#[test]
fn a_host_that_hangs_is_left_at_the_deadline() {
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let ended = std::sync::Mutex::new(ended);
    let server = Listener::start(move |_stream| {
        // Holds the connection open until the test is over.
        let _ = ended.lock().unwrap().recv();
    });
    let url = format!("http://127.0.0.1:{}/fleet.git", server.port());
    let cache = cache();
    let mirror = open(&cache, &url);
    let fetch = || {
        mirror.fetch(
            &named("main"),
            None,
            &Credentials::None,
            Duration::from_millis(300),
        )
    };
    check_error(fetch(), &[(&url, "URL")], "fetch `URL`: no end after 300ms");
    check_error(
        fetch(),
        &[(&url, "URL")],
        "fetch `URL`: an earlier fetch still hangs; the host answers too slowly, or not at all",
    );
    drop(end);
}

#[test]
fn another_host_is_not_shown_the_credential() {
    let other = GitServer::start();
    other
        .bare_repo("fleet")
        .push(&[("a.yaml", "one\n")], "first");
    let target = format!("{}/info/refs?service=git-upload-pack", other.url("fleet"));
    let server = Listener::start(move |mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n"
        );
    });
    let url = format!("http://127.0.0.1:{}/fleet.git", server.port());
    check_error(
        fetch(&cache(), &url, &basic(GitServer::TOKEN)),
        &[(&url, "URL")],
        "fetch `URL`: its host redirects to another one, which is not shown the credential; \
         use the address that it redirects to",
    );
    assert_eq!(other.logins(), 0);
}

#[test]
fn something_that_is_no_git_server_is_told() {
    let server = Listener::start(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\
             Connection: close\r\n\r\nhi"
        );
    });
    let url = format!("http://127.0.0.1:{}/fleet.git", server.port());
    check_error(
        fetch(&cache(), &url, &Credentials::None),
        &[(&url, "URL")],
        "fetch `URL`: its host cannot be reached; check the host's name and port, DNS, and what \
         the network lets through: invalid content-type: 'text/html'",
    );
}

#[test]
fn a_certificate_that_nobody_trusts_is_refused() {
    let server = GitServer::start_tls();
    server
        .bare_repo("fleet")
        .push(&[("a.yaml", "one\n")], "first");
    let error = fetch(&cache(), &server.url("fleet"), &basic(GitServer::TOKEN)).unwrap_err();
    assert_eq!(error.class(), Class::Unauthorised, "{}", chain(&error));
    assert_eq!(
        error.to_string().replace(&server.url("fleet"), "URL"),
        "fetch `URL`: the host's TLS certificate is not trusted; \
         `SSL_CERT_FILE` names the authorities that are"
    );
    assert_eq!(server.logins(), 0);
}

/// Trust is the process's, so a second run of this very test has it.
#[test]
fn a_certificate_that_is_trusted_is_accepted() {
    const INSIDE: &str = "TIDEGATE_TEST_TRUSTS";
    if std::env::var_os(INSIDE).is_none() {
        let status = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "git::transports::a_certificate_that_is_trusted_is_accepted",
            ])
            .env("SSL_CERT_FILE", GitServer::certificate())
            .env(INSIDE, "1")
            .status()
            .unwrap();
        assert!(status.success());
        return;
    }
    let server = GitServer::start_tls();
    let id = server
        .bare_repo("fleet")
        .push(&[("a.yaml", "one\n")], "first");
    let fetched = fetch(&cache(), &server.url("fleet"), &basic(GitServer::TOKEN)).unwrap();
    assert_eq!(fetched.commit.to_string(), id);
}

struct SshBench {
    server: SshServer,
    repo: Repo,
    _folder: TempDir,
}

fn ssh_bench() -> SshBench {
    let folder = tempfile::tempdir().unwrap();
    let repo = Repo::init(&folder.path().join("fleet.git"));
    repo.push(&[("a.yaml", "one\n")], "first");
    SshBench {
        server: SshServer::start(),
        repo,
        _folder: folder,
    }
}

impl SshBench {
    fn url(&self) -> String {
        self.server.url(self.repo.path())
    }

    fn fetch(&self, key: &str, known_hosts: &str) -> Result<Fetched, Error> {
        self.fetch_with(key, None, known_hosts)
    }

    fn fetch_with(
        &self,
        key: &str,
        passphrase: Option<&str>,
        known_hosts: &str,
    ) -> Result<Fetched, Error> {
        let credentials = Credentials::Ssh(SshCredential {
            private_key: key.into(),
            passphrase: passphrase.map(Into::into),
            known_hosts: KnownHosts::parse(known_hosts),
        });
        fetch(&cache(), &self.url(), &credentials)
    }
}

#[test]
fn ssh_with_a_known_host_is_fetched() {
    let bench = ssh_bench();
    let fetched = bench.fetch(&bench.server.user_key(), &bench.server.known_hosts());
    assert_eq!(fetched.unwrap().commit.to_string(), bench.repo.head());
}

#[test]
fn an_encrypted_key_needs_its_passphrase() {
    let bench = ssh_bench();
    let key = bench.server.other_key("encrypted", "open sesame");
    bench.server.let_in("encrypted");
    let known = bench.server.known_hosts();
    bench.fetch_with(&key, Some("open sesame"), &known).unwrap();
    for wrong in [None, Some("close sesame")] {
        check_error(
            bench.fetch_with(&key, wrong, &known),
            &[(&bench.url(), "URL")],
            "fetch `URL`: the private key cannot be used; check that the file is whole \
             and its passphrase right",
        );
    }
}

#[test]
fn an_unknown_host_says_which_line_would_make_it_known() {
    let bench = ssh_bench();
    let line = bench.server.known_hosts();
    check_error(
        bench.fetch(&bench.server.user_key(), "github.com ssh-ed25519 AAAA"),
        &[
            (&bench.url(), "URL"),
            (&bench.server.fingerprint(), "FINGERPRINT"),
            (&line, "LINE"),
        ],
        "fetch `URL`: its host key FINGERPRINT is not in `known_hosts`; if the host's operator \
         confirms this fingerprint, add the line `LINE`",
    );
}

#[test]
fn a_host_that_shows_another_key_is_refused() {
    let bench = ssh_bench();
    let changed = bench.server.known_hosts_of("user");
    check_error(
        bench.fetch(&bench.server.user_key(), &changed),
        &[
            (&bench.url(), "URL"),
            (&bench.server.fingerprint(), "FINGERPRINT"),
            (&bench.server.known_hosts(), "LINE"),
        ],
        "fetch `URL`: its host key is FINGERPRINT, but `known_hosts` has another one of its kind: \
         somebody may be posing as the host; only if its operator confirms the change, replace \
         the line by `LINE`",
    );
}

#[test]
fn a_key_that_is_not_let_in_is_told() {
    let bench = ssh_bench();
    let stranger = bench.server.other_key("stranger", "");
    check_error(
        bench.fetch(&stranger, &bench.server.known_hosts()),
        &[(&bench.url(), "URL")],
        "fetch `URL`: the host does not accept the credential; check that it is the right one, \
         still valid, and may read this repository",
    );
    check_error(
        bench.fetch("not a key\n", &bench.server.known_hosts()),
        &[(&bench.url(), "URL")],
        "fetch `URL`: the private key cannot be used; check that the file is whole \
         and its passphrase right",
    );
}

#[test]
fn a_repository_that_is_not_there_over_ssh_is_told() {
    let bench = ssh_bench();
    let credentials = Credentials::Ssh(SshCredential {
        private_key: bench.server.user_key().into(),
        passphrase: None,
        known_hosts: KnownHosts::parse(&bench.server.known_hosts()),
    });
    let url = bench.server.url("/nowhere/fleet.git".as_ref());
    let error = fetch(&cache(), &url, &credentials).unwrap_err();
    assert_eq!(error.class(), Class::NotFound, "{}", chain(&error));
}
