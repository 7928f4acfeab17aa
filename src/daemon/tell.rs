//! Tells, by the Lease, what commit was read and what commit everything is as it says.

use tokio::sync::watch;

use super::keeper::Keeper;
use crate::cluster::lease::Told;

impl Keeper {
    /// Tells until told to stop.
    pub(super) async fn tell(&self, telling: &watch::Sender<Told>) {
        let mut known = self.known.clone();
        loop {
            let moved = self.moved.notified();
            let told = self.told();
            telling.send_if_modified(|before| {
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
        let commit = known.snapshot.and_then(|snapshot| snapshot.commit.clone());
        let memory = self.memory();
        let looked = memory.looked_at.as_ref();
        let settled = looked.is_some() && looked == commit.as_ref() && memory.ledger.is_settled();
        Told {
            reconciled: commit.clone().filter(|_| settled),
            commit,
            failure: known.failure,
        }
    }
}
