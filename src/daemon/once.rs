//! One reconcile of one snapshot, until it has converged or the time is up.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::book::Book;
use super::keeper::{Keeper, Memory, Post};
use super::metrics::Metrics;
use super::progress::{Progress, Unsettled};
use super::snapshot::{PruneLeave, Snapshot};
use super::source::Known;
use super::{Error, Place, World};
use crate::cluster::lease::{self, Held};
use crate::cluster::{Cache, connect};
use crate::git::history::History;
use crate::measure::Measurer;
use crate::notify::Teller;
use crate::source::Sources;
use crate::spec::names::ClusterName;

/// How long a reconcile may take.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(pub Duration);

/// What came of a reconcile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Whether everything was as Git says in time.
    pub converged: bool,
    /// How it stood in the end.
    pub progress: Progress,
}

/// How far it is, for a bar.
#[derive(Debug, Clone, Copy)]
pub struct Counts<'a> {
    /// How many units are as Git says, and healthy.
    pub ready: usize,
    /// All units.
    pub all: usize,
    /// The first of the others.
    pub first: Option<&'a Unsettled>,
}

/// Reconciles once. `tell` hears of every move.
pub async fn once(
    place: Place,
    (sources, history): (&Sources, History),
    cluster: Option<&ClusterName>,
    deadline: Deadline,
    tell: impl Fn(Counts<'_>) + Send + Sync,
) -> Result<Report, Error> {
    let until = Instant::now() + deadline.0;
    let snapshot = Snapshot::of(sources, cluster, PruneLeave::Granted).with_history(history);
    let snapshot = Arc::new(snapshot);
    let client = connect(&place.connection).await?;
    let settings = lease::Settings::new(&place.namespace, place.identity.clone());
    let held = lease::take(&client, &settings).await?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let cache = Cache::start(&client, &place.namespace, &tasks, &stop);
    let known = Known {
        snapshot: Some(Arc::clone(&snapshot)),
        book: Book::Elsewhere,
        ..Known::default()
    };
    let (_known, knowing) = watch::channel(known);
    let metrics = Arc::new(Metrics::new());
    let world = World {
        measurer: Measurer::new(place.measuring(), Some(client.kube()))?,
        teller: Teller::new(place.gate_secrets.clone())?,
        client,
        place,
        cache,
        known: knowing,
        metrics,
        post: Post::default(),
    };
    let report = world.lead_until(held, &settings, until, &stop, &tell).await;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    report
}

impl World {
    /// Leads until every unit is as the snapshot says, or the time is up. A lead that is lost
    /// on the way, because the API server was slow, is taken again.
    async fn lead_until(
        &self,
        mut held: Held,
        settings: &lease::Settings,
        until: Instant,
        stop: &CancellationToken,
        tell: &(impl Fn(Counts<'_>) + Send + Sync),
    ) -> Result<Report, Error> {
        loop {
            let keeper = self.keeper(&held);
            self.lead(held, Arc::clone(&keeper), stop, async {
                tokio::select! {
                    () = settle(&keeper, tell) => keeper.have_told().await,
                    () = sleep_until(until) => {}
                }
            })
            .await;
            let report = keeper.memory().report()?;
            if report.converged {
                return Ok(report);
            }
            held = match timeout_at(until, lease::acquire(&self.client, settings)).await {
                Ok(held) => held,
                Err(_) => return Ok(report),
            };
        }
    }
}

impl Memory {
    fn report(&self) -> Result<Report, Error> {
        if let Some(why) = &self.refused {
            return Err(Error::Refused(why.clone()));
        }
        let progress = self.ledger.progress();
        Ok(Report {
            converged: self.heeded.is_some() && progress.unsettled.is_empty(),
            progress,
        })
    }
}

/// Waits until every unit is as the snapshot says, or the snapshot is refused.
async fn settle(keeper: &Keeper, tell: &(impl Fn(Counts<'_>) + Send + Sync)) {
    loop {
        let moved = keeper.moved.notified();
        {
            let memory = keeper.memory();
            let (ready, all, first) = memory.ledger.counts();
            tell(Counts { ready, all, first });
            if memory.refused.is_some() {
                return;
            }
        }
        if keeper.is_settled() {
            return;
        }
        moved.await;
    }
}
