//! What people ask of a release.
//!
//! An Intent counts from when it is seen until it was heeded: those that were there before a rollout
//! began say nothing about it. Clocks are not compared: the API server's may be another than ours.

use std::collections::BTreeSet;

use crate::intent::{Ask, Asked};
use crate::release::ReleaseStatus;

/// What is asked now, of one behaviour.
#[derive(Debug, Default)]
pub(super) struct Asks<'a> {
    /// That the rollout stay where it is.
    pub(super) pause: Option<&'a Asked>,
    /// That the rollout be given up.
    pub(super) abort: Option<&'a Asked>,
    promotions: Vec<&'a Asked>,
}

impl<'a> Asks<'a> {
    /// What is asked of the candidate of this behaviour.
    pub(super) fn of(intents: &'a [Asked], record: &ReleaseStatus, behaviour: &str) -> Self {
        let mut asks = Self::default();
        for asked in open(intents, record).filter(|asked| asked.spec.behaviour == behaviour) {
            match asked.spec.action {
                Ask::Promote => asks.promotions.push(asked),
                Ask::Pause => asks.pause = Some(asked),
                Ask::Resume => asks.pause = None,
                Ask::Abort => asks.abort = Some(asked),
                Ask::Rollback | Ask::Restart | Ask::Lift | Ask::Attest => {}
            }
        }
        asks
    }

    /// Who promoted a stage, if somebody did.
    pub(super) fn promotion(&self, stage: &str) -> Option<&'a Asked> {
        let names = |asked: &&&Asked| {
            let named = asked.spec.stage.as_deref();
            named.is_none_or(|named| named == stage)
        };
        self.promotions.iter().find(names).copied()
    }
}

/// The intents that were not heeded yet, in the order in which they were made.
pub(super) fn open<'a>(
    intents: &'a [Asked],
    record: &ReleaseStatus,
) -> impl Iterator<Item = &'a Asked> {
    let heeded: BTreeSet<String> = record.heeded.iter().cloned().collect();
    intents
        .iter()
        .filter(move |asked| !heeded.contains(&asked.uid))
}

/// Whether a person lifted a behaviour before: it is not turned away again.
pub(super) fn is_lifted(intents: &[Asked], record: &ReleaseStatus, behaviour: &str) -> bool {
    intents.iter().any(|asked| {
        asked.spec.action == Ask::Lift
            && asked.spec.behaviour == behaviour
            && record.heeded.contains(&asked.uid)
    })
}

/// Everything that was asked so far, which is done with.
pub(super) fn all(intents: &[Asked]) -> Vec<String> {
    intents.iter().map(|asked| asked.uid.clone()).collect()
}

/// One more is done with.
pub(super) fn heed(record: &mut ReleaseStatus, intents: &[Asked], one: &Asked) {
    let is_there = |uid: &String| intents.iter().any(|asked| asked.uid == *uid);
    record.heeded.retain(is_there);
    record.heeded.push(one.uid.clone());
}

/// Who asked, and why, for a person.
pub(super) fn told(asked: &Asked) -> String {
    let reason = asked.spec.reason.as_deref();
    let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    format!("{} asked to {}{reason}", asked.spec.by, asked.spec.action)
}
