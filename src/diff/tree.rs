//! Two trees, compared place by place.

use serde_json::{Map, Value};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::diff::path::{Path, Step};
use crate::diff::quantity;
use crate::diff::schema::Shape;
use crate::diff::{Change, Kind};

/// What differs between two versions of an object of this kind.
///
/// Keyed lists are paired by their keys; when only their order differs, that is one [`Kind::Moved`].
pub fn tree(group: &str, kind: &str, before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(
        Shape::of(group, kind),
        &Path::root(),
        before,
        after,
        &mut changes,
    );
    changes
}

/// Which items differ in a change of an atomic list: places below the change's, by index. A removed
/// item's index counts in the earlier list, every other one in the later. Empty for any other
/// change.
pub fn items(change: &Change) -> Vec<Change> {
    let (Some(Value::Array(before)), Some(Value::Array(after))) = (&change.before, &change.after)
    else {
        return Vec::new();
    };
    if change.kind != Kind::Changed {
        return Vec::new();
    }
    let mut changes = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &texts(before), &texts(after)) {
        item_changes(&change.path, before, after, op, &mut changes);
    }
    changes
}

fn texts(items: &[Value]) -> Vec<String> {
    items.iter().map(Value::to_string).collect()
}

fn item_changes(path: &Path, before: &[Value], after: &[Value], op: DiffOp, out: &mut Vec<Change>) {
    if matches!(op, DiffOp::Equal { .. }) {
        return;
    }
    let (old, new) = (op.old_range(), op.new_range());
    let paired = old.len().min(new.len());
    for (from, to) in old.clone().zip(new.clone()) {
        if let (Some(before), Some(after)) = (before.get(from), after.get(to)) {
            compare(Shape::Any, &path.then(Step::Index(to)), before, after, out);
        }
    }
    for index in old.skip(paired) {
        let gone = before.get(index).cloned();
        out.push(removed(path.then(Step::Index(index)), gone));
    }
    for index in new.skip(paired) {
        let new = after.get(index).cloned();
        out.push(added(path.then(Step::Index(index)), new));
    }
}

pub(crate) fn added(path: Path, after: Option<Value>) -> Change {
    Change {
        path,
        before: None,
        after,
        kind: Kind::Added,
    }
}

pub(crate) fn removed(path: Path, before: Option<Value>) -> Change {
    Change {
        path,
        before,
        after: None,
        kind: Kind::Removed,
    }
}

pub(crate) fn changed(path: Path, before: &Value, after: &Value) -> Change {
    Change {
        path,
        before: Some(before.clone()),
        after: Some(after.clone()),
        kind: Kind::Changed,
    }
}

fn compare(shape: Shape, path: &Path, before: &Value, after: &Value, out: &mut Vec<Change>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => fields(shape, path, before, after, out),
        (Value::Array(old), Value::Array(new)) => match (shape.steps(old), shape.steps(new)) {
            (Some(from), Some(to)) => list(shape, path, (old, &from), (new, &to), out),
            (None, _) | (_, None) => {
                if !is_equal(shape, before, after) {
                    out.push(changed(path.clone(), before, after));
                }
            }
        },
        (before, after) => {
            if !is_equal(shape, before, after) {
                out.push(changed(path.clone(), before, after));
            }
        }
    }
}

fn fields(
    shape: Shape,
    path: &Path,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    out: &mut Vec<Change>,
) {
    for (name, old) in before {
        match after.get(name) {
            Some(new) => compare(shape.field(name), &path.field(name), old, new, out),
            None => out.push(removed(path.field(name), Some(old.clone()))),
        }
    }
    for (name, new) in after {
        if !before.contains_key(name) {
            out.push(added(path.field(name), Some(new.clone())));
        }
    }
}

fn list(
    shape: Shape,
    path: &Path,
    (before, from): (&[Value], &[Step]),
    (after, to): (&[Value], &[Step]),
    out: &mut Vec<Change>,
) {
    for (step, old) in from.iter().zip(before) {
        match to.iter().zip(after).find(|(other, _)| *other == step) {
            Some((_, new)) => compare(shape.item(), &path.then(step.clone()), old, new, out),
            None => out.push(removed(path.then(step.clone()), Some(old.clone()))),
        }
    }
    for (step, new) in to.iter().zip(after) {
        if !from.contains(step) {
            out.push(added(path.then(step.clone()), Some(new.clone())));
        }
    }
    if !is_same_order(from, to) {
        out.push(Change {
            path: path.clone(),
            before: Some(Value::Array(before.to_vec())),
            after: Some(Value::Array(after.to_vec())),
            kind: Kind::Moved,
        });
    }
}

/// Whether the items that both lists have come in the same order.
pub(crate) fn is_same_order(from: &[Step], to: &[Step]) -> bool {
    let kept = from.iter().filter(|step| to.contains(step));
    let found = to.iter().filter(|step| from.contains(step));
    kept.eq(found)
}

