//! Tells, by the Lease, what commit was read and what commit everything is as it says, and hears
//! what the leader before told.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::warn;

use super::keeper::Keeper;
use super::snapshot::PruneLeave;
use crate::cluster::Client;
use crate::cluster::lease::{self, Told};
use crate::error::chain;

/// How long to let a failing API server be before it is asked again.
const PAUSE: Duration = Duration::from_secs(2);

/// What the leader before told, as soon as the API server says it.
pub(super) async fn heard(client: &Client, namespace: &str) -> Told {
    loop {
        match lease::leader(client, namespace).await {
            Ok(leader) => return leader.map(|leader| leader.told).unwrap_or_default(),
            Err(error) => {
                warn!(
                    error = chain(&error),
                    "what the leader before told cannot be read"
                );
                sleep(PAUSE).await;
            }
        }
    }
}

impl Keeper {
    /// Tells until told to stop.
    pub(super) async fn tell(&self, telling: &watch::Sender<Told>) {
        let mut known = self.known.clone();
        loop {
            let moved = self.moved.notified();
            let told = self.told();
            telling.send_if_modified(|before| {
                // Until when people were told goes with whatever is written next.
                before.notified.clone_from(&told.notified);
                let is_news = *before != told;
                *before = told;
                is_news
            });
            tokio::select! {
                () = moved => {}
                changed = known.changed() => if changed.is_err() { return },
            }
        }
    }

    fn told(&self) -> Told {
        let known = self.known.borrow().clone();
        let snapshot = known.snapshot.as_ref();
        let commit = snapshot.and_then(|snapshot| snapshot.commit.clone());
        let rewritten = snapshot.filter(|snapshot| snapshot.leave == PruneLeave::Rewritten);
        let is_settled = self.is_settled();
        let mut memory = self.memory();
        let notified = memory.telling.passed_on(Timestamp::now());
        let heeded = memory.heeded.as_ref();
        let heeded = heeded.and_then(|heeded| heeded.commit.as_ref());
        let settled = is_settled && heeded == commit.as_ref();
        Told {
            rewritten: rewritten.and_then(|snapshot| snapshot.commit.clone()),
            reconciled: commit.clone().filter(|_| settled),
            commit,
            ledger: known.book.head(),
            ledger_failure: snapshot
                .and_then(|snapshot| snapshot.ledger.as_ref())
                .and_then(|_| known.book.failure()),
            failure: known.failure.or_else(|| memory.refused.clone()),
            notified,
        }
    }
}
