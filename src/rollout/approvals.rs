//! What people approved, and whether that is enough.
//!
//! An approval, as an object or a signed tag, counts if it names this behaviour and this plan, could not be forged
//! and has not expired, by somebody who has the role in what was promoted last and did not write the
//! change. People are counted, not objects. What was approved and failed has to be approved again.

mod asked;
mod assumed;
mod noted;
mod signed;
mod tags;
mod tally;

use jiff::Timestamp;

use crate::admission::Guard;
use crate::approval::{Approved, Tagged};
use crate::compile::Bundle;
use crate::digest::Digest;
use crate::people::{Authority, Authors};
use crate::release::{ReleaseStatus, Revision};

use super::hours::Shut;
use super::target::{self, Kept};
use super::{Observed, overrides};

pub(super) use asked::before_it_begins;
pub(super) use assumed::assumed;
pub(super) use noted::noted;
pub(super) use tally::Assembly;
pub use tally::Tally;

/// What keeps what Git says from beginning: a signature, or people who have to approve it.
pub(super) fn held(
    record: &ReleaseStatus,
    git: &Bundle,
    kept: &Kept,
    observed: &Observed,
    now: Timestamp,
) -> Option<Shut> {
    let unsigned = signed::missing(record, git, kept, &observed.approvals);
    unsigned.or_else(|| asked::to_begin(record, git, kept, observed, now))
}

/// What people approved, as it was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approvals {
    /// The Approvals of the unit.
    pub given: Vec<Approved>,
    /// The signed tags of the unit that approve something.
    pub tagged: Vec<Tagged>,
    /// Why some may not be among them, if so.
    pub untagged: Option<String>,
    /// Whether the Approvals are what they say.
    pub guard: Guard,
    /// Who wrote what Git says, since what was promoted last.
    pub authors: Authors,
}

/// The digest that an Approval names beside the behaviour: of the stages and gates that the change
/// comes by, and of the people and the floor that come with it.
pub fn plan(bundle: &Bundle) -> Digest {
    let part = |json: Result<String, serde_json::Error>| json.unwrap_or_default();
    let rollout = part(serde_json::to_string(&bundle.rollout));
    let authority = part(serde_json::to_string(&bundle.authority));
    Digest::of_parts([rollout, authority])
}

/// The people and the floor that a change is judged by: those of what was promoted last, or its own
/// if nobody had to be asked there. `Err` if they cannot be had.
pub(super) fn in_force<'a>(
    record: &ReleaseStatus,
    own: &'a Bundle,
    git: &'a Bundle,
    kept: &'a Kept,
) -> Result<Option<&'a Authority>, Box<Shut>> {
    match stable(record, git, kept)? {
        Some(stable) => Ok(stable.authority.as_ref().or(own.authority.as_ref())),
        None => Ok(own.authority.as_ref()),
    }
}

/// The bundle of what was promoted last. One that is not stored matters only if people had to be
/// asked there.
fn stable<'a>(
    record: &ReleaseStatus,
    git: &'a Bundle,
    kept: &'a Kept,
) -> Result<Option<&'a Bundle>, Box<Shut>> {
    let Some(stable) = &record.stable else {
        return Ok(None);
    };
    let found = bundle_of(stable, git, kept);
    if found.is_none() && record.authority.is_some() {
        return Err(Box::new(target::missing(stable).into()));
    }
    Ok(found)
}

fn bundle_of<'a>(revision: &Revision, git: &'a Bundle, kept: &'a Kept) -> Option<&'a Bundle> {
    let is_git = revision.bundle == git.bundle.to_string();
    kept.get(&revision.bundle).or(is_git.then_some(git))
}

/// The digest of what a bundle brings into force; `None` where nobody has to be asked.
pub(super) fn authority(bundle: &Bundle) -> Option<String> {
    let json = serde_json::to_string(bundle.authority.as_ref()?).unwrap_or_default();
    Some(Digest::of(json).to_string())
}

/// The Approvals and Overrides that no longer count once a candidate has failed: it has to be approved again.
pub(super) fn withdrawn(record: &ReleaseStatus, observed: &Observed) -> Vec<String> {
    let failed = record.candidate.as_ref().map(|it| it.behaviour.as_str());
    let is_used_up = |it: &&Approved| {
        Some(it.spec.behaviour.as_str()) == failed || record.withdrawn.contains(&it.uid)
    };
    let used_up = observed.approvals.given.iter().filter(is_used_up);
    let used_up = used_up.map(|it| it.uid.clone());
    let is_spent = |it: &&Tagged| {
        failed.is_some_and(|failed| it.is_of(failed)) || record.withdrawn.contains(&it.id)
    };
    let spent = observed.approvals.tagged.iter().filter(is_spent);
    used_up
        .chain(spent.map(|it| it.id.clone()))
        .chain(overrides::withdrawn(record, &observed.overrides))
        .collect()
}
