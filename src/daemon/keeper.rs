//! Keeps a cluster as Git says, for as long as this process leads: wakes units, and works on each
//! until it has nothing to say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::approvals::Looked;
use super::book::{Outbox, Shared};
use super::directory::Directory;
use super::halts::Heeded;
use super::measuring::Measurements;
use super::metrics::Metrics;
use super::outcome::Repeated;
use super::progress::Ledger;
use super::queue::Queue;
use super::snapshot::{Packed, Snapshot};
use super::source::Known;
use super::telling::Telling;
use crate::cluster::bundles::Shelf;
use crate::cluster::{Cache, Carrier, Writer};
use crate::compile::UnitId;
use crate::digest::Digest;
use crate::measure::Measurer;
use crate::notify::Teller;
use crate::object::{Object, ObjectId};
use crate::release::Phase;
use crate::rollout::Attempt;
use crate::rollout::consent::Wanted;

/// Units that are worked on at a time.
const WORKERS: usize = 24;

/// Requests that are under way at a time.
const IN_FLIGHT: usize = 32;

/// Keeps a cluster as Git says.
pub(super) struct Keeper {
    /// The way to write, while this process leads.
    pub(super) writer: Writer,
    /// Carries out actions.
    pub(super) carrier: Carrier,
    /// The namespace of the records.
    pub(super) namespace: String,
    /// What the cluster holds.
    pub(super) cache: Cache,
    /// What Git says.
    pub(super) known: watch::Receiver<Known>,
    /// What to look at.
    pub(super) queue: Queue,
    /// What is counted.
    pub(super) metrics: Arc<Metrics>,
    /// Told, to all who wait, after every unit that was looked at.
    pub(super) moved: Notify,
    /// Takes the measurements that gates want.
    pub(super) measurer: Measurer,
    /// Told when there is something to measure.
    pub(super) wanting: Notify,
    /// Tells people what happened.
    pub(super) teller: Teller,
    /// Told when there is something to tell people.
    pub(super) news: Notify,
    /// Told when a record has something to tell the ledger.
    pub(super) untold: Notify,
    /// What is to be written into the ledger.
    pub(super) outbox: Arc<Outbox>,
    /// Has the repository looked at.
    pub(super) poke: Arc<Notify>,
    /// The mirror that holds the ledger.
    pub(super) mirror: Arc<Shared>,
    /// Told when there is something about Halts.
    pub(super) halting: Notify,
    /// Where bundles are stored; opened when the first is.
    pub(super) shelf: tokio::sync::Mutex<Option<Shelf>>,
    memory: Mutex<Memory>,
}

/// What one term remembers. The next one finds it all again.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Attempts that failed, by unit.
    pub(super) attempts: BTreeMap<String, Attempt>,
    /// Writes in a row that others' changes forestalled, by unit.
    pub(super) contested: BTreeMap<String, u32>,
    /// The same accepted actions again and again, by unit.
    pub(super) repeated: BTreeMap<String, Repeated>,
    /// Objects in the way, by unit, and when they were seen: nothing watches them.
    pub(super) foreign: BTreeMap<String, (Instant, BTreeMap<ObjectId, Object>)>,
    /// What units would delete.
    pub(super) wanted: BTreeMap<UnitId, Wanted>,
    /// The phases of units as last seen.
    pub(super) phases: BTreeMap<String, Phase>,
    /// Who is who.
    pub(super) directory: Directory,
    /// How far the units are.
    pub(super) ledger: Ledger,
    /// What is worked towards: what Git says, once all that must come first was done.
    pub(super) heeded: Option<Arc<Snapshot>>,
    /// Why nothing of what Git says may be done here, if so.
    pub(super) refused: Option<String>,
    /// What was measured for gates.
    pub(super) measurements: Measurements,
    /// What people are to be told.
    pub(super) telling: Telling,
    /// Who wrote what is on its way, by unit.
    pub(super) authors: BTreeMap<String, Looked>,
    /// The uids of the Approvals and Overrides that were made while their policy was in force, by the API server's
    /// own word.
    pub(super) vouched: BTreeSet<String>,
    /// How many Overrides stand, by unit.
    pub(super) overrides: BTreeMap<String, usize>,
    /// Bundles that records name and Git no longer says.
    pub(super) kept: BTreeMap<Digest, Arc<Packed>>,
    /// Units that wait for something.
    pub(super) waiting: BTreeSet<String>,
    /// What records have to tell the ledger, by unit.
    pub(super) unledgered: BTreeMap<String, Vec<String>>,
    /// The Halts that units heed.
    pub(super) halts: Heeded,
    /// When the records of units that are on their way are to say why.
    pub(super) untold: BTreeMap<String, Instant>,
}

