//! One conversation with a host: what it is shown, what it proves, and when it has taken too long.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use git2::cert::Cert;
use git2::{
    AutotagOption, CertificateCheckStatus, Cred, CredentialType, ErrorClass, ErrorCode,
    FetchOptions, ProxyOptions, PushOptions, RemoteCallbacks, RemoteRedirect,
};
use secrecy::ExposeSecret;

use super::{Job, MAX_RECEIVED_BYTES};
use crate::git::credentials::Refusal;
use crate::git::known_hosts::Verdict;
use crate::git::url::{RemoteUrl, Transport};
use crate::git::{Credentials, Error, HostKey, KnownHosts, SshCredential};

/// What is said by the user part of an SSH address that has none.
const SSH_USER: &str = "git";

/// A conversation, and why it was broken off, if it was.
pub(super) struct Session<'job> {
    job: &'job Job,
    /// Whether the host has seen the credential; it is shown once.
    shown: Cell<bool>,
    verdict: RefCell<Option<Error>>,
}

impl<'job> Session<'job> {
    pub(super) fn new(job: &'job Job) -> Self {
        Self {
            job,
            shown: Cell::new(false),
            verdict: RefCell::new(None),
        }
    }

    /// Why the conversation was broken off from this side.
    pub(super) fn verdict(&self) -> Option<Error> {
        self.verdict.borrow_mut().take()
    }

