//! The metrics that gates name, found where the fleet, the desk or the engine says what they are.
//!
//! A strategy keeps those that its own gates name, with whose word counts: the engine's before the
//! desk's before the fleet's, as everywhere.

use std::collections::BTreeMap;

use super::case::{Case, has_errors, unknown};
use super::read::{Documents, Named};
use super::strategy::check_strategy;
use crate::diagnostic::Diagnostic;
use crate::spec::gate::Test;
use crate::spec::metric::{Metric, MetricName, MetricSpec, Metrics};
use crate::spec::names::StrategyName;
use crate::yaml::{Node, Value};

/// What a gate names, and where.
struct Reference {
    name: MetricName,
    pointer: String,
    purpose: Purpose,
}

/// What a gate wants with a metric.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Bound,
    Compare(Test),
    Logs,
}

/// The metrics that the strategy's gates name; tells those that nobody has, and other strategies
/// that its gates wait for in vain.
pub(super) fn settle(case: &mut Case) -> BTreeMap<MetricName, Metric> {
    let mut metrics = BTreeMap::new();
    for reference in references(case) {
        if let Some(metric) = find(case, &reference) {
            fits(case, &reference, &metric);
            metrics.insert(reference.name, metric);
        }
    }
    for (name, pointer) in others(case) {
        check_strategy(case, &name, &pointer);
    }
    metrics
}

/// Every gate of the rollout, with its place.
pub(super) fn gates<'c>(case: &'c Case<'_>) -> Vec<(String, &'c Node)> {
    let mut found = Vec::new();
    if let Some(rollout) = case.node.pointer("/rollout") {
        walk("/rollout", rollout, &mut found);
    }
    found
}

fn walk<'n>(pointer: &str, node: &'n Node, found: &mut Vec<(String, &'n Node)>) {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                let inner = format!("{pointer}/{}", entry.key);
                if entry.key == "gates" {
                    let gates = entry.node.items().iter().enumerate();
                    found.extend(gates.map(|(index, gate)| (format!("{inner}/{index}"), gate)));
                } else {
                    walk(&inner, &entry.node, found);
                }
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(&format!("{pointer}/{index}"), item, found);
            }
        }
        _ => {}
    }
}

fn references(case: &Case) -> Vec<Reference> {
    let read = |(pointer, gate): (String, &Node)| {
        let fields = [
            ("metric", Purpose::Bound),
            ("compare", Purpose::Compare(test(gate))),
            ("logs", Purpose::Logs),
        ];
        let mut fields = fields.into_iter();
        let (field, purpose) = fields.find(|(field, _)| gate.get(field).is_some())?;
        Some(Reference {
            name: gate.get(field)?.as_str()?.parse().ok()?,
            pointer: format!("{pointer}/{field}"),
            purpose,
        })
    };
    gates(case).into_iter().filter_map(read).collect()
}

fn test(gate: &Node) -> Test {
    match gate.get("test").and_then(Node::as_str) {
        Some("rate") => Test::Rate,
        _ => Test::Shift,
    }
}

/// The strategies that gates wait for.
fn others(case: &Case) -> Vec<(StrategyName, String)> {
    let read = |(pointer, gate): (String, &Node)| {
        let name = gate.pointer("/after/strategy")?.as_str()?;
        Some((name.parse().ok()?, format!("{pointer}/after/strategy")))
    };
    gates(case).into_iter().filter_map(read).collect()
}

/// A metric's definition and where it stands.
fn find(case: &mut Case, reference: &Reference) -> Option<Metric> {
    let name = &reference.name;
    let layers = layers(case);
    let found = layers.iter().find_map(|(metrics, node)| {
        let spec = metrics.get(name)?;
        Some((spec.clone(), place(node, name)))
    });
    let Some((spec, place)) = found else {
        let known: Vec<MetricName> = layers.iter().flat_map(|it| it.0.keys().cloned()).collect();
        let finding = unknown(
            "unknown-metric",
            case.span(&reference.pointer),
            "metric",
            name.as_str(),
            known.iter().map(MetricName::as_str),
            "add it to `metrics` of `tidegate.yaml`, of the desk or of the engine",
        );
        case.findings.push(finding);
        return None;
    };
    let metric = Metric::try_from(spec).ok();
    if metric.is_none() {
        let span = case.span(&reference.pointer);
        let finding = has_errors(span, &format!("the metric `{name}`"), place);
        case.findings.push(finding);
    }
    metric
}

