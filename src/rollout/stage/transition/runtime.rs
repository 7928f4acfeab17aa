//! What `tidegate-runtime` holds of an object, and how it takes more and gives back.
//!
//! An apply that leaves a field out which the same manager wrote before removes it, unless another
//! manager holds it then. So before `tidegate` leaves out what a rollout turns, the rollout's own
//! manager holds it at its present value; and it never forgets one field when it turns another.

use serde_json::{Map, Value, json};

use crate::object::{Object, mark};

/// The fields that a rollout turns, as pointers into the spec.
const TURNED: [&str; 5] = [
    "/replicas",
    "/rules",
    "/updateStrategy/rollingUpdate/partition",
    "/behavior/scaleDown/selectPolicy",
    "/behavior/scaleUp/selectPolicy",
];

/// Whether a manager holds a field of the spec.
pub(super) fn holds(live: &Object, manager: &str, pointer: &str) -> bool {
    let managed = live.at("/metadata/managedFields");
    let entries = managed.and_then(Value::as_array).into_iter().flatten();
    let path = format!("/fieldsV1/f:spec{}", pointer.replace('/', "/f:"));
    entries
        .filter(|entry| entry.get("manager").and_then(Value::as_str) == Some(manager))
        .filter(|entry| entry.get("subresource").is_none())
        .any(|entry| entry.pointer(&path).is_some())
}

/// What the runtime's manager is to hold for some fields to have new values: those, and what it
/// holds already.
pub(super) fn with(live: &Object, wanted: &Value) -> Value {
    let mut spec = json!({});
    for pointer in TURNED {
        if holds(live, mark::RUNTIME_MANAGER, pointer)
            && let Some(value) = live.at(&format!("/spec{pointer}"))
        {
            set(&mut spec, pointer, value.clone());
        }
    }
    for pointer in TURNED {
        if let Some(value) = wanted.pointer(pointer) {
            set(&mut spec, pointer, value.clone());
        }
    }
    spec
}

/// Whether the fields have the values that are wanted. A number that is absent is zero.
pub(super) fn is_so(live: &Object, wanted: &Value) -> bool {
    leaves(wanted).all(|pointer| {
        let is = live.at(&format!("/spec{pointer}"));
        let wanted = wanted.pointer(pointer);
        is == wanted || (is.is_none() && wanted == Some(&json!(0)))
    })
}

/// The fields among those that a rollout turns.
pub(super) fn leaves(wanted: &Value) -> impl Iterator<Item = &'static str> {
    TURNED
        .into_iter()
        .filter(|pointer| wanted.pointer(pointer).is_some())
}

/// What must be held before `tidegate` applies an object that does not name it: fields that only
/// `tidegate` holds so far. `None` if there is no such field.
pub(super) fn to_hold(live: &Object, desired: &Object) -> Option<Value> {
    let mut wanted = json!({});
    let mut is_any = false;
    for pointer in TURNED {
        let place = format!("/spec{pointer}");
        let is_left_out = desired.at(&place).is_none();
        let is_ours = holds(live, mark::MANAGER, pointer);
        let is_held = holds(live, mark::RUNTIME_MANAGER, pointer);
        if is_left_out
            && is_ours
            && !is_held
            && let Some(value) = live.at(&place)
        {
            set(&mut wanted, pointer, value.clone());
            is_any = true;
        }
    }
    is_any.then(|| with(live, &wanted))
}

/// An object as it is made: with what a rollout turns.
pub(super) fn made_with(desired: &Object, turned: &Value) -> Object {
    let mut object = desired.clone();
    for pointer in TURNED {
        if let Some(value) = turned.pointer(pointer)
            && let Some(spec) = object.value_mut().get_mut("spec")
        {
            set(spec, pointer, value.clone());
        }
    }
    object
}

fn set(spec: &mut Value, pointer: &str, value: Value) {
    let mut at = spec;
    for key in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Value::Object(map) = at else { return };
        at = map.entry(key).or_insert(Value::Null);
    }
    *at = value;
}
