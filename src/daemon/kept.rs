//! The bundles that records name and Git no longer says: a rollout needs what runs as well as what
//! is to run.

use std::sync::Arc;

use super::keeper::Keeper;
use super::snapshot::{Packed, Snapshot};
use crate::cluster::Error;
use crate::cluster::bundles::{LoadError, Shelf};
use crate::digest::Digest;
use crate::intent::Asked;
use crate::release::{ReleaseStatus, Revision};
use crate::rollout::Kept;

/// The revisions that a record names: those that a step may go to.
pub(super) fn named(status: &ReleaseStatus) -> impl Iterator<Item = &Revision> {
    now(status).chain(status.history.iter().map(|it| &it.revision))
}

/// Those that matter to every step.
fn now(status: &ReleaseStatus) -> impl Iterator<Item = &Revision> {
    let now = status.stable.iter().chain(&status.candidate);
    now.chain(&status.pinned)
}

impl Keeper {
    /// The bundles that a record names, but for the one that Git says. One that is not stored is
    /// left out: the step says what to do about it.
    pub(super) async fn kept(
        &self,
        status: &ReleaseStatus,
        packed: Option<&Arc<Packed>>,
        intents: &[Asked],
    ) -> Result<Kept, Error> {
        let mut kept = Kept::new();
        let is_git = |revision: &Revision| {
            packed.is_some_and(|packed| revision.bundle == packed.digest.to_string())
        };
        let is_at_rest = status.stable.as_ref().is_some_and(is_git);
        let is_asked = intents.iter().any(|it| !status.heeded.contains(&it.uid));
        // Only while something is on its way, or is asked for, does what was before matter.
        if is_at_rest && status.pinned.is_none() && !is_asked {
            return Ok(kept);
        }
        // What was promoted before is gone back to only when somebody asks.
        let history = status.history.iter().filter(|_| is_asked);
        let wanted = now(status).chain(history.map(|it| &it.revision));
        for revision in wanted.filter(|revision| !is_git(revision)) {
            let Ok(digest) = revision.bundle.parse::<Digest>() else {
                continue;
            };
            if let Some(packed) = self.recall(digest).await? {
                kept.insert(revision.bundle.clone(), packed.unpack());
            }
        }
        Ok(kept)
    }

    /// A bundle by its digest, from memory or from the cluster.
    pub(super) async fn recall(&self, digest: Digest) -> Result<Option<Arc<Packed>>, Error> {
        if let Some(packed) = self.memory().kept.get(&digest) {
            return Ok(Some(Arc::clone(packed)));
        }
        let mut slot = self.shelf.lock().await;
        let shelf = match slot.take() {
            Some(shelf) => shelf,
            None => Shelf::open(self.writer.client(), &self.namespace).await?,
        };
        let loaded = shelf.load(self.writer.client(), digest).await;
        *slot = Some(shelf);
        drop(slot);
        match loaded {
            Ok(bundle) => {
                let packed = Arc::new(Packed::of(&bundle));
                self.memory().kept.insert(digest, Arc::clone(&packed));
                Ok(Some(packed))
            }
            Err(LoadError::Api(error)) => Err(error),
            Err(error @ (LoadError::Missing(_) | LoadError::Broken { .. })) => {
                let Some(bundle) = self.bring_back(digest).await? else {
                    tracing::warn!(%error, "a bundle that a record names cannot be had");
                    return Ok(None);
                };
                let packed = Arc::new(Packed::of(&bundle));
                self.memory().kept.insert(digest, Arc::clone(&packed));
                Ok(Some(packed))
            }
        }
    }

    /// Forgets the bundles that nothing names any more.
    pub(super) fn forget_bundles(&self, snapshot: &Snapshot) {
        let needed = self.needed(snapshot);
        self.memory()
            .kept
            .retain(|digest, _| needed.contains(digest));
    }
}
