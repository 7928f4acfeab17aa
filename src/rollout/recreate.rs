//! Objects that can only become what they should be by being deleted and made again.
//!
//! Only a parsed refusal of an immutable field counts, and only a consent to this one object: that
//! a request is invalid is no reason to delete anything.

use crate::object::Object;
use crate::plan::{Cause, FailureKind};
use crate::resolve::Class;

use super::consent;
use super::unit::Unit;
use super::waiting::{By, Wait};

/// What is to be done about an object that differs.
pub(super) enum Remedy {
    /// Apply it.
    Apply,
    /// Delete it, and make it again once it is gone.
    Recreate,
    /// Nothing, until a person decides.
    Ask(Wait),
    /// Nothing, ever.
    Refuse(String),
}

/// Judges an object that differs by how its last apply ended.
pub(super) fn remedy(unit: &Unit<'_>, live: &Object) -> Remedy {
    let Some(cause) = immutable(unit, live) else {
        return Remedy::Apply;
    };
    let id = live.id();
    let keeps_state = unit
        .desired()
        .any(|it| it.kind() == "PersistentVolumeClaim");
    let trades = unit.bundle.class == Some(Class::Algo);
    if id.kind == "PersistentVolumeClaim"
        || (trades && keeps_state && unit.bundle.workload.as_ref() == Some(&id))
    {
        return Remedy::Refuse(format!(
            "{id} cannot be changed in place ({cause}) and is never deleted for it, because state hangs on it: undo this change, or retire the strategy and bring it back under another name"
        ));
    }
    let situation = unit.situation;
    if consent::object_consented(live, situation.consents, situation.now) {
        return Remedy::Recreate;
    }
    Remedy::Ask(Wait::for_consent(
        By::Others,
        format!(
            "a consent to delete {id} and make it again: it cannot be changed in place ({cause})"
        ),
        consent::object_entry(live),
    ))
}

fn immutable<'a>(unit: &Unit<'a>, live: &Object) -> Option<&'a Cause> {
    let failed = unit.situation.observed.failed.as_ref()?;
    if !unit.is_tried(failed) {
        return None;
    }
    let id = live.id();
    let mut refusals = failed.failures.iter().filter(|failure| failure.id == id);
    refusals.find_map(|failure| match &failure.kind {
        FailureKind::Invalid(causes) => causes.iter().find(|cause| cause.is_immutable()),
        FailureKind::Forbidden(_)
        | FailureKind::NamespaceTerminating
        | FailureKind::Missing(_)
        | FailureKind::Contested
        | FailureKind::Undone(_)
        | FailureKind::Altered(_)
        | FailureKind::Unreachable(_) => None,
    })
}