/// The layers that define metrics, the strongest first, each with its document.
fn layers<'a>(case: &Case<'a>) -> Vec<(&'a Metrics, &'a Node)> {
    let tables = case.tables;
    let desk = tables.desks.get(&case.document.desk);
    let desk = desk.and_then(|desk| Some((&desk.spec.as_ref()?.metrics, &desk.node)));
    let engine = tables.engines.get(case.engine_name);
    let engine = engine.map(|engine| (&case.engine.metrics, &engine.node));
    let fleet = (&tables.fleet_spec.metrics, &tables.fleet.node);
    engine.into_iter().chain(desk).chain([fleet]).collect()
}

fn place(node: &Node, name: &MetricName) -> crate::diagnostic::Span {
    let pointer = format!("/spec/metrics/{name}");
    let span = node.key_span(&pointer);
    span.unwrap_or(&node.nearest(&pointer).span).clone()
}

/// Tells what a metric cannot be used for.
fn fits(case: &mut Case, reference: &Reference, metric: &Metric) {
    let wrong = match reference.purpose {
        Purpose::Bound => None,
        Purpose::Compare(test) => not_compared(&reference.name, metric, test),
        Purpose::Logs => no_log(&reference.name, metric),
    };
    if let Some((message, help)) = wrong {
        case.error("bad-gate", &reference.pointer, message, help);
    }
}

/// Why a metric cannot be compared, and what to do.
fn not_compared(name: &MetricName, metric: &Metric, test: Test) -> Option<(String, &'static str)> {
    Some(if !metric.has_past() {
        (
            format!("`{name}` cannot be compared: only a `prometheus` or `loki` metric has a past"),
            "compare another metric, or bound this one with `metric`, `max` and `min`",
        )
    } else if !metric.tells_tracks_apart() {
        (
            format!("`{name}` cannot be compared: its query is the same for every version"),
            "select by `{{track}}` or `{{behaviour}}` in its query",
        )
    } else if test == Test::Rate && !metric.has_samples() {
        (
            format!("`{name}` cannot be compared as a rate: nothing says what it is a share of"),
            "add `samples` to the metric: how many things its value is about",
        )
    } else {
        return None;
    })
}

/// Why a metric counts no lines of a log by which two versions could be told apart, and what to do.
fn no_log(name: &MetricName, metric: &Metric) -> Option<(String, &'static str)> {
    Some(if !metric.counts_over_time() {
        (
            format!("`{name}` does not say how many lines there are in a stretch of time"),
            "count in its queries with `count_over_time(… [{{interval}}])`, or `increase(…)` in Prometheus",
        )
    } else if !metric.has_samples() {
        (
            format!("`{name}` cannot tell a log without errors from no log"),
            "add `samples` to the metric: how many lines there are at all",
        )
    } else if !metric.tells_tracks_apart() {
        (
            format!("`{name}` is the same for every version"),
            "select by `{{track}}` or `{{behaviour}}` in its query",
        )
    } else {
        return None;
    })
}

/// Tells what is wrong with definitions by themselves, whether a gate names them or not. Those that
/// come with Tidegate are right.
pub(super) fn check(documents: &Documents) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    if let Some((_, fleet)) = &documents.fleet {
        findings.extend(check_in(fleet, |spec| &spec.metrics));
    }
    for desk in documents.desks.values() {
        findings.extend(check_in(desk, |spec| &spec.metrics));
    }
    for engine in documents.engines.values() {
        findings.extend(check_in(engine, |spec| &spec.metrics));
    }
    findings
}

fn check_in<S>(document: &Named<S>, metrics: impl Fn(&S) -> &Metrics) -> Vec<Diagnostic> {
    let written = document.spec.as_ref().map(metrics);
    let each = written.into_iter().flatten();
    each.filter_map(|(name, spec)| wrong(document, name, spec))
        .collect()
}

fn wrong<S>(document: &Named<S>, name: &MetricName, spec: &MetricSpec) -> Option<Diagnostic> {
    let error = Metric::try_from(spec.clone()).err()?;
    let pointer = format!("/spec/metrics/{name}{}", error.pointer);
    let span = document.node.nearest(&pointer).span.clone();
    Some(Diagnostic::error("bad-metric", span, error.message).with_help(error.help))
}
