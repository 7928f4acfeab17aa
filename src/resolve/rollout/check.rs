//! What is wrong with a `rollout` block, each finding at its place.

use super::super::case::Case;
use super::settle::most_pods;
use super::{Exposure, Gate, RollbackWindow};
use crate::diagnostic::Diagnostic;
use crate::spec::class::Class;
use crate::spec::gate::GateError;
use crate::spec::measure::{Amount, Duration, Percent};
use crate::spec::rollout::{HeaderSpec, StageSpec};

/// A stage as it is written.
#[derive(Debug)]
pub(super) struct Written {
    /// Where it is.
    pub(super) pointer: String,
    /// Its own name.
    pub(super) name: Option<String>,
    /// How far the new version is let in.
    pub(super) exposure: Exposure,
    /// What must hold for the next one to begin.
    pub(super) gates: Vec<Gate>,
}

/// The ways in which a service can change.
const STYLES: [&str; 6] = [
    "rolling",
    "canary",
    "blueGreen",
    "ab",
    "mirror",
    "standbyFirst",
];

/// The fields that only some classes have.
const ONLY: &[(&str, &[Class])] = &[
    ("rolling", &[Class::Service]),
    ("canary", &[Class::Service]),
    ("blueGreen", &[Class::Service]),
    ("ab", &[Class::Service]),
    ("mirror", &[Class::Service]),
    ("standbyFirst", &[Class::Service]),
    ("route", &[Class::Service]),
    ("bootstrap", &[Class::Service]),
    ("progressDeadline", &[Class::Service]),
    ("rollbackWindow", &[Class::Service]),
    ("stages", &[Class::Algo, Class::Gateway]),
    ("watch", &[Class::Algo, Class::Gateway, Class::Service]),
];

/// The most host names that a route may have.
const MAX_HOSTNAMES: usize = 16;

/// Tells what does not belong to the strategy's class.
pub(super) fn fields(case: &mut Case) {
    let class = case.spec.class;
    for (field, classes) in ONLY {
        let pointer = format!("/rollout/{field}");
        if case.node.pointer(&pointer).is_none() || classes.contains(&class) {
            continue;
        }
        let owners: Vec<&str> = classes.iter().map(|class| class.as_str()).collect();
        let message = format!("`{field}` means nothing for class `{}`", class.as_str());
        let finding = Diagnostic::error("wrong-class", case.key_span(&pointer), message).with_help(
            format!("remove it; it belongs to class {}", owners.join(" or ")),
        );
        case.findings.push(finding);
    }
}

/// Tells when a change would come in two ways at once.
pub(super) fn one_style(case: &mut Case) {
    let pointers = STYLES.map(|style| format!("/rollout/{style}"));
    let mut written = pointers.iter().filter(|it| case.node.pointer(it).is_some());
    let (Some(first), Some(second)) = (written.next(), written.next()) else {
        return;
    };
    let finding = Diagnostic::error(
        "rollout-style",
        case.key_span(second),
        "a change cannot come in two ways at once",
    )
    .with_label(case.key_span(first), "the first one")
    .with_help("keep one of them");
    case.findings.push(finding);
}

/// Tells when the new version cannot run beside the old one.
pub(super) fn beside(case: &mut Case, style: &str) {
    if !case.spec.state.is_empty() {
        case.error(
            "rollout-style",
            &format!("/rollout/{style}"),
            format!("with `{style}` a second copy would run beside the first, with empty volumes"),
            "use `rolling`, which changes pod by pod, or remove `state`",
        );
    }
    if most_pods(case) == 0 {
        case.error(
            "rollout-style",
            &format!("/rollout/{style}"),
            format!("`{style}` needs pods, and `replicas` is 0"),
            "use `rolling`, or more replicas",
        );
    }
}

/// Tells when something needs a gateway and there is none.
pub(super) fn needs_route(case: &mut Case, pointer: &str) {
    if case.node.pointer("/rollout/route").is_none() {
        case.error(
            "rollout-needs-route",
            pointer,
            "requests can only be told apart or copied by a gateway, and there is no `route`",
            "add `route: {gateway: namespace/name}` to the `rollout`, or use weights",
        );
    }
}

/// Tells when a list says nothing.
pub(super) fn not_empty(case: &mut Case, pointer: &str, length: usize) {
    if length == 0 {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        case.error(
            "rollout-stages",
            pointer,
            format!("`{name}` is empty, so that it says nothing"),
            "add to it, or remove it",
        );
    }
}

