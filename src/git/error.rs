//! What goes wrong between Tidegate and a Git repository.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::credentials::Refusal;
use super::gather::{MAX_DEPTH, MAX_FILES, MAX_TOTAL_BYTES};
use super::mirror::MAX_RECEIVED_BYTES;
use super::near::did_you_mean;
use super::url::{ParseUrlError, RemoteUrl};
use super::{CommitId, Folder, Reference};

/// A failure to read a fleet. No text of it holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder is not there.
    #[error("read the folder `{path}`: there is no such folder")]
    NoFolder {
        /// The folder as it was given.
        path: PathBuf,
    },
    /// Something else than a folder is there.
    #[error(
        "read the folder `{path}`: it is not a folder; give the folder that `tidegate.yaml` is in"
    )]
    NotAFolder {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The folder cannot be listed.
    #[error("read the folder `{path}`")]
    ReadFolder {
        /// The folder.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The folder's path is not text that Git and Tidegate agree on.
    #[error("read the folder `{path}`: its path is not UTF-8; rename it")]
    FolderName {
        /// The folder.
        path: PathBuf,
    },
    /// The folder is a bare repository.
    #[error("read the folder `{path}`: it is a bare repository, without files; give a clone of it")]
    BareRepository {
        /// The repository.
        path: PathBuf,
    },
    /// There are more files than a fleet may have.
    #[error(
        "read the fleet: it has more than {MAX_FILES} files; give the fleet's own folder, or let `.gitignore` name what is generated"
    )]
    TooManyFiles,
    /// The files hold more than a fleet may.
    #[error("read the fleet: its files hold more than {} MiB; give the fleet's own folder, or keep data out of it", MAX_TOTAL_BYTES >> 20)]
    TooManyBytes,
    /// Folders are nested deeper than a fleet's may be.
    #[error("read the fleet: its folders are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// A revision was asked for, outside of any repository.
    #[error(
        "find a Git repository at or above `{path}`: there is none, and a revision can only be read from one"
    )]
    NoRepository {
        /// The folder where the search began.
        path: PathBuf,
    },
    /// The repository belongs to another user, so that its configuration is not trusted.
    #[error(
        "open the repository of `{path}`: it belongs to another user; if you trust it, run `git config --global --add safe.directory '{path}'`"
    )]
    ForeignOwner {
        /// The folder in the repository.
        path: PathBuf,
    },
    /// The repository cannot be opened.
    #[error("open the repository of `{path}`")]
    OpenRepository {
        /// The folder in the repository.
        path: PathBuf,
        /// The library's answer.
        source: Cause,
    },
    /// The repository cannot be read.
    #[error("read the repository `{path}`")]
    ReadRepository {
        /// The repository.
        path: PathBuf,
        /// The library's answer.
        source: Cause,
    },
    /// The revision names nothing.
    #[error("find the revision `{rev}` in `{path}`: it is no branch, remote branch, tag or commit there{}{}", did_you_mean(near), if *.shallow { "; the clone is shallow: `git fetch --unshallow` gets the rest of its history" } else { "" })]
    NoSuchRevision {
        /// The revision as it was given.
        rev: String,
        /// The repository.
        path: PathBuf,
        /// Names near it.
        near: Vec<String>,
        /// Whether the repository lacks part of its history.
        shallow: bool,
    },
    /// The revision is not written as Git would.
    #[error(
        "read the revision `{rev}`: it is not a name or expression that Git knows, such as `main`, `origin/main`, `v1.2` or `HEAD~1`"
    )]
    InvalidRevision {
        /// The revision as it was given.
        rev: String,
    },
    /// The short id fits several objects.
    #[error("find the revision `{rev}`: several objects begin with it; give more digits")]
    AmbiguousRevision {
        /// The revision as it was given.
        rev: String,
    },
    /// The revision names an object that no commit is behind.
    #[error("read the revision `{rev}`: it does not name a commit")]
    NotACommit {
        /// The revision or reference as it was given.
        rev: String,
    },
    /// The commit has no such folder.
    #[error("find the folder `{folder}` in the commit {commit}: it has no such folder")]
    NoSuchFolder {
        /// The folder within the repository.
        folder: Folder,
        /// The commit.
        commit: CommitId,
    },
    /// The mirror does not have the commit.
    #[error(
        "read the commit {commit} of `{url}`: it was not fetched, or its history was rewritten since"
    )]
    NoSuchCommit {
        /// The remote.
        url: RemoteUrl,
        /// The commit.
        commit: CommitId,
    },
    /// An object is missing or damaged.
    #[error(
        "read the repository `{path}`: an object in it is missing or damaged; `git fsck` tells more, a new clone mends it"
    )]
    Corrupt {
        /// The repository.
        path: PathBuf,
        /// The library's answer.
        source: Cause,
    },
    /// The remote's address is not one.
    #[error("read the address of the Git repository")]
    Url(#[from] ParseUrlError),
    /// A credential's file is missing or cannot be used.
    #[error("read the Git credential in `{path}`: {problem}")]
    ReadCredential {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong, as a fragment.
        problem: String,
    },
    /// The mirror's folder cannot be made, locked or replaced.
    #[error("keep the mirror of `{url}` in `{path}`")]
    Store {
        /// The remote.
        url: RemoteUrl,
        /// The mirror's folder.
        path: PathBuf,
        /// The operating system's or the library's answer.
        source: Cause,
    },
    /// Another process has the mirror.
    #[error(
        "keep the mirror of `{url}` in `{path}`: another process is using it; stop it, or give another cache folder"
    )]
    InUse {
        /// The remote.
        url: RemoteUrl,
        /// The mirror's folder.
        path: PathBuf,
    },
    /// An earlier fetch was given up and has not ended yet.
    #[error(
        "fetch `{url}`: an earlier fetch still hangs; the host answers too slowly, or not at all"
    )]
    StillFetching {
        /// The remote.
        url: RemoteUrl,
    },
    /// Nothing answers at the remote's address, or not as a Git server.
    #[error(
        "fetch `{url}`: its host cannot be reached; check the host's name and port, DNS, and what the network lets through"
    )]
    Unreachable {
        /// The remote.
        url: RemoteUrl,
        /// The library's answer.
        source: Cause,
    },
    /// The deadline passed.
    #[error("fetch `{url}`: no end after {within:?}")]
    TimedOut {
        /// The remote.
        url: RemoteUrl,
        /// How long it was tried.
        within: Duration,
    },
    /// The server wants another credential than it got.
    #[error("fetch `{url}`: {refusal}")]
    Unauthorised {
        /// The remote.
        url: RemoteUrl,
        /// What was refused by whom.
        refusal: Refusal,
    },
    /// The TLS certificate does not prove the host's name.
    #[error(
        "fetch `{url}`: the host's TLS certificate is not trusted; `SSL_CERT_FILE` names the authorities that are"
    )]
    Certificate {
        /// The remote.
        url: RemoteUrl,
        /// The library's answer.
        source: Cause,
    },
    /// The SSH host key is not known.
    #[error(
        "fetch `{url}`: its host key {fingerprint} is not in `known_hosts`{hint}; if the host's operator confirms this fingerprint, add the line `{line}`"
    )]
    UnknownHostKey {
        /// The remote.
        url: RemoteUrl,
        /// The key's fingerprint, as `ssh-keygen -l` prints it.
        fingerprint: String,
        /// What `known_hosts` has instead, as a parenthesis.
        hint: String,
        /// The line to add.
        line: String,
    },
    /// The SSH host key is not the one that is known, or it is revoked.
    #[error(
        "fetch `{url}`: its host key is {fingerprint}, but `known_hosts` {instead}: somebody may be posing as the host; only if its operator confirms the change, replace the line by `{line}`"
    )]
    ChangedHostKey {
        /// The remote.
        url: RemoteUrl,
        /// The key's fingerprint, as `ssh-keygen -l` prints it.
        fingerprint: String,
        /// What `known_hosts` says instead.
        instead: &'static str,
        /// The line that would let it pass.
        line: String,
    },
    /// The host answers, but has no such repository (or does not show it).
    #[error(
        "fetch `{url}`: the host has no such repository, or does not show it to this credential"
    )]
    NoSuchRepository {
        /// The remote.
        url: RemoteUrl,
        /// The library's answer.
        source: Cause,
    },
    /// The repository has no such branch, tag or commit.
    #[error("fetch {reference} of `{url}`: the repository does not have it{}", if near.is_empty() && *.empty { "; it is empty".to_owned() } else { did_you_mean(near) })]
    NoSuchReference {
        /// The remote.
        url: RemoteUrl,
        /// What was asked for.
        reference: Reference,
        /// Names near it.
        near: Vec<String>,
        /// Whether the repository has no reference at all.
        empty: bool,
    },
    /// The remote sends more than a mirror may hold.
    #[error("fetch `{url}`: it sends more than {} MiB; keep specs in a repository of their own", MAX_RECEIVED_BYTES >> 20)]
    TooMuch {
        /// The remote.
        url: RemoteUrl,
    },
}

