//! A diff for programs. The form is versioned; fields may be added, none changes its meaning.

use serde_json::{Value, json as object};

use crate::diff::mask::{Masked, MaskedObject};
use crate::diff::{Change, Effect, Verdict, items};

/// The version of the form.
const VERSION: u32 = 1;

/// The diff as JSON: `{"version": 1, "summary": {…}, "objects": […]}`.
///
/// An object's `verdict` is `same`, `differs` or `cannot-tell`; where it differs, `action` is
/// `create`, `update` or `delete`, and an update has its `changes`.
pub fn json(masked: &Masked) -> Value {
    let objects: Vec<Value> = masked.objects().iter().map(object_json).collect();
    object!({
        "version": VERSION,
        "summary": masked.summary(),
        "objects": objects,
    })
}

fn object_json(masked: &MaskedObject) -> Value {
    let diff = masked.diff();
    let mut json = object!({
        "group": diff.id.group,
        "kind": diff.id.kind,
        "namespace": diff.id.namespace,
        "name": diff.id.name,
    });
    if let Some(from) = &diff.renamed_from {
        json["renamedFrom"] = Value::from(from.as_str());
    }
    let (verdict, action) = match &diff.verdict {
        Verdict::Same => ("same", None),
        Verdict::Differs(_) => ("differs", Some("update")),
        Verdict::Created => ("differs", Some("create")),
        Verdict::Deleted => ("differs", Some("delete")),
        Verdict::CannotTell { .. } => ("cannot-tell", None),
    };
    json["verdict"] = Value::from(verdict);
    if let Some(action) = action {
        json["action"] = Value::from(action);
    }
    if let Verdict::CannotTell { reason } = &diff.verdict {
        json["reason"] = Value::from(reason.as_str());
    }
    if let Some(effect) = masked.effect() {
        json["effect"] = object!(effect);
        json["changes"] = masked
            .changes()
            .map(|(change, effect)| change_json(change, effect))
            .collect();
    }
    json
}

fn change_json(change: &Change, effect: Effect) -> Value {
    let mut json = place_json(change);
    json["effect"] = object!(effect);
    let items: Vec<Value> = items(change).iter().map(place_json).collect();
    if !items.is_empty() {
        json["items"] = Value::Array(items);
    }
    json
}

/// A place and its values; a value that is not there is left out, so that `null` stays a value.
fn place_json(change: &Change) -> Value {
    let mut json = object!({
        "path": change.path.to_string(),
        "pointer": change.path.pointer(),
        "kind": change.kind,
    });
    if let Some(before) = &change.before {
        json["before"] = before.clone();
    }
    if let Some(after) = &change.after {
        json["after"] = after.clone();
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{ObjectDiff, objects};
    use crate::object::Object;

    fn policy(ports: &[u16]) -> Object {
        let ports: Vec<Value> = ports.iter().map(|port| object!({"port": port})).collect();
        Object::new(object!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "mm", "namespace": "desk"},
            "spec": {"ingress": ports},
        }))
        .unwrap()
    }

    #[test]
    fn verdicts_and_changes() {
        let mut diffs = objects(&[policy(&[1, 2])], &[policy(&[1, 3])]);
        diffs.push(ObjectDiff::cannot_tell(policy(&[]).id(), "timed out"));
        diffs.push(ObjectDiff::created(&policy(&[])));
        diffs.push(ObjectDiff::same(policy(&[]).id()));
        let with = |more: Value| {
            let mut json = object!({"group": "networking.k8s.io", "kind": "NetworkPolicy",
                "namespace": "desk", "name": "mm"});
            for (name, value) in more.as_object().unwrap() {
                json[name] = value.clone();
            }
            json
        };
        assert_eq!(
            json(&Masked::of(&diffs)),
            object!({
                "version": 1,
                "summary": {"same": 1, "differs": 1, "created": 1, "deleted": 0, "cannotTell": 1},
                "objects": [
                    with(object!({
                        "verdict": "differs", "action": "update", "effect": "in-place",
                        "changes": [{
                            "path": "spec.ingress", "pointer": "/spec/ingress", "kind": "changed",
                            "effect": "in-place",
                            "before": [{"port": 1}, {"port": 2}],
                            "after": [{"port": 1}, {"port": 3}],
                            "items": [{
                                "path": "spec.ingress[1].port", "pointer": "/spec/ingress/1/port",
                                "kind": "changed", "before": 2, "after": 3,
                            }],
                        }],
                    })),
                    with(object!({"verdict": "cannot-tell", "reason": "timed out"})),
                    with(object!({"verdict": "differs", "action": "create"})),
                    with(object!({"verdict": "same"})),
                ],
            })
        );
    }
}