    pub(super) fn options(&self) -> FetchOptions<'_> {
        let mut options = FetchOptions::new();
        options
            .remote_callbacks(self.callbacks())
            .download_tags(AutotagOption::None)
            .proxy_options(proxy())
            .follow_redirects(RemoteRedirect::None)
            .update_fetchhead(false);
        options
    }

    /// How to push, and where to put what the remote says of each reference.
    pub(super) fn push_options<'it>(
        &'it self,
        answer: &'it RefCell<Option<String>>,
    ) -> PushOptions<'it> {
        let mut callbacks = self.callbacks();
        callbacks.push_update_reference(|_, refusal| {
            answer.replace(refusal.map(str::to_owned));
            Ok(())
        });
        let mut options = PushOptions::new();
        options
            .remote_callbacks(callbacks)
            .proxy_options(proxy())
            .follow_redirects(RemoteRedirect::None);
        options
    }

    pub(super) fn callbacks(&self) -> RemoteCallbacks<'_> {
        let mut callbacks = RemoteCallbacks::new();
        callbacks
            .credentials(|url, user, allowed| self.credential(url, user, allowed))
            .certificate_check(|cert, host| self.certificate(cert, host))
            .sideband_progress(|_| self.goes_on(0))
            .transfer_progress(|progress| self.goes_on(progress.received_bytes()));
        callbacks
    }

    fn goes_on(&self, received: usize) -> bool {
        let end = if Instant::now() >= self.job.deadline {
            self.job.timed_out()
        } else if received > MAX_RECEIVED_BYTES {
            Error::TooMuch {
                url: self.job.url.clone(),
            }
        } else {
            return true;
        };
        self.verdict.replace(Some(end));
        false
    }

    fn credential(
        &self,
        url: &str,
        user: Option<&str>,
        allowed: CredentialType,
    ) -> Result<Cred, git2::Error> {
        if let Some(refusal) = self.refusal(url) {
            return Err(self.refuse(refusal));
        }
        match &self.job.credentials {
            Credentials::Ssh(_) if allowed.is_username() => {
                Cred::username(user.unwrap_or(SSH_USER))
            }
            Credentials::Ssh(ssh) if allowed.is_ssh_memory() => {
                self.shown.set(true);
                self.ssh(ssh, user)
            }
            Credentials::Basic(basic) if allowed.is_user_pass_plaintext() => {
                self.shown.set(true);
                Cred::userpass_plaintext(&basic.username, basic.password.expose_secret())
            }
            Credentials::None if self.job.url.has_secret() => Err(self.refuse(Refusal::Rejected)),
            Credentials::None => Err(self.refuse(Refusal::Missing)),
            Credentials::Ssh(_) | Credentials::Basic(_) => Err(self.refuse(Refusal::WrongKind)),
        }
    }

    /// Why the credential is not shown at all. The library would show a wrong one for ever.
    fn refusal(&self, url: &str) -> Option<Refusal> {
        if self.shown.get() {
            return Some(Refusal::Rejected);
        }
        let given = !matches!(self.job.credentials, Credentials::None);
        if given && self.job.url.exposes_credentials() {
            return Some(Refusal::ClearText);
        }
        (given && !self.is_host_of(url)).then_some(Refusal::OtherHost)
    }

    /// A host may redirect the request: the address is then another one.
    fn is_host_of(&self, url: &str) -> bool {
        let ours = &self.job.url;
        ours.transport() == Transport::Ssh
            || url.parse::<RemoteUrl>().is_ok_and(|url| {
                url.host() == ours.host()
                    && url.port() == ours.port()
                    && url.transport() == ours.transport()
            })
    }

    fn ssh(&self, ssh: &SshCredential, user: Option<&str>) -> Result<Cred, git2::Error> {
        let passphrase = ssh.passphrase.as_ref().map(ExposeSecret::expose_secret);
        Cred::ssh_key_from_memory(
            user.unwrap_or(SSH_USER),
            None,
            ssh.private_key.expose_secret(),
            passphrase,
        )
        .map_err(|_| self.refuse(Refusal::UnusableKey))
    }

    fn refuse(&self, refusal: Refusal) -> git2::Error {
        self.give_up(Error::Unauthorised {
            url: self.job.url.clone(),
            refusal,
        })
    }

    /// Notes why, and gives the library an error to end with.
    fn give_up(&self, error: Error) -> git2::Error {
        let told = git2::Error::new(ErrorCode::Auth, ErrorClass::Callback, error.to_string());
        self.verdict.replace(Some(error));
        told
    }

    fn certificate(
        &self,
        cert: &Cert<'_>,
        host: &str,
    ) -> Result<CertificateCheckStatus, git2::Error> {
        let Some(wire) = cert.as_hostkey() else {
            return Ok(CertificateCheckStatus::CertificatePassthrough);
        };
        let Some(key) = wire.hostkey().and_then(HostKey::from_wire) else {
            return Err(git2::Error::from_str("the host shows no key"));
        };
        match self.host_key(host, &key) {
            None => Ok(CertificateCheckStatus::CertificateOk),
            Some(error) => Err(self.give_up(error)),
        }
    }

    /// What is wrong with the key of the host.
    fn host_key(&self, host: &str, key: &HostKey) -> Option<Error> {
        let nobody = KnownHosts::default();
        let known = match &self.job.credentials {
            Credentials::Ssh(ssh) => &ssh.known_hosts,
            Credentials::None | Credentials::Basic(_) => &nobody,
        };
        let port = self.job.url.port();
        let changed = |instead| {
            Some(Error::ChangedHostKey {
                url: self.job.url.clone(),
                fingerprint: key.fingerprint().to_owned(),
                instead,
                line: key.line(host, port),
            })
        };
        match known.check(host, port, key) {
            Verdict::Known => None,
            Verdict::Revoked => changed("revokes it"),
            Verdict::Changed => changed("has another one of its kind"),
            Verdict::Unknown { kinds } => Some(Error::UnknownHostKey {
                url: self.job.url.clone(),
                fingerprint: key.fingerprint().to_owned(),
                hint: hint(known, &kinds),
                line: key.line(host, port),
            }),
        }
    }
}

/// The proxy that Git's configuration or the environment names, if any.
pub(super) fn proxy() -> ProxyOptions<'static> {
    let mut options = ProxyOptions::new();
    options.auto();
    options
}

fn hint(known: &KnownHosts, kinds: &[String]) -> String {
    if !kinds.is_empty() {
        format!(" (which has its {})", kinds.join(", "))
    } else if known.has_hashed_lines() {
        " (lines with a hashed host are not understood)".to_owned()
    } else {
        String::new()
    }
}
