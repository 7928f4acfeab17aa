//! What a record tells of the Overrides of its unit.

use jiff::Timestamp;

use super::Council;
use crate::compile::Bundle;
use crate::ledger::{Event, Saying};
use crate::overrides::Overridden;
use crate::release::{Overriding, ReleaseStatus, Revision};
use crate::rollout::recorded::revision;
use crate::rollout::{Desired, Situation, ledgered};

/// More are not told of at once.
const TOLD: usize = 16;

/// The Overrides that stand, and those that somebody made in vain, each with why.
pub(in crate::rollout) fn heard(
    record: &ReleaseStatus,
    situation: &Situation<'_>,
) -> Vec<Overriding> {
    let given = situation.observed.overrides.given.iter();
    let git = match situation.desired {
        Desired::Bundle(git) => git,
        Desired::Unknown(_) => return record.overrides.clone(),
        Desired::Gone => return Vec::new(),
    };
    let told = given.filter(|made| !is_done(record, made, git, situation.now));
    let told = told.map(|made| one(record, made, git, situation));
    let (stand, mut refused): (Vec<_>, Vec<_>) = told.partition(Overriding::stands);
    // Whoever made one last wants to know first.
    let excess = refused.len().saturating_sub(TOLD);
    refused.drain(..excess);
    stand.into_iter().chain(refused).collect()
}

/// The record after a step that went by these: what it says of them, and what the ledger is told of
/// those that the record before did not know to count.
pub(in crate::rollout) fn told(
    before: &ReleaseStatus,
    after: &mut ReleaseStatus,
    went_by: &[Overriding],
    situation: &Situation<'_>,
) {
    let mut now = heard(after, situation);
    for overriding in &mut now {
        let mut same = went_by.iter().filter(|it| it.uid == overriding.uid);
        let counted = same.find_map(|it| it.counted);
        overriding.counted = overriding.counted.or(counted);
    }
    let is_known = |it: &Overriding| first_counted(before, &it.uid).is_some();
    let fresh = now
        .iter()
        .filter(|it| it.counted.is_some() && !is_known(it));
    let events: Vec<Event> = fresh.map(|it| event(before, it, situation)).collect();
    after.overrides = now;
    ledgered::tell_first(before, after, events, situation);
}

fn first_counted(record: &ReleaseStatus, uid: &str) -> Option<Timestamp> {
    let mut known = record.overrides.iter().filter(|it| it.uid == uid);
    known.find_map(|it| it.counted)
}

/// Whether nobody has to be told of it any more: it is over, and so is what it was for.
fn is_done(record: &ReleaseStatus, made: &Overridden, git: &Bundle, now: Timestamp) -> bool {
    let behaviour = &made.spec.behaviour;
    let mut promoted = record.history.iter().map(|it| &it.revision);
    let was_promoted = promoted.any(|it| it.behaviour == *behaviour);
    let mut candidate = record.candidate.iter();
    let is_wanted =
        *behaviour == git.behaviour.to_string() || candidate.any(|it| it.behaviour == *behaviour);
    made.spec.expires <= now && (was_promoted || !is_wanted)
}

fn one(
    record: &ReleaseStatus,
    made: &Overridden,
    git: &Bundle,
    situation: &Situation<'_>,
) -> Overriding {
    let bundle = bundle(record, made, git, situation);
    let observed = situation.observed;
    let council = Council::of(
        record,
        bundle,
        (git, situation.kept),
        observed,
        situation.now,
    );
    let spec = &made.spec;
    let hurdle = spec.hurdle();
    let refused = council.voice(made).err();
    let refused = refused.or_else(|| council.passing(hurdle.as_ref()?).err().flatten());
    Overriding {
        uid: made.uid.clone(),
        what: hurdle.map_or_else(|| "nothing".to_owned(), |it| it.to_string()),
        by: spec.by.clone(),
        reason: spec.reason.clone(),
        until: council.until(made),
        counted: first_counted(record, &made.uid).or(refused.is_none().then_some(situation.now)),
        refused,
    }
}

/// The bundle that an Override is for: what is on its way, or else what Git says.
fn bundle<'a>(
    record: &ReleaseStatus,
    made: &Overridden,
    git: &'a Bundle,
    situation: &Situation<'a>,
) -> &'a Bundle {
    let candidate = record.candidate.as_ref();
    let candidate = candidate.filter(|it| it.behaviour == made.spec.behaviour);
    let kept = candidate.and_then(|it| situation.kept.get(&it.bundle));
    let is_git = made.spec.behaviour == git.behaviour.to_string();
    kept.filter(|_| !is_git).unwrap_or(git)
}

fn event(before: &ReleaseStatus, overriding: &Overriding, situation: &Situation<'_>) -> Event {
    Event::Override {
        revision: about(before, overriding, situation),
        what: overriding.what.clone(),
        until: overriding.until,
        by: Saying {
            who: overriding.by.clone(),
            reason: Some(overriding.reason.clone()),
        },
    }
}

/// The revision that is overridden for.
fn about(
    before: &ReleaseStatus,
    overriding: &Overriding,
    situation: &Situation<'_>,
) -> Option<Revision> {
    let Desired::Bundle(git) = situation.desired else {
        return None;
    };
    let mut given = situation.observed.overrides.given.iter();
    let made = given.find(|it| it.uid == overriding.uid)?;
    let bundle = bundle(before, made, git, situation);
    Some(revision(before, bundle, situation.commit))
}
