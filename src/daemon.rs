//! The daemon: follows the repository, and keeps a cluster as it says while it leads.
//!
//! [`run`] is for ever, [`once`] until everything is as one snapshot says. Both are the same
//! keeper under the same Lease, so that a one-shot apply and a daemon cannot work against each
//! other.

mod approvals;
mod book;
mod directory;
mod endpoints;
mod halts;
mod keeper;
mod kept;
mod ledger;
mod local;
mod measuring;
mod metrics;
mod observe;
mod once;
mod orphans;
mod outcome;
mod overrides;
mod permission;
mod places;
mod progress;
mod queue;
mod shelve;
mod snapshot;
mod source;
mod stranger;
mod tell;
mod telling;
mod unit;
mod wake;

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::cluster::lease::{self, Held, Settings};
use crate::cluster::{Cache, Client, ConnectError, Writer, connect};
use crate::measure::{self, Measurer};
use crate::notify::Teller;
use crate::web;

use keeper::{Keeper, Post};
use metrics::Metrics;
use source::Known;
use telling::Telling;

pub use once::{Counts, Deadline, Report, once};
pub use progress::{Progress, Unsettled, are_settled};
pub use source::Source;
pub use stranger::stranger;

/// Where the daemon works, and as whom.
#[derive(Debug, Clone)]
pub struct Place {
    /// The cluster.
    pub connection: crate::cluster::Options,
    /// The namespace of the records.
    pub namespace: String,
    /// Who this is among the daemons of the cluster.
    pub identity: String,
    /// The folder in which the Secrets that gates show to servers are mounted.
    pub gate_secrets: Option<std::path::PathBuf>,
}

impl Place {
    /// Whom gates may ask, and how long.
    fn measuring(&self) -> measure::Settings {
        measure::Settings {
            secrets: self.gate_secrets.clone(),
            ..measure::Settings::default()
        }
    }
}

/// What the daemon serves.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// Where.
    pub listen: std::net::SocketAddr,
    /// The file with the secret that webhooks are signed with.
    pub webhook_secret_file: Option<std::path::PathBuf>,
}

/// Why the daemon ended, or could not begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no cluster to talk to.
    #[error("connect to the cluster")]
    Connect(#[from] ConnectError),
    /// The endpoints cannot be served.
    #[error("serve the endpoints")]
    Serve(#[from] web::Error),
    /// The lead cannot be taken.
    #[error(transparent)]
    Lead(#[from] lease::Refusal),
    /// Gates cannot ask for anything.
    #[error(transparent)]
    Measure(#[from] crate::outbound::SetupError),
    /// Another fleet runs there.
    #[error("{0}")]
    Refused(String),
}

/// Runs until told to stop.
pub async fn run(
    place: Place,
    source: Source,
    endpoints: Endpoints,
    stop: CancellationToken,
) -> Result<(), Error> {
    let listener = web::listen(endpoints.listen).await?;
    let client = connect(&place.connection).await?;
    if let Ok(address) = listener.local_addr() {
        info!(%address, server = client.server(), repository = %source.url, following = %source.reference, "starting");
    }
    let tasks = TaskTracker::new();
    let metrics = Arc::new(Metrics::new());
    let (known, knowing) = watch::channel(Known::default());
    let poke = Arc::new(Notify::new());
    let cache = Cache::start(&client, &place.namespace, &tasks, &stop);
    let answers = endpoints::answers(&source, endpoints, &cache, &knowing, &metrics, &poke);
    local::watch(&source, &poke, &tasks, &stop);
    let post = Post {
        poke: Arc::clone(&poke),
        ..Post::default()
    };
    let following = source::Following {
        source,
        known,
        poke,
        metrics: Arc::clone(&metrics),
        outbox: Arc::clone(&post.outbox),
        mirror: Arc::clone(&post.mirror),
    };
    let (heard, namespace) = (client.clone(), place.namespace.clone());
    let until = stop.clone();
    tasks.spawn(async move {
        let told = until.run_until_cancelled(tell::heard(&heard, &namespace));
        if let Some(told) = told.await {
            following.follow(told, until).await;
        }
    });
    let serving = tasks.spawn(web::serve(listener, answers, stop.clone()));
    let world = World {
        measurer: Measurer::new(place.measuring(), Some(client.kube()))?,
        teller: Teller::new(place.gate_secrets.clone())?,
        client,
        place,
        cache,
        known: knowing,
        metrics,
        post,
    };
    world.lead_in_turn(&stop).await;
    tasks.close();
    tasks.wait().await;
    serving.await.unwrap_or(Ok(()))?;
    Ok(())
}

/// What does not change from one term to the next.
struct World {
    client: Client,
    place: Place,
    cache: Cache,
    known: watch::Receiver<Known>,
    metrics: Arc<Metrics>,
    measurer: Measurer,
    teller: Teller,
    post: Post,
}

impl World {
    fn settings(&self) -> Settings {
        Settings::new(&self.place.namespace, self.place.identity.clone())
    }

    /// Stands for leader, leads until that is lost, and stands again.
    async fn lead_in_turn(&self, stop: &CancellationToken) {
        let settings = self.settings();
        while let Some(held) = stop
            .run_until_cancelled(lease::acquire(&self.client, &settings))
            .await
        {
            self.metrics.leader.set(1);
            let keeper = self.keeper(&held);
            self.lead(held, keeper, stop, std::future::pending()).await;
            self.metrics.leader.set(0);
        }
    }

    /// Keeps the cluster for one term: until the lead is lost, this is told to stop, or `done`.
    async fn lead(
        &self,
        held: Held,
        keeper: Arc<Keeper>,
        stop: &CancellationToken,
        done: impl Future<Output = ()>,
    ) {
        let leadership = held.leadership();
        let term = stop.child_token();
        let mut keeping = {
            let (keeper, term) = (Arc::clone(&keeper), term.clone());
            tokio::spawn(async move { keeper.keep(&term).await })
        };
        let telling = held.telling();
        tokio::select! {
            () = stop.cancelled() => {}
            () = leadership.lost() => {}
            () = done => {}
            () = keeper.tell(&telling) => {}
            () = term.cancelled() => {}
        }
        term.cancel();
        // Nothing is begun any more when the Lease is given up. What was sent may still land, and
        // is harmless: it names the state that it was computed from.
        if let Err(error) = (&mut keeping).await {
            warn!(%error, "the keeper ended badly");
        }
        telling.send_modify(|told| {
            told.notified = keeper.memory().telling.passed_on_at_last();
        });
        if leadership.holds()
            && let Err(error) = held.release().await
        {
            warn!(
                error = crate::error::chain(&error),
                "the lease was not given up; it runs out by itself"
            );
        }
    }

    fn keeper(&self, held: &Held) -> Arc<Keeper> {
        let writer = Writer::new(self.client.clone(), held.leadership(), self.cache.clone());
        let namespace = self.place.namespace.clone();
        let (known, metrics) = (self.known.clone(), Arc::clone(&self.metrics));
        Arc::new(Keeper::new(
            writer,
            namespace,
            self.cache.clone(),
            known,
            metrics,
            (
                self.measurer.clone(),
                self.teller.clone(),
                self.post.clone(),
            ),
            Telling::resumed(&held.heard().notified),
        ))
    }
}
