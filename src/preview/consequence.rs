//! What comes of a change in the cluster, in one sentence.

use super::Change;
use crate::resolve::Class;

/// What comes of a change that leaves so many objects behind.
pub(super) fn of(change: Change, class: Option<Class>, kept: usize) -> String {
    let sentence = match change {
        Change::Broken => of_errors(true),
        Change::Removed => removed(class),
        Change::Material => material(class),
        Change::Added => added(class),
        Change::Minor => "Applied in place; no pod restarts",
    };
    match kept {
        0 => sentence.to_owned(),
        1 => format!("{sentence}; 1 object stays until somebody consents"),
        kept => format!("{sentence}; {kept} objects stay until somebody consents"),
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

fn removed(class: Option<Class>) -> &'static str {
    match class {
        Some(Class::Algo | Class::Gateway) => "Stops, then its objects are deleted",
        Some(Class::Service | Class::Job) => "Its objects are deleted",
        None => "What surrounds the desk's strategies is deleted",
    }
}
