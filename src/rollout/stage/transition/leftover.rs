//! Tracks that nothing wants any more: a version that was promoted over, given up, or overtaken by
//! a newer one on its way.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::super::unit::Unit;
use super::super::super::waiting::{By, Wait};
use super::super::super::{actions, inventory, ratio};
use super::super::ManifestSet;
use super::super::assemble::is_of_track;
use super::Way;
use super::pods::{asked, count};
use crate::object::{Object, mark};
use crate::plan::Action;

/// What is there of a track that nothing wants.
pub(super) struct Leftover<'a> {
    /// What makes its pods.
    workload: Option<&'a Object>,
    /// What scales it.
    scalers: Vec<&'a Object>,
    /// What surrounds its pods.
    rest: Vec<&'a Object>,
    /// Its pods, counted.
    pub(super) pods: ratio::Pods,
}

/// The tracks that are there and in no side of the set.
pub(super) fn find<'a>(unit: &Unit<'a>, set: &ManifestSet) -> BTreeMap<String, Leftover<'a>> {
    let mut left: BTreeMap<String, Leftover<'a>> = BTreeMap::new();
    for (id, live) in unit.own() {
        let Some(instance) = instance_of_track(live) else {
            continue;
        };
        let is_wanted = set.sides.iter().any(|side| side.instance == instance)
            || set
                .bundle
                .objects
                .iter()
                .any(|object| object.identity() == *id);
        if set.sides.is_empty() || is_wanted || !inventory::is_ours(live) {
            continue;
        }
        let track = left.entry(instance.to_owned()).or_insert_with(|| Leftover {
            workload: None,
            scalers: Vec::new(),
            rest: Vec::new(),
            pods: ratio::Pods::default(),
        });
        match live.kind() {
            "Deployment" => track.workload = Some(live),
            "HorizontalPodAutoscaler" => track.scalers.push(live),
            _ => track.rest.push(live),
        }
    }
    for (instance, track) in &mut left {
        track.pods = count(unit, track.workload, instance, None);
    }
    left
}

/// The track of an object that its strategy may have once a track.
pub(in super::super) fn instance_of_track(live: &Object) -> Option<&str> {
    let kind = live.kind();
    let is_one = kind == "Service" || (is_of_track(kind) && kind != "StatefulSet");
    live.label(mark::STRATEGY).filter(|_| is_one)?;
    live.label(mark::INSTANCE)
}

impl Way<'_> {
    /// Removes what nothing wants, the surroundings of pods after the pods.
    pub(super) fn leftovers(&mut self) {
        let is_moved = self.is_moved();
        let sizes = self.left_sizes();
        let mut actions = Vec::new();
        let mut waits = Vec::new();
        for (instance, left) in &self.left {
            let size = sizes.get(instance).copied().unwrap_or(0);
            actions.extend(left.scalers());
            match left.workload {
                Some(live) if live.is_terminating() => {
                    waits.push(ending(live));
                }
                Some(live) => match left.workload(live, size, is_moved) {
                    Some(action) => actions.push(action),
                    None => waits.push(held(live)),
                },
                None => {
                    let (goes, stays) = left.rest(self, instance, is_moved);
                    actions.extend(goes);
                    waits.extend(stays);
                }
            }
        }
        self.verdict.actions.extend(actions);
        self.verdict.waits.extend(waits);
    }
}

const WHY: &str = "nothing wants its track any more";

impl Leftover<'_> {
    /// How many pods its workload is asked for.
    pub(super) fn asked(&self) -> u32 {
        self.workload.map_or(0, asked)
    }

    fn scalers(&self) -> Vec<Action> {
        let scalers = self.scalers.iter().filter(|live| !live.is_terminating());
        scalers.map(|live| actions::delete(live, WHY)).collect()
    }

    /// Shrinks its workload, and deletes it once it is out of use.
    fn workload(&self, live: &Object, size: u32, is_moved: bool) -> Option<Action> {
        if !self.scalers.is_empty() && size < asked(live) {
            // Its autoscaler would say otherwise.
            return None;
        }
        if size < asked(live) {
            return Some(actions::turn(live, json!({"replicas": size}), WHY));
        }
        let is_out_of_use = size == 0 && self.pods.present == 0;
        (is_moved && is_out_of_use).then(|| actions::delete(live, WHY))
    }

    /// Its pods keep the policy under which they end.
    fn rest(&self, way: &Way<'_>, instance: &str, is_moved: bool) -> (Vec<Action>, Option<Wait>) {
        let mut pods = way.unit.pods().into_iter();
        let pod = pods.find(|pod| pod.label(mark::INSTANCE) == Some(instance));
        if let Some(pod) = pod {
            return (Vec::new(), Some(ending(pod)));
        }
        if !is_moved {
            return (Vec::new(), None);
        }
        let rest = self.rest.iter().filter(|live| !live.is_terminating());
        let rest = rest.map(|live| actions::delete(live, WHY)).collect();
        (rest, None)
    }
}

fn ending(live: &Object) -> Wait {
    let what = format!(
        "{}, which nothing wants any more and which is ending",
        live.id()
    );
    Wait::new(By::Nobody, what, "it is gone")
}

fn held(live: &Object) -> Wait {
    let what = format!(
        "{}, which nothing wants any more and which still serves",
        live.id()
    );
    Wait::new(By::Itself, what, "others serve in its place")
}