/// Tells when a stage says more than one thing, or one that its style does not know.
pub(super) fn only(case: &mut Case, pointer: &str, stage: &StageSpec, known: &[&str]) {
    let written = [
        ("pods", stage.pods.is_some()),
        ("weight", stage.weight.is_some()),
        ("match", stage.matches.is_some()),
        ("mirror", stage.mirror.is_some()),
    ];
    let written = written
        .into_iter()
        .filter(|(_, is)| *is)
        .map(|(name, _)| name);
    let written: Vec<&str> = written.collect();
    for name in written.iter().filter(|name| !known.contains(name)) {
        case.error(
            "rollout-stages",
            &format!("{pointer}/{name}"),
            format!("`{name}` does not belong to this way of changing"),
            format!("write {}", words(known)),
        );
    }
    let measures: Vec<&str> = written
        .into_iter()
        .filter(|name| known.contains(name))
        .collect();
    if measures.len() > 1 {
        case.error(
            "rollout-stages",
            pointer,
            "a stage lets the new version in by one measure",
            format!("keep one of {}", words(&measures)),
        );
    }
}

/// Tells when a stage without a measure of its own is not the last one.
pub(super) fn last(case: &mut Case, pointer: &str, index: usize, length: usize) {
    if index.checked_add(1) != Some(length) {
        case.error(
            "rollout-stages",
            pointer,
            "the stage does not say how far the new version is let in, and is not the last one",
            "say it, or remove the stage",
        );
    }
}

/// Tells that a Deployment cannot hold pods back.
pub(super) fn no_partition(case: &mut Case, pointer: &str) {
    case.error(
        "rollout-stages",
        &format!("{pointer}/pods"),
        "only a service with `state` changes so many pods and no more",
        "use `canary`, whose new pods run beside the old ones, or remove `pods`",
    );
}

/// Tells when weights do not rise to the whole.
pub(super) fn weights(case: &mut Case, stages: &[Written]) {
    let mut before: Option<Percent> = None;
    for stage in stages {
        match stage.exposure {
            Exposure::Weight(weight) => {
                let pointer = format!("{}/weight", stage.pointer);
                share(case, &pointer, weight);
                if before.is_some_and(|before| weight <= before) {
                    not_rising(case, &pointer, "weight");
                }
                before = Some(weight);
            }
            Exposure::Match(_) | Exposure::Mirror(_) if before.is_some() => case.error(
                "rollout-stages",
                &stage.pointer,
                "the new version would lose the share that it had",
                "put the stage before all weights",
            ),
            _ => {}
        }
    }
}

/// Tells when pods do not rise to all of them.
pub(super) fn pods(case: &mut Case, stages: &[Written]) {
    let most = most_pods(case);
    let mut before = 0;
    for stage in stages {
        let Exposure::Pods(amount) = stage.exposure else {
            continue;
        };
        let pointer = format!("{}/pods", stage.pointer);
        if let Amount::Share(part) = amount {
            share(case, &pointer, part);
        }
        let count = amount.of(most);
        if count > most {
            case.error(
                "rollout-stages",
                &pointer,
                format!("there are at most {most} pods"),
                "write fewer, or a share such as `50%`",
            );
        } else if count <= before {
            not_rising(case, &pointer, "number of pods");
        }
        before = count;
    }
}

fn not_rising(case: &mut Case, pointer: &str, what: &str) {
    case.error(
        "rollout-stages",
        pointer,
        format!("the {what} is not higher than in the stage before"),
        "let it rise from stage to stage; the end, where all is new, need not be written",
    );
}

/// Tells when a share is none, or more than the whole.
pub(super) fn share(case: &mut Case, pointer: &str, share: Percent) {
    let parts = share.parts_per_million();
    if parts == 0 || parts > Percent::WHOLE.parts_per_million() {
        case.error(
            "invalid-value",
            pointer,
            format!("`{share}` is not a share of the whole"),
            "write more than `0%` and at most `100%`",
        );
    }
}

/// Whether a stage is what the last one is anyway.
pub(super) fn is_whole(exposure: &Exposure) -> bool {
    match exposure {
        Exposure::Weight(share) | Exposure::Pods(Amount::Share(share)) => *share == Percent::WHOLE,
        Exposure::Full => true,
        Exposure::Pods(Amount::Count(_))
        | Exposure::Match(_)
        | Exposure::Mirror(_)
        | Exposure::Preview
        | Exposure::Standby => false,
    }
}

