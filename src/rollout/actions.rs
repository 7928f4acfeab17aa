//! From differences to actions, each with its reason and its wave.

use serde_json::Value;

use crate::diff::{self, Change, Kind};
use crate::object::{Object, ObjectId};
use crate::plan::{Action, Seen, Verb};

/// Namespaces and definitions come first, then what pods need, then what makes pods.
pub(super) fn wave(object: &ObjectId) -> u32 {
    match object.kind.as_str() {
        "Namespace" | "CustomResourceDefinition" => 0,
        "StatefulSet" | "Deployment" | "Job" | "CronJob" => 2,
        _ => 1,
    }
}

/// Turning what runs comes after all that it needs.
pub(super) const TURN_WAVE: u32 = 3;

pub(super) fn create(object: &Object) -> Action {
    Action {
        wave: wave(&object.id()),
        verb: Verb::Create(object.clone()),
        reason: "it is not there".to_owned(),
    }
}

pub(super) fn apply(desired: &Object, live: &Object, changes: &[Change]) -> Action {
    Action {
        wave: wave(&desired.id()),
        verb: Verb::Apply {
            object: desired.clone(),
            seen: Seen::of(live),
            takeover: diff::takeover(live, desired),
        },
        reason: reason(changes),
    }
}

pub(super) fn rehearse(desired: &Object, live: &Object, changes: &[Change]) -> Action {
    Action {
        wave: wave(&desired.id()),
        verb: Verb::Rehearse {
            object: desired.clone(),
            seen: Seen::of(live),
        },
        reason: format!("before anything is stopped for it: {}", reason(changes)),
    }
}

pub(super) fn turn(live: &Object, spec: Value, reason: impl Into<String>) -> Action {
    Action {
        wave: TURN_WAVE,
        verb: Verb::Turn {
            api_version: live.api_version().to_owned(),
            id: live.id(),
            spec,
            seen: Seen::of(live),
        },
        reason: reason.into(),
    }
}

/// Deletions go the other way round: first what makes pods.
pub(super) fn delete(live: &Object, reason: impl Into<String>) -> Action {
    Action {
        wave: TURN_WAVE - wave(&live.id()),
        verb: Verb::Delete {
            api_version: live.api_version().to_owned(),
            id: live.id(),
            seen: Seen::of(live),
        },
        reason: reason.into(),
    }
}

fn reason(changes: &[Change]) -> String {
    let is_owned = |change: &&Change| change.kind == Kind::Ownership;
    if changes.iter().filter(is_owned).count() == changes.len() {
        return "its fields are not recorded as Tidegate's".to_owned();
    }
    let mut paths = changes
        .iter()
        .filter(|change| change.kind != Kind::Ownership)
        .map(|change| format!("`{}`", change.path));
    let shown: Vec<_> = paths.by_ref().take(3).collect();
    match paths.count() {
        0 => format!("it differs in {}", shown.join(", ")),
        more => format!("it differs in {} and {more} more places", shown.join(", ")),
    }
}
