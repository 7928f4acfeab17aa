//! Stores the bundles of a commit before any record names them, and drops those that none does.

use std::collections::BTreeSet;
use std::time::Duration;

use tracing::warn;

use super::keeper::Keeper;
use super::kept;
use super::snapshot::Snapshot;
use crate::cluster::Error;
use crate::cluster::bundles::Shelf;
use crate::compile::Bundle;
use crate::digest::Digest;
use crate::error::chain;

/// Bundles that are spread out at a time.
const BATCH: usize = 50;

/// How long to let a failing API server be.
const PAUSE: Duration = Duration::from_secs(2);

impl Keeper {
    /// Stores what a commit says, however long that takes: nothing may be recorded before.
    pub(super) async fn shelve(&self, snapshot: &Snapshot) {
        while let Err(error) = self.try_shelve(snapshot).await {
            warn!(
                error = chain(&error),
                "bundles could not be stored; nothing is changed until they are"
            );
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn try_shelve(&self, snapshot: &Snapshot) -> Result<(), Error> {
        let mut slot = self.shelf.lock().await;
        let mut shelf = match slot.take() {
            Some(shelf) => shelf,
            None => Shelf::open(self.writer.client(), &self.namespace).await?,
        };
        let stored = shelf.digests();
        let missing: Vec<_> = snapshot
            .units
            .values()
            .filter(|packed| !stored.contains(&packed.digest))
            .collect();
        for batch in missing.chunks(BATCH) {
            let bundles: Vec<Bundle> = batch.iter().map(|packed| packed.unpack()).collect();
            shelf
                .store(&self.writer, &bundles.iter().collect::<Vec<_>>())
                .await?;
        }
        if !missing.is_empty() {
            shelf.retain(&self.writer, &self.needed(snapshot)).await?;
            self.forget_bundles(snapshot);
        }
        *slot = Some(shelf);
        Ok(())
    }

    /// The bundles that Git, or a record, names.
    pub(super) fn needed(&self, snapshot: &Snapshot) -> BTreeSet<Digest> {
        let releases = self.cache.releases();
        let statuses = releases
            .iter()
            .filter_map(|release| release.status.as_ref());
        let named = statuses.flat_map(kept::named);
        let named = named.filter_map(|revision| revision.bundle.parse().ok());
        named
            .chain(snapshot.units.values().map(|packed| packed.digest))
            .collect()
    }
}
