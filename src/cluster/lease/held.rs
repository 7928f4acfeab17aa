//! A Lease that is ours, renewed until it is given up or lost.

use std::sync::{Arc, Mutex, PoisonError};

use k8s_openapi::api::coordination::v1::Lease;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::cluster::Client;
use crate::cluster::error::Error;

use super::record::{self, Found};
use super::{Leadership, Settings, Term, Told};

/// A Lease that this process holds. It is renewed in the background until [`Held::release`], or
/// until this is dropped.
#[must_use]
pub struct Held {
    leadership: Leadership,
    stop: CancellationToken,
    renewing: JoinHandle<Option<Lease>>,
    client: Client,
    settings: Settings,
    telling: watch::Sender<Told>,
    heard: Told,
}

impl Held {
    pub(super) fn begin(client: &Client, settings: &Settings, lease: Lease, term: Term) -> Self {
        let (told, lost) = watch::channel(false);
        let leadership = Leadership {
            term: Arc::new(Mutex::new(term)),
            lost,
        };
        let stop = CancellationToken::new();
        let heard = Told::read(&lease);
        let (telling, told_by_us) = watch::channel(Told::default());
        let renewal = Renewal {
            // A call that outlasts the term is of no use.
            client: client.clone().with_deadline(settings.trusted()),
            settings: settings.clone(),
            term: leadership.term.clone(),
            lease,
            telling: told_by_us,
        };
        let renewing = tokio::spawn(renewal.run(told, stop.clone()));
        tracing::info!(identity = %settings.identity, "leading");
        Self {
            leadership,
            stop,
            renewing,
            client: client.clone(),
            settings: settings.clone(),
            telling,
            heard,
        }
    }

    /// What the leader before told.
    pub fn heard(&self) -> &Told {
        &self.heard
    }

    /// The way to tell everybody what the leader knows: by the Lease, which is written anyway.
    pub fn telling(&self) -> watch::Sender<Told> {
        self.telling.clone()
    }

    /// The right to write that goes with it.
    pub fn leadership(&self) -> Leadership {
        self.leadership.clone()
    }

    /// Stops writing and gives the Lease up. Whoever waits for it need not wait its length.
    pub async fn release(mut self) -> Result<(), Error> {
        self.stop.cancel();
        let lease = (&mut self.renewing).await.ok().flatten();
        // No write may start after the Lease is given up.
        end(&self.leadership.term);
        if let Some(mut lease) = lease {
            self.telling.borrow().write_lasting(&mut lease);
            record::release(&self.client, &self.settings, lease).await?;
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.stop.cancel();
        end(&self.leadership.term);
    }
}

struct Renewal {
    client: Client,
    settings: Settings,
    term: Arc<Mutex<Term>>,
    lease: Lease,
    telling: watch::Receiver<Told>,
}

impl Renewal {
    /// Renews until told to stop, which gives the Lease as it is now, or until it is lost.
    async fn run(mut self, told: watch::Sender<bool>, stop: CancellationToken) -> Option<Lease> {
        loop {
            if stop.run_until_cancelled(self.beat()).await.is_none() {
                return Some(self.lease);
            }
            if !self.renew().await {
                break;
            }
        }
        end(&self.term);
        tracing::warn!(identity = %self.settings.identity, "no longer leading");
        told.send_replace(true);
        None
    }

    /// Waits for the next renewal: a beat, or until there is something new to tell.
    async fn beat(&mut self) {
        let _ = timeout(self.settings.beat(), async {
            if self.telling.changed().await.is_err() {
                // The one who tells is gone; the Lease is renewed for as long as it is held.
                std::future::pending::<()>().await;
            }
        })
        .await;
    }

    /// Renews once; false when the Lease is another's, or ours has run out.
    async fn renew(&mut self) -> bool {
        let mut term = Term::begin(self.settings.trusted());
        self.telling.borrow_and_update().write(&mut self.lease);
        // The other holders' patience is longer than one call may take.
        let claimed = timeout(
            self.settings.beat(),
            record::claim(&self.client, &self.settings, Some(self.lease.clone())),
        );
        match claimed.await {
            Ok(Ok(lease)) => self.lease = lease,
            Ok(Err(error)) => {
                tracing::warn!(%error, "cannot renew the lease");
                return self.look_again().await;
            }
            Err(_) => return self.look_again().await,
        }
        let mut current = self.term.lock().unwrap_or_else(PoisonError::into_inner);
        // A process that was paused through its whole term may find the Lease still its own, but
        // somebody may have led in between.
        term.ended = current.is_over();
        *current = term;
        !term.ended
    }

    /// After a renewal of which nobody knows whether it was done: takes the Lease as it is now, if
    /// it is still ours.
    async fn look_again(&mut self) -> bool {
        let look = timeout(
            self.settings.beat(),
            record::look(&self.client, &self.settings),
        );
        if let Ok(Ok(found)) = look.await {
            match found {
                Found::Held { claim, lease } if claim.holder == self.settings.identity => {
                    self.lease = lease;
                }
                Found::Nothing | Found::Free(_) | Found::Held { .. } => return false,
            }
        }
        let term = self.term.lock().unwrap_or_else(PoisonError::into_inner);
        !term.is_over()
    }
}

fn end(term: &Mutex<Term>) {
    term.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
}
