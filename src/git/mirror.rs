//! One reference of a remote repository, followed in a bare mirror on this machine.
//!
//! * Only the wanted reference is fetched, and it moves in the mirror only after everything that
//!   the commit's tree needs is there: an interrupted fetch leaves the mirror as it was.
//! * A mirror that is damaged, or has grown many packs, is fetched anew beside the old one, which
//!   it replaces when it is complete.
//! * A caller has its answer at the deadline, even when the host's name resolves for ever or its
//!   bytes drip: the fetch runs on a thread of its own, which is left behind.
//! * One process at a time has a mirror.

mod failure;
mod fetch;
mod ledger;
mod push;
mod session;
mod store;
mod tags;

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

pub use self::push::Pushed;
use self::store::Store;
pub use self::tags::Tags;

use super::history::Span;
use super::url::RemoteUrl;
use super::{Cause, CommitId, Credentials, Error, Folder, Reference};
use crate::people::{Authors, Concern};
use crate::source::Sources;

/// The number of bytes above which a remote is refused.
pub const MAX_RECEIVED_BYTES: usize = 2 << 30;

/// A mirror of a remote repository.
#[derive(Debug)]
pub struct Mirror {
    url: RemoteUrl,
    store: Arc<Store>,
}

/// Where a reference stands after a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The commit that the reference is at.
    pub commit: CommitId,
    /// The commit that it was at before, if that is known.
    pub previous: Option<CommitId>,
    /// How it came from the one to the other.
    pub movement: Movement,
    /// When it was committed, by its committer's clock.
    pub committed_at: Timestamp,
    /// Who wrote it: name and address.
    pub author: String,
    /// The first line of its message, shortened.
    pub summary: String,
}

/// How a reference moved between two fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// It is fetched for the first time.
    First,
    /// It is where it was.
    Unchanged,
    /// The commit before is an ancestor.
    Forward,
    /// The commit before is no ancestor: history was rewritten (a forced push).
    Rewritten,
}

/// What to fetch, how, and until when.
#[derive(Debug, Clone)]
struct Job {
    url: RemoteUrl,
    reference: Reference,
    since: Option<CommitId>,
    credentials: Credentials,
    within: Duration,
    deadline: Instant,
}

impl Mirror {
    /// Takes the mirror of a remote in a cache folder, for as long as this value lives.
    pub fn open(cache: &Path, url: RemoteUrl) -> Result<Self, Error> {
        let store = Arc::new(Store::lock(cache, &url)?);
        Ok(Self { url, store })
    }

    /// The remote's address.
    pub fn url(&self) -> &RemoteUrl {
        &self.url
    }

    /// Fetches a reference and tells where it is, and how it came there since a commit, or else
    /// since the fetch before. A commit that is there already costs nothing.
    pub fn fetch(
        &self,
        reference: &Reference,
        since: Option<CommitId>,
        credentials: &Credentials,
        within: Duration,
    ) -> Result<Fetched, Error> {
        let job = self.job(reference, since, credentials, within);
        self.in_time(job, Store::fetch)
    }

    fn job(
        &self,
        reference: &Reference,
        since: Option<CommitId>,
        credentials: &Credentials,
        within: Duration,
    ) -> Job {
        Job {
            url: self.url.clone(),
            reference: reference.clone(),
            since,
            credentials: credentials.clone(),
            within,
            deadline: Instant::now() + within,
        }
    }

    /// Does something on a thread of its own, which is left behind at the deadline.
    fn in_time<T: Send + 'static>(
        &self,
        job: Job,
        work: impl FnOnce(&Store, &Job) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let store = Arc::clone(&self.store);
        let (late, within) = (job.timed_out(), job.within);
        let (done, ended) = mpsc::sync_channel(1);
        let worker = thread::Builder::new()
            .name("git-remote".to_owned())
            .spawn(move || {
                let result = work(&store, &job);
                // After the deadline nobody listens.
                let _ = done.send(());
                result
            })
            .map_err(|error| self.store.failure(Cause::from(error)))?;
        if ended.recv_timeout(within) == Err(mpsc::RecvTimeoutError::Timeout) {
            return Err(late);
        }
        // The worker is at its end, so this does not wait.
        worker
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Who wrote what concerns somebody, between two commits that were fetched.
    pub fn authors(
        &self,
        span: Span,
        folder: &Folder,
        concern: &Concern,
    ) -> Result<Authors, Error> {
        self.store.authors(span, folder, concern)
    }

    /// Reads a folder of a commit that was fetched.
    ///
    /// When the mirror turns out to be damaged, the next fetch makes it anew.
    pub fn read(&self, commit: CommitId, folder: &Folder) -> Result<Sources, Error> {
        self.store.read(commit, folder)
    }
}

impl Job {
    fn timed_out(&self) -> Error {
        Error::TimedOut {
            url: self.url.clone(),
            within: self.within,
        }
    }
}