/// Tells when a header has no value to compare with, or two.
pub(super) fn header_value(case: &mut Case, pointer: &str) {
    case.error(
        "invalid-value",
        pointer,
        "a header is compared with one text, its `value` or a `pattern`",
        "write one of the two",
    );
}

/// Tells when not every gateway understands a match.
pub(super) fn portable(case: &mut Case, pointer: &str, spec: &HeaderSpec) {
    let is_cookie = spec.header.as_str().eq_ignore_ascii_case("cookie");
    let message = match (is_cookie, &spec.pattern) {
        (true, Some(_)) => {
            "one cookie can only be found by a regular expression over all of them, which not every gateway understands"
        }
        (true, None) => "this compares all cookies of a request at once with one text",
        (false, Some(_)) => "not every gateway understands regular expressions, nor the same ones",
        (false, None) => return,
    };
    case.warn(
        "match-not-portable",
        pointer,
        message,
        "let whoever sends the request set a header of its own, such as `X-Desk`, and compare its `value`",
    );
}

/// Tells what is wrong with a gate.
pub(super) fn gate(case: &mut Case, pointer: &str, error: GateError) {
    let pointer = match error.field {
        Some(field) => format!("{pointer}/{field}"),
        None => pointer.to_owned(),
    };
    case.error("bad-gate", &pointer, error.message, error.help);
}

/// Tells when a stage's name is taken, or none.
pub(super) fn name(case: &mut Case, pointer: &str, name: &str, is_taken: bool) {
    let pointer = format!("{pointer}/name");
    let is_name = !name.is_empty() && name.len() <= 63 && !name.contains(char::is_whitespace);
    if !is_name {
        case.error(
            "invalid-value",
            &pointer,
            format!("`{name}` is not a name of a stage"),
            "use at most 63 characters and no spaces",
        );
    } else if is_taken {
        case.error(
            "duplicate-name",
            &pointer,
            format!("there are two stages `{name}`"),
            "rename one of them",
        );
    }
}

/// Tells when it is not said which port is meant.
pub(super) fn route_port(case: &mut Case, ports: usize) {
    let (message, help) = if ports == 0 {
        (
            "the service has no port that traffic could be routed to",
            "add it to `ports`",
        )
    } else {
        ("the service has several ports", "say which one with `port`")
    };
    case.error("rollout-needs-route", "/rollout/route", message, help);
}

/// Tells when a route has more host names than it can hold.
pub(super) fn hostnames(case: &mut Case, count: usize) {
    if count > MAX_HOSTNAMES {
        case.error(
            "invalid-value",
            "/rollout/route/hostnames",
            format!("a route holds at most {MAX_HOSTNAMES} host names"),
            "use a wildcard such as `*.example.com`",
        );
    }
}

/// Tells when the strategy's own policy keeps the gateway's requests out.
pub(super) fn lets_gateway_in(case: &mut Case, port: u16) {
    let network = case.spec.network.iter();
    let mut ingress = network.flat_map(|network| &network.ingress);
    if ingress.any(|rule| rule.port.0 == port) {
        return;
    }
    case.warn(
        "route-without-ingress",
        "/rollout/route",
        format!("nobody may reach port {port}, so that no request comes by this route"),
        format!("let the gateway's pods in: `network: {{ingress: [{{from: 'namespace:…', port: {port}}}]}}`"),
    );
}

/// Tells when a window lets everything or nothing in.
pub(super) fn rollback_window(
    case: &mut Case,
    window: Option<RollbackWindow>,
) -> Option<RollbackWindow> {
    let window = window?;
    if window.revisions.is_none() && window.within.is_none() {
        case.error(
            "missing-field",
            "/rollout/rollbackWindow",
            "the window has no end",
            "add `revisions: …`, `within: …`, or both",
        );
        return None;
    }
    Some(window)
}

/// Tells when a stage would have no time at all.
pub(super) fn progress_deadline(case: &mut Case, deadline: Option<Duration>) -> Option<Duration> {
    let is_none = deadline.is_some_and(|deadline| deadline.seconds() == 0);
    if is_none {
        case.error(
            "invalid-value",
            "/rollout/progressDeadline",
            "no pod is ready in no time",
            "write how long a pod may take to be ready, such as `10m`",
        );
    }
    deadline.filter(|_| !is_none)
}

fn words(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
