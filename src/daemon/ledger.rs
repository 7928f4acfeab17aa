//! What the units tell the ledger, and who hears when it has it.

mod halts;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Arc;

use flate2::read::GzDecoder;

use super::book::{Book, Untold};
use super::keeper::Keeper;
use super::snapshot::Snapshot;
use super::unit::Case;
use crate::cluster::Error;
use crate::cluster::bundles::Shelf;
use crate::compile::Bundle;
use crate::digest::Digest;
use crate::error::chain;
use crate::git::CommitId;
use crate::ledger::{Chain, Event, Fact, Promoted, bundle_file};
use crate::release::{Release, ReleaseStatus};
use crate::rollout::{Kept, Ledgered, Place};

/// A bundle that unpacks to more than this is not one.
const LONGEST: u64 = 64 * 1024 * 1024;

/// What the ledger says was promoted last, of a unit that nothing else is known of.
fn promoted_before<'a>(
    snapshot: &Snapshot,
    key: &str,
    release: &Release,
    chain: Option<&'a Chain>,
) -> Option<&'a Promoted> {
    let (_, cluster) = snapshot.place.as_ref()?;
    let status = release.status.as_ref();
    let is_new = status.is_none_or(|it| it.stable.is_none() && it.history.is_empty());
    chain
        .filter(|_| is_new && snapshot.ledger.is_some())?
        .promoted(cluster.as_str(), key)
}

impl Keeper {
    /// How the ledger stands for a unit; `None` when the fleet keeps none.
    pub(super) fn ledgered(&self, case: &Case) -> Option<Ledgered> {
        case.snapshot.ledger.as_ref()?;
        let (fleet, cluster) = case.snapshot.place.as_ref()?;
        let known = self.known.borrow();
        let chain = known.book.chain();
        let untold = case.release.status.iter().flat_map(|it| &it.untold);
        let ids = untold.map(Digest::of);
        let told = ids.filter(|id| chain.is_some_and(|chain| chain.has(id)));
        Some(Ledgered {
            place: Place {
                fleet: fleet.to_string(),
                cluster: cluster.to_string(),
                desk: case.release.spec.desk.clone(),
                release: case.key.clone(),
            },
            told: told.collect(),
            closed: known.book.closed(),
            promoted: promoted_before(&case.snapshot, &case.key, &case.release, chain).cloned(),
        })
    }

    /// Adds the bundle that the ledger says ran last, of a unit that nothing else is known of.
    pub(super) async fn keep_last(
        &self,
        kept: &mut Kept,
        snapshot: &Snapshot,
        key: &str,
        release: &Release,
    ) -> Result<(), Error> {
        let last = {
            let known = self.known.borrow();
            promoted_before(snapshot, key, release, known.book.chain()).cloned()
        };
        let digest = last.and_then(|last| last.revision.bundle.parse::<Digest>().ok());
        let Some(digest) = digest else { return Ok(()) };
        if let Some(packed) = self.recall(digest).await? {
            kept.insert(digest.to_string(), packed.unpack());
        }
        Ok(())
    }

    /// A bundle that the cluster does not have, from the ledger, and back into the cluster.
    pub(super) async fn bring_back(&self, digest: Digest) -> Result<Option<Bundle>, Error> {
        let Some(bundle) = self.kept_in_ledger(digest).await else {
            return Ok(None);
        };
        tracing::info!(%digest, "a bundle came back from the ledger");
        let mut slot = self.shelf.lock().await;
        let mut shelf = match slot.take() {
            Some(shelf) => shelf,
            None => Shelf::open(self.writer.client(), &self.namespace).await?,
        };
        let stored = shelf.store(&self.writer, &[&bundle]).await;
        *slot = Some(shelf);
        stored.map(|()| Some(bundle))
    }

