//! Where pods go: which nodes, and beside whom.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::context::Context;
use super::fields::Fields;
use super::labels;
use crate::object::mark;
use crate::resolve::{Capacity, Class, Placement};
use crate::spec::names::StrategyName;

const HOSTNAME: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";
/// The node label, and the taint's key, that tell preemptible nodes from those that stay.
const CAPACITY: &str = "karpenter.sh/capacity-type";

/// A pod's affinities.
pub(super) fn build(context: &Context<'_>) -> Value {
    Fields::new()
        .with("nodeAffinity", nodes(&context.strategy.placement))
        .with_map("podAntiAffinity", apart(context))
        .into()
}

/// The taints that a pod may land on.
pub(super) fn tolerations(placement: &Placement) -> Vec<Value> {
    match placement.capacity {
        Capacity::OnDemand => Vec::new(),
        Capacity::Spot => vec![json!({
            "key": CAPACITY,
            "operator": "Equal",
            "value": "spot",
            "effect": "NoSchedule",
        })],
    }
}

/// How pods are spread. It never depends on how many there are: scaling must not restart them.
pub(super) fn spread(context: &Context<'_>) -> Vec<Value> {
    let over = |key: &str| {
        json!({
            "labelSelector": labels::selector(context),
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
        })
    };
    match context.strategy.class {
        Class::Algo | Class::Gateway => vec![over(HOSTNAME)],
        Class::Service => vec![over(HOSTNAME), over(ZONE)],
        // Packing a batch tightly is cheaper, and nothing waits for it.
        Class::Job => Vec::new(),
    }
}

fn nodes(placement: &Placement) -> Value {
    let linux = expression("kubernetes.io/os", ["linux"]);
    let required = std::iter::once(linux).chain(expressions(&placement.require));
    let term = json!({"matchExpressions": required.collect::<Vec<_>>()});
    let wanted = expressions(&placement.prefer).map(|it| preference(50, &it));
    let capacity = match placement.capacity {
        Capacity::OnDemand => "on-demand",
        Capacity::Spot => "spot",
    };
    let capacity = preference(100, &expression(CAPACITY, [capacity]));
    json!({
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]},
        "preferredDuringSchedulingIgnoredDuringExecution":
            std::iter::once(capacity).chain(wanted).collect::<Vec<_>>(),
    })
}

fn expressions(labels: &BTreeMap<String, Vec<String>>) -> impl Iterator<Item = Value> {
    labels.iter().map(|(key, values)| {
        let values: BTreeSet<&str> = values.iter().map(String::as_str).collect();
        expression(key, values)
    })
}

/// A label with one of some values; without values, any value will do.
fn expression<'v>(key: &str, values: impl IntoIterator<Item = &'v str>) -> Value {
    let values: Vec<&str> = values.into_iter().collect();
    let operator = if values.is_empty() { "Exists" } else { "In" };
    Fields::new()
        .with("key", key)
        .with("operator", operator)
        .with_list("values", values)
        .into()
}

fn preference(weight: u8, expression: &Value) -> Value {
    json!({"weight": weight, "preference": {"matchExpressions": [expression]}})
}

fn apart(context: &Context<'_>) -> Fields {
    let own = json!({
        "weight": 100,
        "podAffinityTerm": {
            "labelSelector": labels::selector(context),
            "topologyKey": HOSTNAME,
        },
    });
    let own = match context.strategy.class {
        Class::Algo | Class::Gateway | Class::Service => Some(own),
        Class::Job => None,
    };
    Fields::new()
        .with_list("preferredDuringSchedulingIgnoredDuringExecution", own)
        .with_list(
            "requiredDuringSchedulingIgnoredDuringExecution",
            apart_from(context),
        )
}

/// One term a namespace. A strategy that is not in this cluster is nothing to keep apart from.
fn apart_from(context: &Context<'_>) -> Vec<Value> {
    let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for other in &context.strategy.placement.apart_from {
        if let Some(namespace) = namespace(context, other) {
            groups.entry(namespace).or_default().insert(other.as_str());
        }
    }
    let term = |(namespace, names): (&str, BTreeSet<&str>)| {
        json!({
            "labelSelector": {"matchExpressions": [expression(mark::STRATEGY, names)]},
            "namespaces": [namespace],
            "topologyKey": HOSTNAME,
        })
    };
    groups.into_iter().map(term).collect()
}

/// A strategy with an error still runs, and is still kept apart from.
fn namespace<'a>(context: &Context<'a>, strategy: &StrategyName) -> Option<&'a str> {
    let fleet = context.fleet;
    let sound = fleet.strategies.get(strategy).map(|it| &it.desk);
    let desk = sound.or_else(|| fleet.broken.get(strategy))?;
    fleet.desks.get(desk).map(|desk| desk.namespace.as_str())
}
