//! What was worked out already from what was seen.
//!
//! Comparing objects is most of what a step costs, and from one look to the next hardly any of them
//! changes. Everything remembered here depends on nothing but what is kept beside it, so it is never
//! out of date: a step gives the same whether it remembers or not.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::compile::Bundle;
use crate::diff::Change;
use crate::object::{Object, ObjectId};
use crate::resolve::rollout::Stage;

use super::stage::{Context, ManifestSet};

/// How many comparisons with one object are remembered.
const COMPARISONS: usize = 6;

/// How many objects comparisons are remembered of.
const OBJECTS: usize = 512;

/// How many stages are remembered.
const SCENES: usize = 4;

/// What was worked out already. Copies share it.
#[derive(Clone, Default)]
pub struct Remembered(Arc<Memory>);

#[derive(Default)]
struct Memory {
    comparisons: Mutex<BTreeMap<ObjectId, Vec<Comparison>>>,
    scenes: Mutex<Vec<(Scene, Arc<ManifestSet>)>>,
}

struct Comparison {
    desired: Object,
    live: Object,
    changes: Arc<[Change]>,
}

/// What a look depends on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    pub(super) stable: Option<Bundle>,
    pub(super) candidate: Bundle,
    /// Where it is; nowhere once nothing is on its way.
    pub(super) stage: Option<Stage>,
    pub(super) context: Context,
}

impl Comparison {
    /// Whether it is of these two, or of the same two with another status.
    fn is_of(&self, desired: &Object, live: &Object) -> bool {
        let is_same = self.live == *live || is_same_but_status(&self.live, live);
        is_same && self.desired == *desired && desired.value().get(STATUS).is_none()
    }
}

const STATUS: &str = "status";

/// Whether two states of an object differ in nothing that an apply could change.
fn is_same_but_status(one: &Object, other: &Object) -> bool {
    let has_status = |object: &Object| object.value().get(STATUS).is_some();
    has_status(one) == has_status(other)
        && metadata(one).eq(metadata(other))
        && rest(one).eq(rest(other))
}

fn metadata(object: &Object) -> impl Iterator<Item = (&String, &Value)> {
    let metadata = object.value().get("metadata").and_then(Value::as_object);
    let fields = metadata.into_iter().flatten();
    fields.filter(|(name, _)| *name != "resourceVersion")
}

fn rest(object: &Object) -> impl Iterator<Item = (&String, &Value)> {
    let fields = object.value().as_object().into_iter().flatten();
    fields.filter(|(name, _)| !matches!(name.as_str(), STATUS | "metadata"))
}

impl Remembered {
    /// What an apply would change.
    pub(super) fn changes(
        &self,
        desired: &Object,
        live: &Object,
        compare: impl FnOnce() -> Vec<Change>,
    ) -> Arc<[Change]> {
        let all = &self.0.comparisons;
        let known = all.lock().unwrap_or_else(PoisonError::into_inner);
        let of = known.get(live.identity()).map_or(&[][..], Vec::as_slice);
        if let Some(found) = of.iter().rev().find(|it| it.is_of(desired, live)) {
            return found.changes.clone();
        }
        drop(known);
        let changes: Arc<[Change]> = compare().into();
        let mut known = all.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= OBJECTS {
            known.clear();
        }
        let of = known.entry(live.id()).or_default();
        keep_room(of, COMPARISONS);
        of.push(Comparison {
            desired: desired.clone(),
            live: live.clone(),
            changes: changes.clone(),
        });
        changes
    }

    /// What a stage looks like.
    pub(super) fn look(
        &self,
        scene: Scene,
        draw: impl FnOnce(&Scene) -> ManifestSet,
    ) -> Arc<ManifestSet> {
        let all = &self.0.scenes;
        let known = all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, set)) = known.iter().find(|(it, _)| *it == scene) {
            return set.clone();
        }
        drop(known);
        let set = Arc::new(draw(&scene));
        let mut known = all.lock().unwrap_or_else(PoisonError::into_inner);
        keep_room(&mut known, SCENES);
        known.push((scene, set.clone()));
        set
    }
}

/// Forgets the oldest where there are as many as there may be.
fn keep_room<T>(of: &mut Vec<T>, most: usize) {
    if of.len() >= most {
        of.remove(0);
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remembered")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lamp(watts: u32) -> Object {
        let tree = json!({"apiVersion": "v1", "kind": "Lamp", "metadata": {"name": "a"},
            "watts": watts});
        Object::new(tree).unwrap()
    }

    #[test]
    fn the_same_two_are_compared_once_and_others_again() {
        let remembered = Remembered::default();
        let mut compared = 0;
        for (desired, live) in [(1, 2), (1, 2), (1, 3), (2, 2), (1, 2)] {
            remembered.changes(&lamp(desired), &lamp(live), || {
                compared += 1;
                Vec::new()
            });
        }
        assert_eq!(compared, 3);
    }
}
