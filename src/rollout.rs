//! The only thing that advances a unit: `step(record, observation, now)`.
//!
//! Stepping again on the same observation gives the same record and the same actions, so a crash
//! anywhere is safe: whoever comes next observes and steps.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::compile::Bundle;
use crate::object::{Object, ObjectId};
use crate::plan::Action;
use crate::release::ReleaseStatus;
use crate::resolve::Consent;
use crate::spec::names::StrategyName;

/// What Git says about a unit.
#[derive(Debug, Clone, Copy)]
pub enum Desired<'a> {
    /// It should be this.
    Bundle(&'a Bundle),
    /// It has an error, or something is unreadable: leave it as it is, prune nothing.
    Unknown,
    /// It is no longer there, and everything was readable.
    Gone,
}

/// What was seen of a unit.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The objects that carry its owner label: those it made, and their pods, ReplicaSets and
    /// ControllerRevisions.
    pub objects: BTreeMap<ObjectId, Object>,
    /// Objects in the way: they have a name it needs and are not its own.
    pub foreign: BTreeMap<ObjectId, Object>,
    /// Pods of other units that take a place of a holding it needs: holding → pod.
    pub held_by_others: BTreeMap<String, ObjectId>,
    /// Whether the strategies it comes after are healthy, or why not.
    pub after: BTreeMap<StrategyName, Result<(), String>>,
    /// Whether its desk's namespace is there and active, or why not.
    pub namespace: Option<String>,
    /// The claims of a strategy it was renamed from.
    pub old_claims: Vec<Object>,
}

/// Everything a step depends on.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What Git says.
    pub desired: Desired<'a>,
    /// The commit Git said it in.
    pub commit: Option<&'a str>,
    /// What was seen.
    pub observed: &'a Observed,
    /// What may be deleted.
    pub consents: &'a [Consent],
    /// More deletions than this need a consent.
    pub deletion_cap: usize,
    /// The time.
    pub now: Timestamp,
}

/// What comes of a step. The record is written, and compared while it is, before any action.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The record to be.
    pub record: ReleaseStatus,
    /// What to do, in waves.
    pub actions: Vec<Action>,
    /// When to step again even if nothing is seen to change.
    pub wake_at: Option<Timestamp>,
}