    async fn kept_in_ledger(&self, digest: Digest) -> Option<Bundle> {
        let commit: CommitId = {
            let known = self.known.borrow();
            known.book.chain()?.holder(digest)?.parse().ok()?
        };
        let mirror = self.mirror.get()?;
        let read = move || mirror.kept_with(commit, &bundle_file(digest));
        let bytes = match tokio::task::spawn_blocking(read).await.ok()? {
            Ok(bytes) => bytes?,
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "a bundle of the ledger cannot be read"
                );
                return None;
            }
        };
        let mut json = Vec::new();
        let unpacked = GzDecoder::new(&*bytes).take(LONGEST).read_to_end(&mut json);
        let bundle: Option<Bundle> = unpacked
            .ok()
            .and_then(|_| serde_json::from_slice(&json).ok());
        bundle.filter(|bundle| bundle.bundle == digest)
    }

    /// Whether the ledger stands otherwise now than a step saw it.
    pub(super) fn has_ledger_moved(&self, seen: Option<&Ledgered>) -> bool {
        seen.is_some_and(|seen| seen.closed != self.known.borrow().book.closed())
    }

    /// Notes what a record has to tell, and has it written.
    pub(super) fn note_untold(&self, key: &str, record: &ReleaseStatus) {
        let mut memory = self.memory();
        let is_new = if record.untold.is_empty() {
            memory.unledgered.remove(key);
            false
        } else {
            let before = memory
                .unledgered
                .insert(key.to_owned(), record.untold.clone());
            before.as_ref() != Some(&record.untold)
        };
        drop(memory);
        if is_new {
            self.untold.notify_one();
        }
    }

    /// Hands on what is to be told, and wakes the units that are concerned when it was.
    pub(super) async fn tell_ledger(self: Arc<Self>) {
        let mut known = self.known.clone();
        let mut before = known.borrow().book.closed();
        loop {
            let book = known.borrow_and_update().book.clone();
            self.wake_told(&book);
            // The Halts that the ledger knows are there again before anything starts.
            self.halting.notify_waiters();
            let closed = book.closed();
            if before != closed {
                let waiting = self.memory().waiting.clone();
                for key in &waiting {
                    self.queue.add(key);
                }
            }
            before = closed;
            self.hand_on(&book).await;
            tokio::select! {
                () = self.untold.notified() => {}
                () = self.halting.notified() => {}
                changed = known.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Wakes the units of which the ledger has something that their records still keep for it.
    fn wake_told(&self, book: &Book) {
        let Some(chain) = book.chain() else { return };
        let is_told = |text: &String| chain.has(&Digest::of(text));
        let told: Vec<String> = {
            let memory = self.memory();
            let units = memory.unledgered.iter();
            let told = units.filter(|(_, untold)| untold.iter().any(is_told));
            told.map(|(key, _)| key.clone()).collect()
        };
        for key in &told {
            self.queue.add(key);
        }
    }

    /// Puts what the ledger does not have yet where whoever follows the repository finds it.
    async fn hand_on(&self, book: &Book) {
        let Some(snapshot) = self.snapshot() else {
            return;
        };
        let texts: Vec<String> = self
            .memory()
            .unledgered
            .values()
            .flatten()
            .cloned()
            .collect();
        let mut untold = Vec::new();
        for text in texts {
            let id = Digest::of(&text);
            let is_told = book.chain().is_some_and(|chain| chain.has(&id));
            let Ok(fact) = serde_json::from_str::<Fact>(&text) else {
                tracing::warn!(text, "what a record has to tell the ledger cannot be read");
                continue;
            };
            if is_told {
                continue;
            }
            match self.kept_with(&fact, &snapshot).await {
                Ok(files) => untold.push(Untold { fact, id, files }),
                Err(error) => {
                    // Those before it can be told already, and the API server is asked again later.
                    tracing::warn!(%error, "a bundle for the ledger cannot be read");
                    break;
                }
            }
        }
        untold.extend(self.told_of_halts(book));
        untold.sort_by_key(|it| it.fact.at);
        // What could not be written is tried again with the next look at the repository.
        if self.outbox.put(untold) {
            self.poke.notify_one();
        }
    }

    /// What is kept with a fact: the bundle that was promoted, so that a cluster can be made anew.
    async fn kept_with(
        &self,
        fact: &Fact,
        snapshot: &Snapshot,
    ) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let Event::Promotion { revision, .. } = &fact.event else {
            return Ok(BTreeMap::new());
        };
        let Ok(digest) = revision.bundle.parse::<Digest>() else {
            return Ok(BTreeMap::new());
        };
        let mut in_git = snapshot.units.values();
        let packed = match in_git.find(|packed| packed.digest == digest) {
            Some(packed) => Some(Arc::clone(packed)),
            None => self.recall(digest).await?,
        };
        let file = packed.map(|packed| (bundle_file(digest), packed.gzipped().to_vec()));
        Ok(file.into_iter().collect())
    }
}
