//! What comes of a change in the cluster, in one sentence.

use super::Change;
use crate::diff::{ObjectDiff, Verdict};
use crate::resolve::Class;

/// What comes of a change.
pub(super) fn of(change: Change, class: Option<Class>, objects: &[ObjectDiff]) -> String {
    match change {
        Change::Broken => of_errors(true).to_owned(),
        Change::Removed => removed(class, objects),
        Change::Material => material(class).to_owned(),
        Change::Added => added(class).to_owned(),
        Change::Minor => "Applied in place; no pod restarts".to_owned(),
    }
}

/// What comes of errors.
pub(super) fn of_errors(runs: bool) -> &'static str {
    if runs {
        "Left as it runs until the errors are gone; nothing is pruned"
    } else {
        "Not deployed until the errors are gone"
    }
}

fn material(class: Option<Class>) -> &'static str {
    match class {
        Some(Class::Algo) => {
            "Stops, and starts again when the old pod is gone (1 → 0 → 1): never two at a time; orders rest as `onStop` says"
        }
        Some(Class::Gateway) => {
            "Stops, and starts again when the old pod is gone (1 → 0 → 1): whoever uses it loses its session meanwhile"
        }
        Some(Class::Service) => "Rolls over pod by pod",
        Some(Class::Job) => "The next run uses it; a running one is left to end",
        None => "Changes what surrounds every strategy of the desk",
    }
}

fn added(class: Option<Class>) -> &'static str {
    match class {
        Some(Class::Algo | Class::Gateway) => "Starts one pod",
        Some(Class::Service) => "Starts its pods",
        Some(Class::Job) => "Runs when its time comes",
        None => "Makes the desk's namespace, quota, bindings and policies",
    }
}

fn removed(class: Option<Class>, objects: &[ObjectDiff]) -> String {
    let kept = objects
        .iter()
        .filter(|object| object.verdict == Verdict::Deleted)
        .filter(|object| {
            matches!(
                object.id.kind.as_str(),
                "PersistentVolumeClaim" | "Namespace"
            )
        })
        .count();
    let stops = match class {
        Some(Class::Algo | Class::Gateway) => "Stops, then its objects are deleted",
        Some(Class::Service | Class::Job) => "Its objects are deleted",
        None => "What surrounds the desk's strategies is deleted",
    };
    match kept {
        0 => stops.to_owned(),
        1 => format!("{stops}; 1 object stays until somebody consents"),
        kept => format!("{stops}; {kept} objects stay until somebody consents"),
    }
}
