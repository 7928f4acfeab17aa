//! Who leads: one Tidegate a cluster writes, the others wait.
//!
//! A Lease names its holder. The holder renews it; another takes it only after having watched it
//! stay the same for its whole length, on its own clock, so clocks need not agree. The holder stops
//! writing well before that: [`Leadership::holds`] is asked right before each write, and counts
//! from the moment at which the last renewal was *sent*. A process that was paused or a machine
//! that slept finds its time used up, on the monotonic clock or on the wall clock, whichever moved
//! further; once lost, leadership does not come back to the same handle.

mod held;
mod leader;
mod record;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::time::sleep;

use super::Client;
use super::error::{Class, Error};

use record::{Claim, Found};

pub use held::Held;
pub use leader::{Leader, Told, leader};

/// What is led, and by whom.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The namespace of the Lease.
    pub namespace: String,
    /// The name of the Lease.
    pub name: String,
    /// The one who wants to lead; see [`identity`].
    pub identity: String,
    /// How long the others leave an unrenewed Lease alone.
    pub length: Duration,
}

impl Settings {
    /// The usual lease: 15 seconds, renewed every 3, trusted for 10.
    pub fn new(namespace: &str, identity: String) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: "tidegate".to_owned(),
            identity,
            length: Duration::from_secs(15),
        }
    }

    /// How long after a renewal the holder may still write.
    fn trusted(&self) -> Duration {
        self.length * 2 / 3
    }

    /// How often the holder renews, and the others look.
    fn beat(&self) -> Duration {
        self.length / 5
    }
}

/// A name for this process that no other has: the host's, and something random.
pub fn identity(host: &str) -> String {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    format!("{host}_{random:016x}")
}

/// The right to write. Cheap to clone; asked right before each write.
#[derive(Clone)]
pub struct Leadership {
    term: Arc<Mutex<Term>>,
    lost: watch::Receiver<bool>,
}

/// Until when the last renewal is good.
#[derive(Debug, Clone, Copy)]
struct Term {
    begun: Instant,
    begun_wall: SystemTime,
    length: Duration,
    ended: bool,
}

impl Term {
    fn begin(length: Duration) -> Self {
        Self {
            begun: Instant::now(),
            begun_wall: SystemTime::now(),
            length,
            ended: false,
        }
    }

    /// The monotonic clock may stand still while a machine sleeps, the wall clock may be set back:
    /// the term is over when either says so. A wall clock that is set forward ends it early, which
    /// costs one election.
    fn is_over(&self) -> bool {
        let wall = self.begun_wall.elapsed().unwrap_or_default();
        self.ended || self.begun.elapsed().max(wall) >= self.length
    }
}

impl Leadership {
    /// Whether this process may still write.
    pub fn holds(&self) -> bool {
        let term = self.term.lock().unwrap_or_else(PoisonError::into_inner);
        !term.is_over()
    }

    /// Waits until leadership is lost.
    pub async fn lost(&self) {
        let mut lost = self.lost.clone();
        // The sender goes away with the task that renews, which is a loss too.
        let _ = lost.wait_for(|lost| *lost).await;
    }
}

/// Why this process does not lead.
#[derive(Debug)]
pub enum Refusal {
    /// Another one does.
    Held {
        /// `namespace/name` of the Lease.
        lease: String,
        /// Its holder.
        holder: String,
        /// How long ago the holder renewed it, by the holder's clock.
        age: Duration,
    },
    /// The Lease cannot be read or written.
    Api(Error),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { lease, holder, age } => write!(
                f,
                "take the lead: `{holder}` holds the lease `{lease}`, renewed {} s ago; push to Git and let it reconcile, or stop it first",
                age.as_secs()
            ),
            Self::Api(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Api(error)
    }
}

/// Waits until this process leads. Errors of the API server are logged and waited out.
pub async fn acquire(client: &Client, settings: &Settings) -> Held {
    let mut rival = Rival::default();
    loop {
        match attempt(client, settings, &mut rival).await {
            Ok(Some(held)) => return held,
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "cannot stand for leader"),
        }
        sleep(settings.beat()).await;
    }
}

/// Leads now, or tells who does. An abandoned Lease is waited out, which takes its length.
pub async fn take(client: &Client, settings: &Settings) -> Result<Held, Refusal> {
    let mut rival = Rival::default();
    loop {
        match attempt(client, settings, &mut rival).await? {
            Some(held) => return Ok(held),
            None => rival.refuses(settings)?,
        }
        sleep(settings.beat().min(Duration::from_secs(1))).await;
    }
}

/// The holder that was seen, and since when its Lease has not changed.
#[derive(Default)]
struct Rival {
    seen: Option<(Claim, Instant)>,
    renewals: u32,
}

impl Rival {
    /// Whether the Lease has stayed the same for its whole length.
    fn is_dead(&mut self, claim: &Claim) -> bool {
        match &self.seen {
            Some((seen, since)) if seen.is_same(claim) => since.elapsed() >= claim.length,
            seen => {
                self.renewals += u32::from(seen.is_some());
                self.seen = Some((claim.clone(), Instant::now()));
                false
            }
        }
    }

    /// Refuses if the holder is alive: it renewed while we looked, or says it just did.
    fn refuses(&self, settings: &Settings) -> Result<(), Refusal> {
        let Some((claim, since)) = &self.seen else {
            return Ok(());
        };
        let age = claim.age();
        if self.renewals == 0 && age >= claim.length && since.elapsed() < claim.length {
            return Ok(());
        }
        Err(Refusal::Held {
            lease: format!("{}/{}", settings.namespace, settings.name),
            holder: claim.holder.clone(),
            age,
        })
    }
}

/// One look at the Lease, and one try to take it if that is allowed.
async fn attempt(
    client: &Client,
    settings: &Settings,
    rival: &mut Rival,
) -> Result<Option<Held>, Error> {
    let found = record::look(client, settings).await?;
    if let Found::Held { claim, .. } = &found
        && claim.holder != settings.identity
        && !rival.is_dead(claim)
    {
        return Ok(None);
    }
    let term = Term::begin(settings.trusted());
    match record::claim(client, settings, found.lease()).await {
        Ok(lease) => Ok(Some(Held::begin(client, settings, lease, term))),
        Err(error) if error.class() == Class::Stale => Ok(None),
        Err(error) => Err(error),
    }
}
