//! Units of a cluster that was lost: nothing of them is there, and the ledger knows what ran.
//!
//! What was promoted last comes first, as it was; what Git says then comes after it, behind its
//! gates. What sends orders stays at 0 until a person attests that the one that ran before is dead:
//! a cluster that cannot be seen any more may well go on trading.

use super::waiting::{By, Wait};
use super::{Situation, asks, lost};
use crate::compile::Bundle;
use crate::digest::short;
use crate::intent::Ask;
use crate::release::{Promotion, ReleaseStatus, Resumed};
use crate::resolve::Class;

/// The record of a unit of which nothing is known but what the ledger tells; `None` for any other.
pub(super) fn begun(
    record: &ReleaseStatus,
    situation: &Situation<'_>,
    git: &Bundle,
) -> Option<ReleaseStatus> {
    let observed = situation.observed;
    let ledger = observed.ledger.as_ref()?;
    let promoted = ledger.promoted.as_ref()?;
    let is_its = git.class.is_some() && promoted.desk.as_deref() == Some(git.desk.as_str());
    if ledger.closed.is_some() || !is_its || !lost::is_blank(record) {
        return None;
    }
    let behaviour = promoted.revision.behaviour.parse().ok()?;
    let runs = lost::runs_already(record, observed, behaviour);
    if !runs && lost::runs_anything(observed) {
        return None;
    }
    let classes = [promoted.class, git.class];
    Some(ReleaseStatus {
        stable: Some(promoted.revision.clone()),
        history: vec![Promotion {
            revision: promoted.revision.clone(),
            at: promoted.at,
        }],
        resumed: Some(Resumed {
            entry: u32::try_from(promoted.sequence).unwrap_or(u32::MAX),
            at: situation.now,
            is_unattested: !runs && classes.contains(&Some(Class::Algo)),
        }),
        // What was asked before was asked of a cluster that is no more.
        heeded: asks::all(&observed.intents),
        ..record.clone()
    })
}

/// The record once a person attested that what ran before is dead.
pub(super) fn attested(record: &ReleaseStatus, situation: &Situation<'_>) -> Option<ReleaseStatus> {
    let resumed = record.resumed.as_ref().filter(|it| it.is_unattested)?;
    let stable = record.stable.as_ref()?;
    let intents = &situation.observed.intents;
    let mut asked = asks::open(intents, record);
    let asked = asked.find(|asked| {
        asked.spec.action == Ask::Attest && asked.spec.behaviour == stable.behaviour
    })?;
    let mut next = record.clone();
    next.resumed = Some(Resumed {
        is_unattested: false,
        ..resumed.clone()
    });
    asks::heed(&mut next, intents, asked);
    Some(next)
}

/// The record once what was promoted last runs again.
pub(super) fn done(record: &ReleaseStatus) -> Option<ReleaseStatus> {
    record.resumed.as_ref()?;
    Some(ReleaseStatus {
        resumed: None,
        ..record.clone()
    })
}

/// Why what Git says does not begin yet: what ran comes first.
pub(super) fn comes_first(record: &ReleaseStatus) -> Option<Wait> {
    let resumed = record.resumed.as_ref()?;
    let stable = record.stable.as_ref()?;
    Some(Wait::new(
        By::Itself,
        format!(
            "{}, which entry {} of the ledger says ran last, and which comes first",
            short(&stable.behaviour),
            resumed.entry
        ),
        "it runs again",
    ))
}

/// Why a pod that sends orders may not start.
pub(super) fn unattested(record: &ReleaseStatus) -> Option<Wait> {
    let resumed = record.resumed.as_ref().filter(|it| it.is_unattested)?;
    Some(Wait::for_person(
        format!(
            "a person, who attests that the one that ran before (entry {} of the ledger) is dead",
            resumed.entry
        ),
        "`tidegate attest` says so",
        &["attest"],
    ))
}
