//! The mirror's folder: locked, opened, swept, and replaced as a whole.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError as Busy};

use git2::{Oid, Repository, RepositoryInitOptions};

use super::fetch::{self, target};
use super::push::{self, Pushed};
use super::{Fetched, Job};
use crate::digest::Digest;
use crate::git::history::{self, Span};
use crate::git::tree::read_commit;
use crate::git::url::RemoteUrl;
use crate::git::{Cause, Class, CommitId, Error, Folder};
use crate::people::{Authors, Concern};
use crate::source::Sources;

/// The number of packs above which a mirror is fetched anew: each fetch adds one.
const MAX_PACKS: usize = 200;

/// A mirror's folder, which no other process uses.
#[derive(Debug)]
pub(super) struct Store {
    url: RemoteUrl,
    folder: PathBuf,
    /// Held while a fetch runs, also by one that was given up at its deadline.
    fetching: Mutex<()>,
    /// Whether reading found damage.
    damaged: AtomicBool,
    lock: File,
}

impl Drop for Store {
    fn drop(&mut self) {
        // Closing the file is not enough while a child process, just forked, still has it open.
        let _ = self.lock.unlock();
    }
}

impl Store {
    pub(super) fn lock(cache: &Path, url: &RemoteUrl) -> Result<Self, Error> {
        let folder = cache.join(folder_name(url));
        let failed = |error: io::Error| failure(url, &folder, Cause::from(error));
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(cache)
            .map_err(failed)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.with_extension("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::InUse {
                    url: url.clone(),
                    path: folder,
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        sweep(&folder);
        Ok(Self {
            url: url.clone(),
            folder,
            fetching: Mutex::new(()),
            damaged: AtomicBool::new(false),
            lock,
        })
    }

    pub(super) fn fetch(&self, job: &Job) -> Result<Fetched, Error> {
        let _fetching = self.begin()?;
        let existing = self.open();
        let before = existing
            .as_ref()
            .and_then(|repository| target(repository, &job.reference));
        let previous = job.since.map(CommitId::oid).or(before);
        if let Some(repository) = existing
            && self.is_fit()
        {
            match fetch::update(&repository, job, previous) {
                Err(error) if error.class() == Class::Corrupt => {
                    tracing::warn!(url = %self.url, %error, "the mirror is damaged, fetching anew");
                }
                result => return result,
            }
        }
        self.renew(job, previous)
    }

    /// Pushes the ledger, which ends at a commit of the mirror.
    pub(super) fn push(&self, job: &Job, head: CommitId) -> Result<Pushed, Error> {
        let _fetching = self.begin()?;
        push::push(&self.existing()?, job, head)
    }

    /// The mirror, which something was fetched into before.
    pub(super) fn existing(&self) -> Result<Repository, Error> {
        Repository::open_bare(&self.folder).map_err(|error| Error::Corrupt {
            path: self.folder.clone(),
            source: Cause::from(&error),
        })
    }

    pub(super) fn read(&self, commit: CommitId, folder: &Folder) -> Result<Sources, Error> {
        let result = match self.existing() {
            Ok(repository) if is_elsewhere(&repository, commit) => Err(Error::NoSuchCommit {
                url: self.url.clone(),
                commit,
            }),
            Ok(repository) => read_commit(&repository, commit.oid(), folder),
            Err(error) => Err(error),
        };
        if matches!(&result, Err(error) if error.class() == Class::Corrupt) {
            self.damaged.store(true, Ordering::Relaxed);
        }
        result
    }

    pub(super) fn authors(
        &self,
        span: Span,
        folder: &Folder,
        concern: &Concern,
    ) -> Result<Authors, Error> {
        let repository = Repository::open_bare(&self.folder).map_err(|error| Error::Corrupt {
            path: self.folder.clone(),
            source: Cause::from(&error),
        })?;
        history::authors(&repository, folder, span, concern)
    }

    pub(super) fn failure(&self, source: Cause) -> Error {
        failure(&self.url, &self.folder, source)
    }

    pub(super) fn begin(&self) -> Result<MutexGuard<'_, ()>, Error> {
        match self.fetching.try_lock() {
            Ok(guard) => Ok(guard),
            // The lock guards no data, so a panic under it spoils nothing.
            Err(Busy::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(Busy::WouldBlock) => Err(Error::StillFetching {
                url: self.url.clone(),
            }),
        }
    }

    /// The mirror, as far as it can be opened.
    fn open(&self) -> Option<Repository> {
        Repository::open_bare(&self.folder).ok()
    }

    fn is_fit(&self) -> bool {
        let packs = fs::read_dir(self.folder.join("objects/pack")).map_or(0, |names| {
            names
                .flatten()
                .filter(|name| name.path().extension() == Some(OsStr::new("pack")))
                .count()
        });
        packs <= MAX_PACKS && !self.damaged.load(Ordering::Relaxed)
    }

    /// Fetches into a new folder, which takes the old one's place when it is complete.
    fn renew(&self, job: &Job, previous: Option<Oid>) -> Result<Fetched, Error> {
        let fresh = self.folder.with_extension("new");
        let io = |error: io::Error| self.failure(Cause::from(error));
        remove(&fresh).map_err(io)?;
        let mut options = RepositoryInitOptions::new();
        options.bare(true).external_template(false).mkpath(true);
        let repository = Repository::init_opts(&fresh, &options)
            .map_err(|error| self.failure(Cause::from(&error)))?;
        let fetched = fetch::update(&repository, job, previous)?;
        drop(repository);
        remove(&self.folder).map_err(io)?;
        fs::rename(&fresh, &self.folder).map_err(io)?;
        self.damaged.store(false, Ordering::Relaxed);
        Ok(fetched)
    }
}

fn failure(url: &RemoteUrl, folder: &Path, source: Cause) -> Error {
    Error::Store {
        url: url.clone(),
        path: folder.to_owned(),
        source,
    }
}

/// Whether a commit is not here, and no reference of the mirror says that it should be.
fn is_elsewhere(repository: &Repository, commit: CommitId) -> bool {
    let here = repository.odb().is_ok_and(|odb| odb.exists(commit.oid()));
    let expected = || {
        let references = repository.references_glob("refs/mirror/*");
        references.is_ok_and(|references| {
            references
                .flatten()
                .any(|reference| reference.target() == Some(commit.oid()))
        })
    };
    !here && !expected()
}

/// A name that people recognise, made unique by a digest of the address without its secrets.
fn folder_name(url: &RemoteUrl) -> String {
    let last = url.path().trim_end_matches('/').rsplit('/').next();
    let plain: String = last
        .unwrap_or_default()
        .trim_end_matches(".git")
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(40)
        .collect();
    format!("{plain}-{}.git", Digest::of(url.to_string()).short())
}

/// Removes what a killed process left: its locks, which nobody else can hold, and half packs.
fn sweep(folder: &Path) {
    let Ok(names) = fs::read_dir(folder) else {
        return;
    };
    for name in names.flatten() {
        let path = name.path();
        let Ok(kind) = name.file_type() else { continue };
        let text = name.file_name();
        let text = text.to_string_lossy();
        if kind.is_dir() {
            sweep(&path);
        } else if text.ends_with(".lock") || text.starts_with("pack_git2_") {
            // What cannot be removed shows itself when the fetch meets it.
            let _ = fs::remove_file(&path);
        }
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
