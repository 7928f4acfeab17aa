//! What there is: each strategy with its owner, its limits, and what of it runs.

use serde_json::Value;

use super::{Basis, Column};
use crate::calendar::whole_second;
use crate::compile::UnitId;
use crate::digest::short;
use crate::ledger::Promoted;
use crate::resolve::Strategy;

pub(super) const COLUMNS: &[Column] = &[
    ("strategy", "RTS 6 art. 9"),
    ("desk", ""),
    ("owner", "RTS 6 art. 1"),
    ("class", ""),
    ("mode", ""),
    ("account", ""),
    ("limits", "RTS 6 art. 8 and 15"),
    ("on stop", "RTS 6 art. 14(3)"),
    ("runs", "RTS 6 art. 5(7)"),
    ("since", "RTS 6 art. 5(7)"),
    ("entry", ""),
];

/// A strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its name.
    pub strategy: String,
    /// Its desk.
    pub desk: String,
    /// Where the desk is to be reached.
    pub owner: String,
    /// Its class.
    pub class: String,
    /// Its mode, where the word means something.
    pub mode: String,
    /// The account whose orders it sends.
    pub account: String,
    /// Its limits, as they are written.
    pub limits: String,
    /// What becomes of orders when it stops.
    pub on_stop: String,
    /// What was promoted last.
    pub runs: Option<Promoted>,
}

pub(super) fn lines(basis: &Basis<'_>) -> Vec<Line> {
    let strategies = basis.fleet.strategies.values();
    strategies.map(|strategy| line(basis, strategy)).collect()
}

fn line(basis: &Basis<'_>, strategy: &Strategy) -> Line {
    let release = UnitId::Strategy(strategy.name.clone()).release_name();
    let cluster = basis.fleet.cluster.name.as_str();
    let desk = basis.fleet.desks.get(&strategy.desk);
    let word = |value: Value| value.as_str().map(str::to_owned).unwrap_or_default();
    let mode = strategy
        .mode
        .and_then(|mode| serde_json::to_value(mode).ok());
    let account = strategy.account.as_ref();
    Line {
        strategy: strategy.name.to_string(),
        desk: strategy.desk.to_string(),
        owner: desk.map_or_else(String::new, |desk| desk.email.clone()),
        class: serde_json::to_value(strategy.class).map_or_else(|_| String::new(), word),
        mode: mode.map_or_else(String::new, word),
        account: account.map_or_else(String::new, |it| it.account.to_string()),
        limits: strategy
            .deferred
            .get("limits")
            .map_or_else(String::new, told),
        on_stop: strategy.on_stop.clone().unwrap_or_default(),
        runs: basis.chain.promoted(cluster, &release).cloned(),
    }
}

/// A value as a person would say it: `a: 1, b: x and y`.
fn told(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let parts = map
                .iter()
                .map(|(key, value)| format!("{key}: {}", told(value)));
            parts.collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(told).collect();
            parts.join(" and ")
        }
        Value::String(text) => text.clone(),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain.to_string(),
    }
}

impl Line {
    pub(super) fn cells(&self) -> Vec<String> {
        let runs = self.runs.as_ref();
        let of = |tell: fn(&Promoted) -> String| runs.map_or_else(String::new, tell);
        vec![
            self.strategy.clone(),
            self.desk.clone(),
            self.owner.clone(),
            self.class.clone(),
            self.mode.clone(),
            self.account.clone(),
            self.limits.clone(),
            self.on_stop.clone(),
            of(|it| short(&it.revision.behaviour).to_owned()),
            of(|it| whole_second(it.at).to_string()),
            of(|it| it.sequence.to_string()),
        ]
    }
}