/// What kind of failure it is: retries, exit codes, conditions and metrics depend on this alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The command or the configuration names something that is not there, or is not possible.
    Configuration,
    /// The fleet is larger than a fleet may be.
    TooLarge,
    /// A credential, certificate or host key is refused.
    Unauthorised,
    /// The host cannot be reached.
    Unreachable,
    /// The deadline passed.
    TimedOut,
    /// The remote has no such repository, branch, tag, commit or folder.
    NotFound,
    /// Objects are missing or damaged.
    Corrupt,
    /// The local disk or another process is in the way.
    Local,
}

impl Class {
    /// The word for conditions and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "GitConfiguration",
            Self::TooLarge => "GitTooLarge",
            Self::Unauthorised => "GitUnauthorised",
            Self::Unreachable => "GitUnreachable",
            Self::TimedOut => "GitTimedOut",
            Self::NotFound => "GitNotFound",
            Self::Corrupt => "GitCorrupt",
            Self::Local => "GitLocal",
        }
    }
}

impl Error {
    /// The kind of failure.
    pub fn class(&self) -> Class {
        match self {
            Self::NoFolder { .. }
            | Self::NotAFolder { .. }
            | Self::FolderName { .. }
            | Self::BareRepository { .. }
            | Self::NoRepository { .. }
            | Self::ForeignOwner { .. }
            | Self::NoSuchRevision { .. }
            | Self::InvalidRevision { .. }
            | Self::AmbiguousRevision { .. }
            | Self::NotACommit { .. }
            | Self::Url(_) => Class::Configuration,
            Self::TooManyFiles | Self::TooManyBytes | Self::TooDeep | Self::TooMuch { .. } => {
                Class::TooLarge
            }
            Self::Unauthorised { .. }
            | Self::Certificate { .. }
            | Self::ReadCredential { .. }
            | Self::UnknownHostKey { .. }
            | Self::ChangedHostKey { .. } => Class::Unauthorised,
            Self::Unreachable { .. } => Class::Unreachable,
            Self::TimedOut { .. } | Self::StillFetching { .. } => Class::TimedOut,
            Self::NoSuchFolder { .. }
            | Self::NoSuchCommit { .. }
            | Self::NoSuchRepository { .. }
            | Self::NoSuchReference { .. } => Class::NotFound,
            Self::Corrupt { .. } => Class::Corrupt,
            Self::ReadFolder { .. }
            | Self::OpenRepository { .. }
            | Self::ReadRepository { .. }
            | Self::Store { .. }
            | Self::InUse { .. } => Class::Local,
        }
    }
}

/// What a library or the operating system said, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause(String);

impl Cause {
    /// A cause in words that hold no secret.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What the library said about a remote, with the secrets of its address masked.
    pub(super) fn about(url: &RemoteUrl, error: &git2::Error) -> Self {
        Self(url.redact(error.message().trim()))
    }
}

impl From<&git2::Error> for Cause {
    fn from(error: &git2::Error) -> Self {
        Self(error.message().trim().to_owned())
    }
}

impl From<std::io::Error> for Cause {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}
