//! What a Git host is shown, read from files so that a mounted Secret serves and can be rotated.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};

use super::{Error, KnownHosts};

/// What a Git host is shown.
#[derive(Debug, Clone, Default)]
pub enum Credentials {
    /// Nothing.
    #[default]
    None,
    /// A user and a password or token, over HTTP.
    Basic(BasicCredential),
    /// A key, over SSH.
    Ssh(SshCredential),
}

/// A user and a password or token.
#[derive(Debug, Clone)]
pub struct BasicCredential {
    /// The user's name. Forges that take tokens alone accept any.
    pub username: String,
    /// The password or token.
    pub password: SecretString,
}

/// An SSH key and the hosts that it is shown to.
#[derive(Debug, Clone)]
pub struct SshCredential {
    /// The private key, in OpenSSH's or PEM form.
    pub private_key: SecretString,
    /// What the key is encrypted with.
    pub passphrase: Option<SecretString>,
    /// The keys of the hosts that are trusted.
    pub known_hosts: KnownHosts,
}

/// The file names of Kubernetes' own Secret types, then those that other tools use.
const PRIVATE_KEYS: [&str; 2] = ["ssh-privatekey", "identity"];
const PASSWORDS: [&str; 2] = ["password", "token"];

/// The largest file that is read as a credential.
const MAX_BYTES: u64 = 1 << 20;

impl Credentials {
    /// Reads the files of a mounted Secret, anew for each fetch.
    ///
    /// * `username` and `password` (or `token`), as in a Secret of type `kubernetes.io/basic-auth`;
    /// * or `ssh-privatekey` (or `identity`), as in `kubernetes.io/ssh-auth`, with `known_hosts`,
    ///   and `passphrase` when the key is encrypted.
    pub fn from_folder(folder: &Path) -> Result<Self, Error> {
        if !folder.is_dir() {
            return Err(problem(folder, "there is no such folder"));
        }
        if let Some(private_key) = first(folder, &PRIVATE_KEYS)? {
            return Ok(Self::Ssh(SshCredential {
                private_key: with_final_newline(&private_key),
                passphrase: read(folder, "passphrase")?.map(|text| trimmed(&text)),
                known_hosts: known_hosts(folder)?,
            }));
        }
        let username = read(folder, "username")?;
        match (username, first(folder, &PASSWORDS)?) {
            (username, Some(password)) => Ok(Self::Basic(BasicCredential {
                username: username.map_or_else(
                    || "git".to_owned(),
                    |name| name.expose_secret().trim().to_owned(),
                ),
                password: trimmed(&password),
            })),
            (Some(_), None) => Err(problem(folder, "there is a `username` but no `password`")),
            (None, None) => Err(problem(
                folder,
                "expected the files `username` and `password`, or `ssh-privatekey` and `known_hosts`",
            )),
        }
    }
}

fn known_hosts(folder: &Path) -> Result<KnownHosts, Error> {
    let text = read(folder, "known_hosts")?.ok_or_else(|| {
        problem(
            folder,
            "there is a key but no `known_hosts`; `ssh-keyscan HOST` prints its lines, \
             and the host's operator confirms them",
        )
    })?;
    Ok(KnownHosts::parse(text.expose_secret()))
}

fn first(folder: &Path, names: &[&str]) -> Result<Option<SecretString>, Error> {
    for name in names {
        if let Some(text) = read(folder, name)? {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

fn read(folder: &Path, name: &str) -> Result<Option<SecretString>, Error> {
    let path = folder.join(name);
    match fs::metadata(&path) {
        Ok(metadata) if metadata.len() > MAX_BYTES => {
            return Err(problem(&path, "it is larger than any credential"));
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(problem(&path, &error.to_string())),
    }
    match fs::read_to_string(&path) {
        Ok(text) if text.trim().is_empty() => Err(problem(&path, "it is empty")),
        Ok(text) => Ok(Some(text.into())),
        Err(error) => Err(problem(&path, &error.to_string())),
    }
}

/// Editors and `echo` end files with a newline that is no part of a password.
fn trimmed(text: &SecretString) -> SecretString {
    text.expose_secret().trim_end_matches(['\r', '\n']).into()
}

/// OpenSSH's key form is refused without its final newline, which copying often loses.
fn with_final_newline(text: &SecretString) -> SecretString {
    format!("{}\n", text.expose_secret().trim_end()).into()
}

fn problem(path: &Path, problem: &str) -> Error {
    Error::ReadCredential {
        path: path.to_owned(),
        problem: problem.to_owned(),
    }
}

/// Why a credential was not enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The host wants one and there is none.
    Missing,
    /// The host does not accept it.
    Rejected,
    /// It may not be used for this repository.
    Forbidden,
    /// It is of a kind that this transport or host does not take.
    WrongKind,
    /// The host sent the request on to another host, which is not shown the credential.
    OtherHost,
    /// It would cross a network in clear text.
    ClearText,
    /// The private key cannot be used.
    UnusableKey,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the host asks for a credential and none is given",
            Self::Rejected => {
                "the host does not accept the credential; check that it is the right one, \
                 still valid, and may read this repository"
            }
            Self::Forbidden => "the host forbids this credential to read the repository",
            Self::WrongKind => {
                "the host does not take this kind of credential; \
                 HTTP takes a user and a token, SSH a key"
            }
            Self::OtherHost => {
                "its host redirects to another one, which is not shown the credential; \
                 use the address that it redirects to"
            }
            Self::ClearText => {
                "a credential would cross the network in clear text; use `https` or `ssh`"
            }
            Self::UnusableKey => {
                "the private key cannot be used; check that the file is whole \
                 and its passphrase right"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn message(files: &[(&str, &str)]) -> String {
        let folder = folder(files);
        let error = Credentials::from_folder(folder.path()).unwrap_err();
        error
            .to_string()
            .replace(&folder.path().display().to_string(), "DIR")
    }

    #[test]
    fn a_basic_auth_secret_is_read_without_its_last_newline() {
        let folder = folder(&[("username", "ci\n"), ("password", "s3cr3t\n")]);
        let Ok(Credentials::Basic(basic)) = Credentials::from_folder(folder.path()) else {
            panic!("expected a user and a password");
        };
        assert_eq!(basic.username, "ci");
        assert_eq!(basic.password.expose_secret(), "s3cr3t");
        assert!(!format!("{basic:?}").contains("s3cr3t"));
    }

    #[test]
    fn half_a_credential_says_what_is_missing() {
        assert_eq!(
            message(&[("username", "ci")]),
            "read the Git credential in `DIR`: there is a `username` but no `password`"
        );
        assert_eq!(
            message(&[("username", "ci"), ("password", "\n")]),
            "read the Git credential in `DIR/password`: it is empty"
        );
        assert!(message(&[("identity", "key")]).contains("`ssh-keyscan HOST`"));
        assert!(message(&[]).contains("expected the files"));
        let error = Credentials::from_folder(Path::new("/nowhere")).unwrap_err();
        assert!(error.to_string().ends_with("there is no such folder"));
    }
}
