//! Who holds which fields, leaf by leaf: lists are leaves.

use serde_json::{Map, Value};

/// The leaves of a tree, as pointers.
pub(super) fn leaves(tree: &Value) -> Vec<(String, Value)> {
    let Some(map) = tree.as_object() else {
        return vec![(String::new(), tree.clone())];
    };
    map.iter()
        .flat_map(|(key, value)| {
            let below = leaves(value).into_iter();
            below.map(move |(pointer, leaf)| (format!("/{key}{pointer}"), leaf))
        })
        .collect()
}

/// Lays leaves over a tree.
pub(super) fn overlay(tree: &mut Value, over: &Value) {
    match over.as_object() {
        Some(map) => {
            if !tree.is_object() {
                *tree = Value::Object(Map::new());
            }
            for (key, value) in map {
                overlay(&mut tree[key], value);
            }
        }
        None if over.is_null() => {}
        None => *tree = over.clone(),
    }
}

/// Gives up the leaves that somebody else sets to another value.
pub(super) fn yield_to(tree: &mut Value, other: &Value) {
    for (pointer, leaf) in leaves(other) {
        let Some((parent, key)) = pointer.rsplit_once('/') else {
            continue;
        };
        if tree.pointer(&pointer).is_some_and(|mine| *mine != leaf)
            && let Some(Value::Object(map)) = tree.pointer_mut(parent)
        {
            map.shift_remove(key);
        }
    }
}

/// The `fieldsV1` of a tree.
pub(super) fn fields(tree: &Value) -> Value {
    let Some(map) = tree.as_object() else {
        return Value::Object(Map::new());
    };
    let fields = map.iter();
    let fields = fields.map(|(key, value)| (format!("f:{key}"), self::fields(value)));
    Value::Object(fields.collect())
}