/// The way to the ledger.
#[derive(Debug, Clone, Default)]
pub(super) struct Post {
    /// What is to be written.
    pub(super) outbox: Arc<Outbox>,
    /// Has it written.
    pub(super) poke: Arc<Notify>,
    /// What holds it.
    pub(super) mirror: Arc<Shared>,
}

impl Keeper {
    /// A keeper that has looked at nothing yet.
    pub(super) fn new(
        writer: Writer,
        namespace: String,
        cache: Cache,
        known: watch::Receiver<Known>,
        metrics: Arc<Metrics>,
        (measurer, teller, post): (Measurer, Teller, Post),
        telling: Telling,
    ) -> Self {
        let memory = Memory {
            telling,
            ..Memory::default()
        };
        let carrier = Carrier::new(writer.clone(), IN_FLIGHT);
        Self {
            writer,
            carrier,
            namespace,
            cache,
            known,
            queue: Queue::default(),
            metrics,
            moved: Notify::new(),
            measurer,
            wanting: Notify::new(),
            teller,
            news: Notify::new(),
            untold: Notify::new(),
            outbox: post.outbox,
            poke: post.poke,
            mirror: post.mirror,
            halting: Notify::new(),
            shelf: tokio::sync::Mutex::default(),
            memory: Mutex::new(memory),
        }
    }

    /// Keeps until told to stop, or until one of its tasks panics: what that one had taken on would
    /// stay undone for ever, so the next term begins anew.
    pub(super) async fn keep(self: &Arc<Self>, stop: &CancellationToken) {
        let mut tasks = JoinSet::new();
        for _ in 0..WORKERS {
            self.start(
                &mut tasks,
                stop,
                |keeper| async move { keeper.work().await },
            );
        }
        self.start(&mut tasks, stop, |keeper| async move {
            keeper.wake_on_objects().await;
        });
        self.start(&mut tasks, stop, |keeper| async move {
            keeper.wake_on_commits().await;
        });
        self.start(&mut tasks, stop, |keeper| async move {
            keeper.tend_halts().await;
        });
        self.start(
            &mut tasks,
            stop,
            |keeper| async move { keeper.measure().await },
        );
        self.start(&mut tasks, stop, |keeper| async move {
            keeper.tell_people().await;
        });
        self.start(&mut tasks, stop, |keeper| async move {
            keeper.tell_ledger().await;
        });
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                warn!(%error, "a task ended badly; the lead is taken anew");
                stop.cancel();
            }
        }
    }

    fn start<F>(
        self: &Arc<Self>,
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
        work: impl FnOnce(Arc<Self>) -> F,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let work = work(Arc::clone(self));
        let stop = stop.clone();
        tasks.spawn(async move {
            stop.run_until_cancelled(work).await;
        });
    }

    /// What is worked towards. A commit that was read, but not admitted, stored and weighed yet, is
    /// not.
    pub(super) fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.memory().heeded.clone()
    }

    /// Whether the units of a commit were looked at and are where they will stay. One that is still
    /// to be looked at may not be: what another did to it is only seen then.
    pub(super) fn is_settled(&self) -> bool {
        let memory = self.memory();
        memory.heeded.is_some() && memory.ledger.is_settled() && self.queue.is_idle()
    }

    /// What this term remembers.
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        // What is remembered only saves work or spaces retries; a panic elsewhere leaves it usable.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
