//! What a strategy's class and mode allow.

use super::case::Case;
use crate::spec::class::{Class, Mode};
use crate::spec::strategy::Replicas;

/// The fields that only some classes have.
const ONLY: &[(&str, &[Class])] = &[
    ("run", &[Class::Algo, Class::Gateway, Class::Job]),
    ("matrix", &[Class::Job]),
    ("parallelism", &[Class::Job]),
    ("retry", &[Class::Job]),
    ("deadline", &[Class::Job]),
    ("account", &[Class::Algo, Class::Gateway]),
    ("accountKeys", &[Class::Algo, Class::Gateway]),
    ("orderTag", &[Class::Algo]),
    ("onControlLoss", &[Class::Algo]),
];

/// Tells what does not belong to the strategy's class or mode.
pub(super) fn check(case: &mut Case) {
    let class = case.spec.class;
    for (field, classes) in ONLY {
        let written = case.document.node.pointer(&format!("/spec/{field}"));
        if written.is_some() && !classes.contains(&class) {
            let owners: Vec<&str> = classes.iter().map(|class| class.as_str()).collect();
            case.error(
                "wrong-class",
                &format!("/{field}"),
                format!("`{field}` means nothing for class `{}`", class.as_str()),
                format!("remove it; it belongs to class {}", owners.join(" or ")),
            );
        }
    }
    if class == Class::Algo && case.spec.mode.is_none() {
        case.error(
            "missing-field",
            "/class",
            "an algo has no `mode`",
            "add `mode: paper`, or `shadow` or `research`",
        );
    }
    if case.spec.mode == Some(Mode::Live) {
        case.error(
            "mode-live-refused",
            "/mode",
            "`mode: live` is refused: nothing yet enforces limits, windows and gates before real orders",
            "use `mode: paper` or `mode: shadow`",
        );
    }
    check_singleton(case);
}

fn check_singleton(case: &mut Case) {
    let class = case.spec.class;
    if matches!(class, Class::Service) {
        return;
    }
    let (what, reason) = match class {
        Class::Job => ("a job", "it splits by `matrix` and `parallelism`"),
        Class::Gateway => ("a gateway", "two pods are two logins on one account"),
        Class::Algo | Class::Service => ("an algo", "two pods are two traders on one account"),
    };
    let one = matches!(case.spec.replicas, None | Some(Replicas::Fixed(1)));
    if !one {
        case.error(
            "singleton-replicas",
            "/replicas",
            format!("{what} has exactly one replica: {reason}"),
            "remove `replicas`",
        );
    }
    if case.spec.scale.is_some() {
        case.error(
            "singleton-replicas",
            "/scale",
            format!("{what} cannot be scaled: {reason}"),
            "remove `scale`",
        );
    }
}

/// How many pods: one for a singleton and a job, else what is written.
pub(super) fn replicas(case: &mut Case) -> u32 {
    match case.spec.replicas {
        Some(Replicas::Fixed(count)) => count,
        Some(Replicas::Range { min, max }) => {
            if min > max {
                case.error(
                    "invalid-value",
                    "/replicas",
                    format!("`min` is {min}, more than `max`, which is {max}"),
                    "exchange them",
                );
            }
            min
        }
        None => 1,
    }
}
