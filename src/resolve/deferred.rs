//! Keys that are accepted and digested, but that nothing enforces yet.

use std::collections::BTreeMap;

use serde_json::Value;

use super::case::Case;
use crate::diagnostic::{Diagnostic, Severity};
use crate::yaml::Node;

/// The keys, as JSON pointers; `*` is every item of a list.
const KEYS: &[&str] = &[
    "/sessions",
    "/limits",
    "/knobs",
    "/requires/*/lost",
    "/requires/*/within",
    "/scale/*/session",
    "/rollout/stages",
    "/rollout/watch",
    "/onStop",
    "/onControlLoss",
    "/observe/alerts",
    "/observe/traces",
    "/network/staticEgress",
    "/state/*/backup",
    "/models/*/maxAge",
    "/models/*/onStale",
    "/run/finishBefore",
    "/run/onLate",
    "/replicas/max",
];

/// Tells every key that is not enforced, where it stands.
pub(super) fn check(case: &mut Case) {
    let severity = case.weight();
    for pointer in written(&case.node) {
        let name = dotted(&pointer);
        let span = case.key_span(&pointer);
        let message = format!("`{name}` is recorded, but nothing enforces it yet");
        let finding = match severity {
            Severity::Error => Diagnostic::error("not-enforced", span, message),
            Severity::Warning | Severity::Info => {
                Diagnostic::warning("not-enforced", span, message)
            }
        };
        case.findings.push(
            finding.with_help("do not rely on it; it counts into the approved digest already"),
        );
    }
}

/// The keys with what is written under them.
pub(super) fn collect(case: &Case) -> BTreeMap<String, Value> {
    written(&case.node)
        .into_iter()
        .filter_map(|pointer| {
            // What scales, how a change comes and what is needed is one thing each, whatever part of
            // it is told.
            let whole = ["/scale", "/rollout", "/requires"];
            let whole = whole.into_iter().find(|whole| pointer.starts_with(whole));
            let pointer = whole.map_or(pointer, str::to_owned);
            let node = case.node.pointer(&pointer)?;
            Some((dotted(&pointer), node.to_json()))
        })
        .collect()
}

fn written(node: &Node) -> Vec<String> {
    let class = node.pointer("/class").and_then(Node::as_str);
    let (is_service, is_job) = (class == Some("service"), class == Some("job"));
    let keys = KEYS.iter().flat_map(|key| expand(node, key));
    keys.filter(|key| match key.as_str() {
        "/replicas/max" => !is_scaled(node),
        "/run/finishBefore" | "/run/onLate" => node.pointer("/run/after").is_none(),
        "/sessions" => !is_service,
        "/rollout/watch" => is_job,
        _ => true,
    })
    .collect()
}

/// Whether something scales between the two numbers.
fn is_scaled(node: &Node) -> bool {
    ["/scale/*/cpu", "/scale/*/memory", "/scale/*/metric"]
        .iter()
        .any(|key| !expand(node, key).is_empty())
}

fn expand(node: &Node, key: &str) -> Vec<String> {
    let Some((list, rest)) = key.split_once("/*") else {
        let found = node.pointer(key).is_some();
        return found.then(|| key.to_owned()).into_iter().collect();
    };
    let items = node.pointer(list).map_or(0, |list| list.items().len());
    (0..items)
        .flat_map(|index| expand(node, &format!("{list}/{index}{rest}")))
        .collect()
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}
