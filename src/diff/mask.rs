//! The one point through which values leave: what looks like a secret is masked here.
//!
//! A mask tells that a value is there and whether it changed, never the value or its length.
//! [`Masked`] can only be made here, and renderers take nothing else.
//!
//! Masked are the values of Secrets; entries of ConfigMaps, environment variables, headers, flags
//! and annotations with a telling name; such assignments inside of config files and messages; and
//! whatever has the form of a key or token wherever it stands. What differs before masking differs
//! after it.

mod assign;
mod form;
mod name;
mod text;
mod value;

use crate::diff::{Change, Effect, ObjectDiff, Summary, Verdict};
use crate::object::Object;

pub use text::text;

/// Diffs without a secret in them.
#[derive(Debug, Clone, PartialEq)]
pub struct Masked(Vec<MaskedObject>);

/// An object's diff without a secret in it.
#[derive(Debug, Clone, PartialEq)]
pub struct MaskedObject {
    diff: ObjectDiff,
    effects: Vec<Effect>,
}

impl Masked {
    /// Masks diffs.
    pub fn of(diffs: &[ObjectDiff]) -> Self {
        Self(diffs.iter().map(MaskedObject::of).collect())
    }

    /// The objects, in the order given.
    pub fn objects(&self) -> &[MaskedObject] {
        &self.0
    }

    /// How many objects have which verdict.
    pub fn summary(&self) -> Summary {
        Summary::of(self.0.iter().map(|object| &object.diff.verdict))
    }
}

impl MaskedObject {
    /// Masks one diff.
    pub fn of(diff: &ObjectDiff) -> Self {
        let effects = match &diff.verdict {
            Verdict::Differs(changes) => changes
                .iter()
                .map(|change| Effect::of(diff, change))
                .collect(),
            Verdict::Same | Verdict::Created | Verdict::Deleted | Verdict::CannotTell { .. } => {
                Vec::new()
            }
        };
        Self {
            effects,
            diff: masked(diff),
        }
    }

    /// The diff; every value in it is masked.
    pub fn diff(&self) -> &ObjectDiff {
        &self.diff
    }

    /// The weightiest effect; `None` where the object does not differ in places.
    pub fn effect(&self) -> Option<Effect> {
        self.effects.iter().max().copied()
    }

    /// What differs, with its effect.
    pub fn changes(&self) -> impl Iterator<Item = (&Change, Effect)> {
        let changes = match &self.diff.verdict {
            Verdict::Differs(changes) => changes.as_slice(),
            Verdict::Same | Verdict::Created | Verdict::Deleted | Verdict::CannotTell { .. } => &[],
        };
        changes.iter().zip(self.effects.iter().copied())
    }
}

fn masked(diff: &ObjectDiff) -> ObjectDiff {
    let ObjectDiff {
        id,
        renamed_from,
        before,
        after,
        verdict,
    } = diff;
    let verdict = match verdict {
        Verdict::Differs(changes) => Verdict::Differs(
            changes
                .iter()
                .map(|change| value::change(id, change))
                .collect(),
        ),
        Verdict::CannotTell { reason } => Verdict::CannotTell {
            reason: text(reason),
        },
        Verdict::Same | Verdict::Created | Verdict::Deleted => verdict.clone(),
    };
    let (before, after) = value::pair(
        id,
        before.as_ref().map(Object::value),
        after.as_ref().map(Object::value),
    );
    ObjectDiff {
        id: id.clone(),
        renamed_from: renamed_from.clone(),
        before: before.and_then(Object::new),
        after: after.and_then(Object::new),
        verdict,
    }
}