/// Whether two values are equal to the API server: quantities by amount, numbers by value.
pub(crate) fn is_equal(shape: Shape, a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, value)| {
                    b.get(name)
                        .is_some_and(|other| is_equal(shape.field(name), value, other))
                })
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_equal(shape.item(), a, b))
        }
        (a, b) => match shape {
            Shape::Quantity => quantity::same(a, b),
            Shape::Any
            | Shape::Quantities
            | Shape::Fields(_)
            | Shape::Whole(_)
            | Shape::Atomic(_)
            | Shape::Keyed(..)
            | Shape::KeyedWhole(_)
            | Shape::Set => quantity::same_scalar(a, b),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(kind: (&str, &str), before: &Value, after: &Value, expect: &[&str]) {
        let changes = tree(kind.0, kind.1, before, after);
        let found: Vec<String> = changes
            .iter()
            .map(|change| format!("{:?} {}", change.kind, change.path))
            .collect();
        assert_eq!(found, expect);
    }

    fn pod(container: &Value) -> Value {
        json!({"spec": {"containers": [{"name": "sidecar"}, container]}})
    }

    #[test]
    fn ports_pair_by_number_and_protocol() {
        check(
            ("", "Pod"),
            &pod(&json!({"name": "a", "ports": [
                {"containerPort": 53, "protocol": "TCP", "name": "x"},
                {"containerPort": 53, "protocol": "UDP", "name": "y"},
            ]})),
            &pod(&json!({"name": "a", "ports": [
                {"containerPort": 53, "protocol": "TCP", "name": "x"},
                {"containerPort": 53, "protocol": "UDP", "name": "z"},
            ]})),
            &["Changed spec.containers[name=a].ports[containerPort=53,protocol=UDP].name"],
        );
    }

    #[test]
    fn a_missing_protocol_is_tcp() {
        check(
            ("", "Service"),
            &json!({"spec": {"ports": [{"port": 80}]}}),
            &json!({"spec": {"ports": [{"port": 80, "protocol": "TCP"}]}}),
            &["Added spec.ports[port=80,protocol=TCP].protocol"],
        );
    }

    #[test]
    fn reorder_of_a_keyed_list_is_one_move() {
        let env = |names: [&str; 3]| {
            pod(&json!({"name": "a", "env": names.map(|name| json!({"name": name}))}))
        };
        check(
            ("", "Pod"),
            &env(["A", "B", "C"]),
            &env(["C", "A", "B"]),
            &["Moved spec.containers[name=a].env"],
        );
    }

    #[test]
    fn an_insertion_moves_nothing() {
        check(
            ("", "Pod"),
            &pod(&json!({"name": "a", "env": [{"name": "A"}, {"name": "B"}]})),
            &pod(&json!({"name": "a", "env": [{"name": "C"}, {"name": "A"}, {"name": "B"}]})),
            &["Added spec.containers[name=a].env[name=C]"],
        );
    }

    #[test]
    fn quantities_compare_by_amount_and_only_where_they_are_quantities() {
        let with = |cpu: &str, value: &str| {
            pod(&json!({"name": "a",
                "resources": {"limits": {"cpu": cpu}},
                "env": [{"name": "A", "value": value}],
            }))
        };
        check(
            ("", "Pod"),
            &with("1000m", "1000m"),
            &with("1", "1"),
            &["Changed spec.containers[name=a].env[name=A].value"],
        );
    }

    #[test]
    fn an_atomic_list_changes_whole_and_tells_its_items() {
        let args = |args: &[&str]| pod(&json!({"name": "a", "args": args}));
        let changes = tree(
            "",
            "Pod",
            &args(&["x", "y", "z"]),
            &args(&["new", "x", "Y", "z"]),
        );
        let [change] = changes.as_slice() else {
            panic!("one change, not {changes:?}");
        };
        assert_eq!(change.path.to_string(), "spec.containers[name=a].args");
        let items: Vec<String> = items(change)
            .iter()
            .map(|item| format!("{:?} {}", item.kind, item.path))
            .collect();
        assert_eq!(
            items,
            [
                "Added spec.containers[name=a].args[0]",
                "Changed spec.containers[name=a].args[2]",
            ]
        );
    }

    #[test]
    fn keys_that_repeat_make_a_list_atomic() {
        check(
            ("", "Pod"),
            &pod(&json!({"name": "a", "env": [{"name": "A"}, {"name": "A"}]})),
            &pod(&json!({"name": "a", "env": [{"name": "A"}]})),
            &["Changed spec.containers[name=a].env"],
        );
    }

    #[test]
    fn lists_of_unknown_kinds_are_atomic() {
        check(
            ("example.com", "Lamp"),
            &json!({"spec": {"bulbs": [{"name": "a", "on": true}]}}),
            &json!({"spec": {"bulbs": [{"name": "a", "on": false}]}}),
            &["Changed spec.bulbs"],
        );
    }

    #[test]
    fn finalizers_are_a_set() {
        check(
            ("example.com", "Lamp"),
            &json!({"metadata": {"finalizers": ["a", "b"]}}),
            &json!({"metadata": {"finalizers": ["b", "c"]}}),
            &[
                "Removed metadata.finalizers[a]",
                "Added metadata.finalizers[c]",
            ],
        );
    }
}
