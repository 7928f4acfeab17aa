//! What comes of a change in the cluster, in one sentence.

use super::Change;
use crate::resolve::Class;
use crate::resolve::rollout::Rollout;
use crate::rollout::words;

/// What comes of a change that leaves so many objects behind.
pub(super) fn of(
    change: Change,
    class: Option<Class>,
    rollout: Option<&Rollout>,
    kept: usize,
) -> String {
    let sentence = match (change, rollout) {
        (Change::Broken, _) => of_errors(true).to_owned(),
        (Change::Removed, _) => removed(class).to_owned(),
        (Change::Material | Change::Added, Some(rollout)) if rollout.stages.len() > 1 => {
            staged(rollout)
        }
        (Change::Material, _) => material(class).to_owned(),
        (Change::Added, _) => added(class).to_owned(),
        (Change::Minor, _) => "Applied in place; no pod restarts".to_owned(),
    };
    match kept {
        0 => sentence,
        1 => format!("{sentence}; 1 object stays until somebody consents"),
        kept => format!("{sentence}; {kept} objects stay until somebody consents"),
    }
}

/// In stages, each left on evidence.
fn staged(rollout: &Rollout) -> String {
    let names: Vec<String> = rollout
        .stages
        .iter()
        .map(|stage| format!("`{}`", stage.name))
        .collect();
    format!("Comes {}: {}", words::style(rollout), names.join(" → "))
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
