//! Follows the repository: fetches, builds, and publishes what Git says.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::book::{Book, Keeping, Outbox, Shared};
use super::metrics::{Class, Metrics, Severity};
use super::snapshot::{PruneLeave, Snapshot};
use crate::cluster::lease::Told;
use crate::diagnostic::Diagnostic;
use crate::error::chain;
use crate::git::history::History;
use crate::git::mirror::{Mirror, Movement, Tags};
use crate::git::url::RemoteUrl;
use crate::git::{Credentials, Error, Folder, Reference};
use crate::spec::names::ClusterName;

/// What is known of the repository.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// What Git says, as of the last fetch that succeeded.
    pub(super) snapshot: Option<Arc<Snapshot>>,
    /// The tags by which people approve something, as of the last time that they could be read.
    pub(super) tags: Arc<Tags>,
    /// When that was.
    pub(super) fetched_at: Option<Timestamp>,
    /// Why the last attempt failed, if it did.
    pub(super) failure: Option<String>,
    /// What is known of the ledger.
    pub(super) book: Book,
}

/// What to follow, and how.
#[derive(Debug, Clone)]
pub struct Source {
    /// The repository.
    pub url: RemoteUrl,
    /// What of it.
    pub reference: Reference,
    /// The fleet's folder.
    pub folder: Folder,
    /// The folder of the mirror.
    pub cache: PathBuf,
    /// The folder of the credential.
    pub credentials: Option<PathBuf>,
    /// The cluster's name in the fleet.
    pub cluster: Option<ClusterName>,
    /// How often to ask.
    pub interval: Duration,
    /// How long one fetch may take.
    pub timeout: Duration,
    /// The file with the key that the ledger is signed with.
    pub ledger_key: Option<PathBuf>,
}

/// One who follows a repository.
pub(super) struct Following {
    /// What to follow.
    pub(super) source: Source,
    /// Where what is known is published.
    pub(super) known: watch::Sender<Known>,
    /// Asks at once, as a webhook does.
    pub(super) poke: Arc<Notify>,
    /// What is counted.
    pub(super) metrics: Arc<Metrics>,
    /// What is to be written into the ledger.
    pub(super) outbox: Arc<Outbox>,
    /// Where others find the mirror.
    pub(super) mirror: Arc<Shared>,
}

impl Following {
    /// Follows until told to stop, from where the leader before was.
    pub(super) async fn follow(self, told: Told, stop: CancellationToken) {
        let mut mirror: Option<Arc<Mirror>> = None;
        let mut keeping = Keeping::since(told.ledger);
        loop {
            let before = match self.known.borrow().snapshot.as_deref() {
                Some(snapshot) => Before::of(snapshot),
                None => Before::told(&told),
            };
            let round = round(self.source.clone(), mirror.take(), before);
            match tokio::task::spawn_blocking(round).await {
                Ok((kept, result)) => {
                    mirror = kept;
                    count(&self.metrics, &result);
                    self.known.send_modify(|known| publish(known, result));
                }
                // Its own message told where it panicked; the mirror is opened anew.
                Err(error) => self.known.send_modify(|known| {
                    known.failure = Some(format!("read the repository: {error}"));
                }),
            }
            if let Some(mirror) = &mirror {
                self.read_tags(mirror).await;
                keeping = self.keep_ledger(mirror, keeping).await;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.poke.notified() => {}
                () = tokio::time::sleep(self.source.interval) => {}
            }
        }
    }
}

impl Following {
    /// Reads the tags by which people approve something, where somebody could.
    async fn read_tags(&self, mirror: &Arc<Mirror>) {
        let snapshot = self.known.borrow().snapshot.clone();
        if !snapshot.is_some_and(|snapshot| snapshot.knows_tags()) {
            return;
        }
        let (source, mirror) = (self.source.clone(), Arc::clone(mirror));
        let read = tokio::task::spawn_blocking(move || {
            let credentials = credentials(source.credentials.as_deref())?;
            mirror.fetch_approvals(&source.reference, &credentials, source.timeout)
        });
        match read.await {
            Ok(Ok(tags)) => {
                self.known.send_if_modified(|known| {
                    let is_new = *known.tags != tags;
                    if is_new {
                        known.tags = Arc::new(tags);
                    }
                    is_new
                });
            }
            // What was read last goes on counting until it expires.
            Ok(Err(error)) => warn!(
                error = chain(&error),
                "the approvals in tags cannot be read"
            ),
            Err(error) => warn!(%error, "the approvals in tags could not be read"),
        }
    }
}

/// Where the repository was when it was last read, here or by the leader before.
struct Before {
    commit: Option<String>,
    /// Whether it had come there by a rewrite.
    was_rewritten: bool,
    /// Whether what it said there is known here.
    is_read: bool,
}

