//! What a step tells the ledger, and what the ledger keeps it from.
//!
//! What is told is written into the record with the change that it tells of: one
//! compare-and-swap, so that neither is ever there without the other, and none is there twice. It
//! leaves the record once the ledger is known to have it.

use std::collections::BTreeSet;

use super::waiting::{By, Wait};
use super::{Observed, Situation};
use crate::compile::Bundle;
use crate::digest::Digest;
use crate::ledger::{Event, Fact, Promoted, events};
use crate::release::ReleaseStatus;
use crate::resolve::Class;

/// More entries of one unit do not pile up while the ledger cannot be written: nothing new begins.
const MOST_UNTOLD: usize = 100;

/// How the fleet's ledger stands, as far as it concerns one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledgered {
    /// What entries say of where they are from.
    pub place: Place,
    /// Those entries of the record that the ledger has.
    pub told: BTreeSet<Digest>,
    /// Why nothing may begin or be promoted, if so: the ledger is not as it was left.
    pub closed: Option<String>,
    /// What was promoted last, as the ledger says; only what was lost goes by it.
    pub promoted: Option<Promoted>,
}

/// Where an entry is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The fleet.
    pub fleet: String,
    /// The cluster.
    pub cluster: String,
    /// The desk.
    pub desk: String,
    /// The name of the Release.
    pub release: String,
}

/// The record, with what the ledger is to be told of the change that led to it.
pub(super) fn told(
    before: &ReleaseStatus,
    mut after: ReleaseStatus,
    situation: &Situation<'_>,
    class: Option<Class>,
) -> ReleaseStatus {
    let Some(ledger) = &situation.observed.ledger else {
        return after;
    };
    for event in events(before, &after, &situation.observed.intents, class) {
        after.untold.push(ledger.place.fact(event, situation));
    }
    after
}

/// Writes into the record that the ledger is to be told of these before anything else that a step
/// brought.
pub(super) fn tell_first(
    before: &ReleaseStatus,
    after: &mut ReleaseStatus,
    events: Vec<Event>,
    situation: &Situation<'_>,
) {
    let Some(ledger) = &situation.observed.ledger else {
        return;
    };
    let texts = events
        .into_iter()
        .map(|it| ledger.place.fact(it, situation));
    let place = before.untold.len().min(after.untold.len());
    after.untold.splice(place..place, texts);
}

impl Place {
    fn fact(&self, event: Event, situation: &Situation<'_>) -> String {
        let Self {
            fleet,
            cluster,
            desk,
            release,
        } = self.clone();
        let fact = Fact {
            at: situation.now,
            fleet,
            cluster,
            desk: Some(desk),
            release: Some(release),
            event,
        };
        fact.text()
    }
}

/// Takes out of the record what the ledger has.
pub(super) fn forget_told(record: &mut ReleaseStatus, situation: &Situation<'_>) {
    if let Some(ledger) = &situation.observed.ledger {
        let is_told = |text: &String| ledger.told.contains(&Digest::of(text));
        record.untold.retain(|text| !is_told(text));
    }
}

/// Why nothing new may begin.
pub(super) fn to_begin(record: &ReleaseStatus, observed: &Observed) -> Option<Wait> {
    let ledger = observed.ledger.as_ref()?;
    if let Some(why) = &ledger.closed {
        return Some(closed(why));
    }
    let waiting = record.untold.len();
    (waiting >= MOST_UNTOLD).then(|| {
        Wait::new(
            By::Others,
            format!("the ledger, which {waiting} entries of this unit could not be written to"),
            "it can be pushed to again; `tidegate status` says why it cannot",
        )
    })
}

/// What keeps the record of a unit of which nothing else is left: what the ledger does not have yet.
pub(super) fn to_close(record: &ReleaseStatus, observed: &Observed) -> Option<Wait> {
    let ledger = observed.ledger.as_ref()?;
    let is_untold = |text: &&String| !ledger.told.contains(&Digest::of(text));
    let count = record.untold.iter().filter(is_untold).count();
    let is_all = record.inventory.is_empty() && record.waiting_on.is_empty();
    (is_all && count > 0).then(|| {
        Wait::new(
            By::Itself,
            format!("the ledger, which does not have {count} entries of this unit yet"),
            "it has them; `tidegate status` says why it cannot be pushed to, if so",
        )
    })
}

/// Why what is under way may not go to its next stage.
pub(super) fn to_go_on(record: &ReleaseStatus, observed: &Observed) -> Option<Wait> {
    let why = observed.ledger.as_ref()?.closed.as_ref()?;
    (!is_going_back(record)).then(|| closed(why))
}

/// Why what is on its way may not be promoted.
pub(super) fn to_promote(
    record: &ReleaseStatus,
    bundle: &Bundle,
    observed: &Observed,
) -> Option<Wait> {
    let behaviour = bundle.behaviour.to_string();
    let stable = record.stable.as_ref();
    let is_new = stable.is_none_or(|stable| stable.behaviour != behaviour);
    to_go_on(record, observed).filter(|_| is_new)
}

/// Whether a person goes back to what was promoted before, which is always possible.
fn is_going_back(record: &ReleaseStatus) -> bool {
    let candidate = record.candidate.as_ref().map(|it| &it.behaviour);
    let pinned = record.pinned.as_ref().map(|it| &it.behaviour);
    pinned.is_some() && candidate == pinned
}

fn closed(why: &str) -> Wait {
    Wait::new(
        By::Others,
        format!("the ledger: {why}"),
        "it is as it was left (`tidegate ledger verify` shows all that is wrong with it)",
    )
}
