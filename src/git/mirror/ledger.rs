//! The ledger of a mirror's remote.

use std::collections::BTreeMap;
use std::time::Duration;

use super::push::Pushed;
use super::{Mirror, Store};
use crate::git::ledger::{self, Lineage};
use crate::git::{CommitId, Credentials, Error, Reference};
use crate::ledger::{Entry, Link};
use crate::signature::Signer;

impl Mirror {
    /// Fetches the ledger, and tells where it ends; `None` when the remote has none.
    pub fn fetch_ledger(
        &self,
        credentials: &Credentials,
        within: Duration,
    ) -> Result<Option<CommitId>, Error> {
        match self.fetch(&Reference::Ledger, None, credentials, within) {
            Ok(fetched) => Ok(Some(fetched.commit)),
            Err(Error::NoSuchReference { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Shows the entries of a ledger that was fetched, from after a commit, or else from the first
    /// one, to its end.
    pub fn ledger(
        &self,
        head: CommitId,
        after: Option<CommitId>,
        see: &mut dyn FnMut(Link),
    ) -> Result<Lineage, Error> {
        ledger::links(&self.store.existing()?, head, after, see)
    }

    /// Makes the commit of an entry, on top of another one. It is not pushed.
    pub fn append(
        &self,
        parent: Option<CommitId>,
        entry: &Entry,
        files: &BTreeMap<String, Vec<u8>>,
        signer: &Signer,
    ) -> Result<CommitId, Error> {
        ledger::append(&self.store.existing()?, parent, entry, files, signer)
    }

    /// Pushes the ledger as it ends at a commit of this mirror.
    pub fn push_ledger(
        &self,
        head: CommitId,
        credentials: &Credentials,
        within: Duration,
    ) -> Result<Pushed, Error> {
        let job = self.job(&Reference::Ledger, None, credentials, within);
        self.in_time(job, move |store: &Store, job| store.push(job, head))
    }

    /// A file that is kept with an entry; `None` when the commit does not have it.
    pub fn kept_with(&self, entry: CommitId, name: &str) -> Result<Option<Vec<u8>>, Error> {
        ledger::kept_with(&self.store.existing()?, entry, name)
    }
}