impl Before {
    fn of(snapshot: &Snapshot) -> Self {
        Self {
            commit: snapshot.commit.clone(),
            was_rewritten: snapshot.leave == PruneLeave::Rewritten,
            is_read: true,
        }
    }

    fn told(told: &Told) -> Self {
        Self {
            commit: told.commit.clone(),
            was_rewritten: told.rewritten.is_some() && told.rewritten == told.commit,
            is_read: false,
        }
    }

    /// Whether what is absent from the commit that it is at now may be pruned.
    fn leave(&self, movement: Movement) -> PruneLeave {
        match movement {
            Movement::Rewritten => PruneLeave::Rewritten,
            Movement::Unchanged if self.was_rewritten => PruneLeave::Rewritten,
            Movement::First | Movement::Unchanged | Movement::Forward => PruneLeave::Granted,
        }
    }
}

type Round = (Option<Arc<Mirror>>, Result<Option<Arc<Snapshot>>, Error>);

/// One look at the repository, to be run where it may block.
fn round(
    source: Source,
    mirror: Option<Arc<Mirror>>,
    before: Before,
) -> impl FnOnce() -> Round + Send {
    move || {
        let opened = match mirror {
            Some(mirror) => Ok(mirror),
            None => Mirror::open(&source.cache, source.url.clone()).map(Arc::new),
        };
        match opened {
            Ok(mirror) => {
                let result = look(&source, &mirror, &before);
                (Some(mirror), result)
            }
            Err(error) => (None, Err(error)),
        }
    }
}

/// Fetches, and builds when there is something new.
fn look(
    source: &Source,
    mirror: &Arc<Mirror>,
    before: &Before,
) -> Result<Option<Arc<Snapshot>>, Error> {
    let credentials = credentials(source.credentials.as_deref())?;
    let since = before.commit.as_deref().and_then(|id| id.parse().ok());
    let fetched = mirror.fetch(&source.reference, since, &credentials, source.timeout)?;
    let commit = fetched.commit.to_string();
    if before.is_read && before.commit.as_ref() == Some(&commit) {
        return Ok(None);
    }
    let leave = before.leave(fetched.movement);
    if leave == PruneLeave::Rewritten {
        warn!(
            commit,
            "the branch was rewritten, which may have lost files; what went away with it is kept \
             until the next commit on top"
        );
    }
    let sources = mirror.read(fetched.commit, &source.folder)?;
    let history = History::Mirror(Arc::downgrade(mirror), source.folder.clone());
    let snapshot = Snapshot::of(&sources, source.cluster.as_ref(), leave).with_history(history);
    tell(&snapshot.errors);
    info!(
        commit,
        author = fetched.author,
        summary = fetched.summary,
        "read a commit"
    );
    Ok(Some(Arc::new(snapshot)))
}

/// The credential as it is now: a mounted Secret changes under a running daemon.
pub(super) fn credentials(folder: Option<&Path>) -> Result<Credentials, Error> {
    match folder {
        Some(folder) if has_files(folder) => Credentials::from_folder(folder),
        Some(_) | None => Ok(Credentials::None),
    }
}

/// Whether anything is mounted. Kubernetes' own entries in a mount begin with `..`.
fn has_files(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
    })
}

/// Says what is wrong with a commit: a strategy that is new has no record to say it in.
fn tell(errors: &[Diagnostic]) {
    for error in errors {
        let at = format!("{}:{}", error.span.file, error.span.start.line);
        let (code, help) = (error.code, error.help.as_deref());
        warn!(code, at, error = error.message, help, "an error in Git");
    }
}

fn publish(known: &mut Known, result: Result<Option<Arc<Snapshot>>, Error>) {
    match result {
        Ok(snapshot) => {
            if known.failure.take().is_some() {
                info!("the repository answers again");
            }
            known.fetched_at = Some(Timestamp::now());
            if snapshot.is_some() {
                known.snapshot = snapshot;
            }
        }
        Err(error) => {
            let text = chain(&error);
            if known.failure.as_ref() != Some(&text) {
                warn!(
                    class = error.class().as_str(),
                    error = text,
                    "the repository cannot be read; what runs is kept as the last commit says"
                );
            }
            known.failure = Some(text);
        }
    }
}

fn count(metrics: &Metrics, result: &Result<Option<Arc<Snapshot>>, Error>) {
    match result {
        Ok(snapshot) => {
            #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
            metrics.fetched.set(Timestamp::now().as_second() as f64);
            if let Some(snapshot) = snapshot {
                let (errors, others) = snapshot.findings;
                for (severity, count) in [("error", errors), ("other", others)] {
                    let gauge = metrics
                        .findings
                        .get_or_create(&Severity { severity })
                        .clone();
                    gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
                }
            }
        }
        Err(error) => {
            metrics
                .fetch_failures
                .get_or_create(&Class {
                    class: error.class().as_str(),
                })
                .inc();
        }
    }
}
