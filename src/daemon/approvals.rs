//! What people approved of a unit, whether that can be believed, and who wrote what they approve.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::warn;

use super::keeper::{Keeper, Memory};
use super::snapshot::{Packed, Snapshot};
use crate::admission::{APPROVALS, Guard, Shipped};
use crate::approval::Tagged;
use crate::cluster;
use crate::cluster::resource::{APPROVAL, Resource};
use crate::error::chain;
use crate::git::history::Span;
use crate::people::Authors;
use crate::release::{Release, ReleaseStatus};
use crate::rollout::approvals::Approvals;

/// The commits of which a unit's authors are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Looked {
    span: (Option<String>, String),
    authors: Authors,
}

impl Keeper {
    /// What people approved of a unit. Where nobody has to be asked, nobody looks.
    pub(super) async fn approvals(
        &self,
        key: &str,
        release: &Release,
        packed: Option<&Arc<Packed>>,
        snapshot: &Snapshot,
    ) -> Approvals {
        let status = release.status.as_ref();
        let Some(packed) = packed.filter(|packed| is_asked(packed, status)) else {
            return Approvals::default();
        };
        let given = self.cache.approvals(&release.spec.namespace, key);
        let uids = given.iter().map(|it| (it.uid.as_str(), it.at));
        Approvals {
            guard: self
                .guard(APPROVALS, &APPROVAL, &uids.collect::<Vec<_>>())
                .await,
            given,
            tagged: self.tagged(key),
            untagged: self.untagged(),
            authors: self.authors(key, status, packed, snapshot).await,
        }
    }

    /// The signed tags that approve something of a unit.
    fn tagged(&self, key: &str) -> Vec<Tagged> {
        let tags = Arc::clone(&self.known.borrow().tags);
        let of_unit = tags.all.iter().filter(|tag| tag.strategy == key);
        of_unit.cloned().collect()
    }

    fn untagged(&self) -> Option<String> {
        let are_too_many = self.known.borrow().tags.are_too_many;
        let why =
            "no signed tag counts: there are too many under `tidegate/approve/`; delete old ones";
        are_too_many.then(|| why.to_owned())
    }

    /// Whether the objects of a kind, by uid and when they were made, are what they say. The cache may
    /// hear of one before it hears that its policy went, so each is held once against what the API
    /// server has; from then on the cache tells.
    pub(super) async fn guard(
        &self,
        shipped: Shipped,
        resource: &Resource,
        given: &[(&str, Timestamp)],
    ) -> Guard {
        let watched = self.cache.guard(shipped, (resource.group, resource.kind));
        let Guard::InForce { since } = watched else {
            return watched;
        };
        // One that was made earlier never counts, whatever the API server says.
        let is_new = |memory: &Memory| {
            let mut in_time = given.iter().filter(|(_, at)| *at >= since);
            in_time.any(|(uid, _)| !memory.vouched.contains(*uid))
        };
        if !is_new(&self.memory()) {
            return watched;
        }
        let asked = cluster::guard(self.writer.client(), shipped).await;
        let asked = asked.unwrap_or_else(|error| Guard::Open(chain(&error)));
        if let Guard::InForce { since } = asked {
            let vouched = given.iter().filter(|(_, at)| *at >= since);
            let vouched = vouched.map(|(uid, _)| (*uid).to_owned());
            self.memory().vouched.extend(vouched);
        }
        asked
    }

    /// Who wrote what Git says of a unit, since what was promoted last.
    async fn authors(
        &self,
        key: &str,
        status: Option<&ReleaseStatus>,
        packed: &Arc<Packed>,
        snapshot: &Snapshot,
    ) -> Authors {
        let Some(until) = until(status, packed, snapshot) else {
            let why = "the fleet's folder holds changes that are in no commit";
            return Authors::Unknown(why.to_owned());
        };
        let stable = status.and_then(|status| status.stable.as_ref());
        let since = match stable.map(|stable| stable.commit.clone()) {
            Some(None) => {
                let why = "what was promoted last came from no commit";
                return Authors::Unknown(why.to_owned());
            }
            Some(Some(since)) => Some(since),
            None => None,
        };
        let span = (since, until);
        if let Some(looked) = self.memory().authors.get(key).filter(|it| it.span == span) {
            return looked.authors.clone();
        }
        let authors = look(&span, packed, snapshot).await;
        if let Authors::Commits(_) = &authors {
            let authors = authors.clone();
            let looked = Looked { span, authors };
            self.memory().authors.insert(key.to_owned(), looked);
        }
        authors
    }
}

/// Whether an approval can matter to a unit now.
fn is_asked(packed: &Packed, status: Option<&ReleaseStatus>) -> bool {
    let stable = status.and_then(|status| status.stable.as_ref());
    let is_at_rest = stable.is_some_and(|stable| stable.bundle == packed.digest.to_string());
    let was_asked = status.is_some_and(|status| status.authority.is_some());
    !is_at_rest && (packed.is_asked || was_asked)
}

/// The commit that Git said it in: while it is on its way, the first one.
fn until(status: Option<&ReleaseStatus>, packed: &Packed, snapshot: &Snapshot) -> Option<String> {
    let candidate = status.and_then(|status| status.candidate.as_ref());
    let candidate = candidate.filter(|it| it.bundle == packed.digest.to_string());
    let first = candidate.and_then(|it| it.commit.clone());
    first.or_else(|| snapshot.commit.clone())
}

async fn look(
    (since, until): &(Option<String>, String),
    packed: &Packed,
    snapshot: &Snapshot,
) -> Authors {
    let parsed = since.as_ref().map(|since| since.parse()).transpose();
    let (Ok(since), Ok(until)) = (parsed, until.parse()) else {
        return Authors::Unknown("its commits are none".to_owned());
    };
    let span = Span { since, until };
    let history = snapshot.history.clone();
    let concern = packed.concern.clone().unwrap_or_default();
    let search = tokio::task::spawn_blocking(move || history.authors(span, &concern));
    match search.await {
        Ok(Ok(authors)) => authors,
        Ok(Err(error)) => {
            let why = chain(&error);
            warn!(error = why, "who wrote a change cannot be told");
            Authors::Unknown(why)
        }
        Err(error) => Authors::Unknown(error.to_string()),
    }
}
