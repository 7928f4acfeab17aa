//! How a cluster and its records look at rest, in words that hold of the simulated one and of a real
//! one alike: no uids, no times, no counters.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use tidegate::object::{Object, mark};
use tidegate::release::ReleaseStatus;

use crate::sim::world::World;

/// How all of it looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The records, by release.
    pub(crate) records: BTreeMap<String, String>,
    /// The objects that the fleet is made of, with what a rollout turns of them.
    pub(crate) objects: BTreeSet<String>,
    /// How many pods of each version of a strategy there are, and how many of those are ready.
    pub(crate) pods: BTreeMap<String, (usize, usize)>,
}

impl Outcome {
    /// Gathers it.
    pub(crate) fn of<'a>(
        records: impl IntoIterator<Item = (String, &'a ReleaseStatus)>,
        objects: impl IntoIterator<Item = &'a Object>,
    ) -> Self {
        let records = records.into_iter();
        let mut outcome = Self {
            records: records.map(|(name, it)| (name, record(it))).collect(),
            ..Self::default()
        };
        for object in objects {
            outcome.object(object);
        }
        outcome
    }

    /// How the simulated cluster looks.
    pub(crate) fn of_world(world: &World) -> Self {
        let records = world.records.iter();
        let records = records.map(|(unit, it)| (unit.release_name(), it.as_ref()));
        Self::of(records, world.entries.values().map(|it| it.object.as_ref()))
    }

    fn object(&mut self, object: &Object) {
        let is_made = object.text("/metadata/ownerReferences/0/controller");
        let is_made = !is_made.is_empty() || object.at("/metadata/ownerReferences/0").is_some();
        match object.kind() {
            "Pod" => self.pod(object),
            // A Job that ended is removed after a while.
            "Job" => {}
            _ if is_made || object.label(mark::OWNER).is_none() => {}
            _ => {
                self.objects.insert(words(object));
            }
        }
    }

    fn pod(&mut self, pod: &Object) {
        let is_over = matches!(pod.text("/status/phase"), "Succeeded" | "Failed");
        let is_of_job = pod.text("/metadata/ownerReferences/0/kind") == "Job";
        if is_over || is_of_job || pod.is_terminating() {
            return;
        }
        let strategy = pod.label(mark::STRATEGY).unwrap_or_default();
        let behaviour = pod.annotation(mark::BEHAVIOUR).unwrap_or_default();
        let key = format!("{strategy} {}", short(behaviour));
        let (all, ready) = self.pods.entry(key).or_default();
        *all += 1;
        *ready += usize::from(is_ready(pod));
    }
}

fn is_ready(pod: &Object) -> bool {
    let conditions = pod.at("/status/conditions").and_then(Value::as_array);
    let mut conditions = conditions.into_iter().flatten();
    conditions.any(|it| {
        let text = |key: &str| it.get(key).and_then(Value::as_str);
        text("type") == Some("Ready") && text("status") == Some("True")
    })
}

/// An object, with what a rollout turns of it.
fn words(object: &Object) -> String {
    let mut words = format!("{} {}", object.kind(), object.name());
    let turned = [
        "/spec/replicas",
        "/spec/updateStrategy/rollingUpdate/partition",
        "/spec/selector",
        "/spec/suspend",
    ];
    for pointer in turned {
        let is_told = pointer != "/spec/selector" || object.kind() == "Service";
        if let Some(value) = object.at(pointer).filter(|_| is_told) {
            let _ = write!(words, " {value}");
        }
    }
    let template = object.at("/spec/template/metadata/annotations");
    let behaviour = template.and_then(|it| it.get(mark::BEHAVIOUR));
    if let Some(behaviour) = behaviour.and_then(Value::as_str) {
        let _ = write!(words, " of {}", short(behaviour));
    }
    words
}

fn record(record: &ReleaseStatus) -> String {
    let revision = |it: Option<&tidegate::release::Revision>| {
        it.map_or_else(
            || "nothing".to_owned(),
            |it| short(&it.behaviour).to_owned(),
        )
    };
    let rollout = record.rollout.as_ref();
    let at = rollout.map_or_else(String::new, |at| {
        let stopped = if at.stopped.is_some() {
            ", stopped"
        } else {
            ""
        };
        format!(" at `{}`{stopped}", at.name)
    });
    let failed: Vec<&str> = record
        .quarantine
        .iter()
        .map(|it| short(&it.revision.behaviour))
        .collect();
    format!(
        "{:?}: {} runs, {} comes{at}; quarantined: [{}]; promoted: {}",
        record.phase,
        revision(record.stable.as_ref()),
        revision(record.candidate.as_ref()),
        failed.join(", "),
        record.history.len(),
    )
}

/// The stage that a record tells of, and of which version.
pub(crate) fn stage(record: &ReleaseStatus) -> Option<String> {
    let at = record.rollout.as_ref()?;
    let candidate = record.candidate.as_ref()?;
    let stopped = if at.stopped.is_some() {
        ", stopped"
    } else {
        ""
    };
    Some(format!(
        "{} at `{}`{stopped}",
        short(&candidate.behaviour),
        at.name
    ))
}

fn short(behaviour: &str) -> &str {
    let hex = behaviour.trim_start_matches("sha256:");
    hex.get(..10).unwrap_or(hex)
}
