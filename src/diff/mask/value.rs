//! Secrets in objects, told by where they stand.

use serde_json::{Map, Value};

use super::name::{Telling, telling};
use super::text::{CHANGED, MASK, SAME, against, text};
use crate::diff::Change;
use crate::diff::path::{Path, Step};
use crate::diff::schema::Shape;
use crate::object::ObjectId;

/// `kubectl apply` keeps the whole object in it.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// One change of an object.
pub(super) fn change(id: &ObjectId, change: &Change) -> Change {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let shape = shape_at(id, &change.path);
    let masked = |value: Option<&Value>, other: Option<&Value>, changed| {
        let mut masker = Masker {
            id,
            at: change.path.clone(),
            changed,
        };
        value.map(|value| masker.value(shape, value, other))
    };
    Change {
        path: change.path.clone(),
        before: masked(before, after, MASK),
        after: masked(after, before, CHANGED),
        kind: change.kind,
    }
}

/// Both versions of an object.
pub(super) fn pair(
    id: &ObjectId,
    before: Option<&Value>,
    after: Option<&Value>,
) -> (Option<Value>, Option<Value>) {
    let shape = Shape::of(&id.group, &id.kind);
    let masked = |value: Option<&Value>, other: Option<&Value>, changed| {
        let mut masker = Masker {
            id,
            at: Path::root(),
            changed,
        };
        value.map(|value| masker.value(shape, value, other))
    };
    (masked(before, after, MASK), masked(after, before, CHANGED))
}

fn shape_at(id: &ObjectId, path: &Path) -> Shape {
    let root = Shape::of(&id.group, &id.kind);
    path.steps().iter().fold(root, |shape, step| match step {
        Step::Field(name) => shape.field(name),
        Step::Key(_) | Step::Member(_) | Step::Index(_) => shape.item(),
    })
}

struct Masker<'a> {
    id: &'a ObjectId,
    at: Path,
    /// What stands for a secret that the other version has differently.
    changed: &'static str,
}

impl Masker<'_> {
    fn value(&mut self, shape: Shape, value: &Value, other: Option<&Value>) -> Value {
        if self.is_secret(value) {
            return self.mask(value, other);
        }
        match value {
            Value::Object(fields) => self.fields(shape, fields, other),
            Value::Array(items) => self.items(shape, items, other),
            Value::String(value) => Value::from(match other {
                Some(Value::String(other)) => against(value, other, self.changed),
                _ => text(value),
            }),
            scalar => scalar.clone(),
        }
    }

    fn fields(
        &mut self,
        shape: Shape,
        fields: &Map<String, Value>,
        other: Option<&Value>,
    ) -> Value {
        // A variable or a header: its name tells, a field away from its value.
        let is_telling = fields
            .get("name")
            .and_then(Value::as_str)
            .is_some_and(|name| telling(name) != Telling::No);
        let masked = fields.iter().map(|(name, value)| {
            let other = other.and_then(|other| other.get(name));
            let masked = if is_telling && name == "value" {
                self.mask(value, other)
            } else {
                let step = Step::Field(name.clone());
                self.within(step, |masker| masker.value(shape.field(name), value, other))
            };
            (name.clone(), masked)
        });
        Value::Object(masked.collect())
    }

    fn items(&mut self, shape: Shape, items: &[Value], other: Option<&Value>) -> Value {
        let others = other
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        let steps = shape.steps(items).zip(shape.steps(others));
        let masked = items.iter().enumerate().map(|(position, item)| {
            let (step, other) = match &steps {
                Some((ours, theirs)) => {
                    let step = ours.get(position).cloned();
                    let found = theirs.iter().position(|other| Some(other) == step.as_ref());
                    (step, found.and_then(|found| others.get(found)))
                }
                None if items.len() == others.len() => (None, others.get(position)),
                None => (
                    None,
                    others
                        .iter()
                        .find(|other| *other == item)
                        .or(others.get(position)),
                ),
            };
            let flag = position.checked_sub(1).and_then(|before| items.get(before));
            if is_telling_flag(flag) && item.is_string() {
                return self.mask(item, other);
            }
            let step = step.unwrap_or(Step::Index(position));
            self.within(step, |masker| masker.value(shape.item(), item, other))
        });
        Value::Array(masked.collect())
    }

    fn mask(&self, value: &Value, other: Option<&Value>) -> Value {
        Value::from(match other {
            None => MASK,
            Some(other) if other == value => SAME,
            Some(_) => self.changed,
        })
    }

    /// Whether everything that stands here is secret.
    fn is_secret(&self, value: &Value) -> bool {
        let is_container = value.is_object() || value.is_array();
        let steps = self.at.steps();
        let top = match steps.first() {
            Some(Step::Field(top)) => top.as_str(),
            _ => "",
        };
        let (Some(Step::Field(name)), above) = (
            steps.last(),
            steps
                .len()
                .checked_sub(2)
                .and_then(|above| steps.get(above)),
        ) else {
            return false;
        };
        match (self.id.group.as_str(), self.id.kind.as_str(), top) {
            ("", "Secret", "data" | "stringData") => return !is_container || steps.len() > 1,
            ("", "ConfigMap", "data" | "binaryData") => {
                return steps.len() > 1 && telling(name) != Telling::No;
            }
            _ => {}
        }
        match above {
            Some(Step::Field(above)) if above == "annotations" => {
                name == LAST_APPLIED || telling(name) == Telling::Yes
            }
            Some(key @ Step::Key(_)) if name == "value" => key
                .key("name")
                .and_then(Value::as_str)
                .is_some_and(|name| telling(name) != Telling::No),
            _ => {
                let is_scalar = value.is_string() || value.is_number();
                is_scalar && self.is_custom() && telling(name) == Telling::Yes
            }
        }
    }

    /// Whether the kind is not Kubernetes' own, whose fields hold no secrets but refer to them.
    fn is_custom(&self) -> bool {
        let group = self.id.group.as_str();
        group.contains('.') && !group.ends_with(".k8s.io")
    }

    fn within<T>(&mut self, step: Step, mask: impl FnOnce(&mut Self) -> T) -> T {
        self.at.push(step);
        let masked = mask(self);
        self.at.pop();
        masked
    }
}

/// Whether the item is a flag whose value comes next: `--api-key`.
fn is_telling_flag(item: Option<&Value>) -> bool {
    item.and_then(Value::as_str).is_some_and(|flag| {
        flag.starts_with('-') && !flag.contains('=') && telling(flag) == Telling::Yes
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(version: &str, kind: &str, before: &Value, after: &Value, expect: [Value; 2]) {
        let id = ObjectId {
            group: version.to_owned(),
            kind: kind.to_owned(),
            namespace: None,
            name: "a".to_owned(),
        };
        let (before, after) = pair(&id, Some(before), Some(after));
        assert_eq!([before, after], expect.map(Some));
    }

    #[test]
    fn a_secrets_values_are_masked_and_told_apart() {
        check(
            "",
            "Secret",
            &json!({"data": {"a": "MQ==", "b": "Mg==", "gone": "x"}, "type": "Opaque"}),
            &json!({"data": {"a": "MQ==", "b": "Mw==", "new": "y"}, "type": "Opaque"}),
            [
                json!({"data": {"a": SAME, "b": MASK, "gone": MASK}, "type": "Opaque"}),
                json!({"data": {"a": SAME, "b": CHANGED, "new": MASK}, "type": "Opaque"}),
            ],
        );
    }

    #[test]
    fn telling_entries_variables_and_annotations_are_masked() {
        check(
            "",
            "ConfigMap",
            &json!({"data": {"api.key": "a", "mm.yaml": "x: 1\ntoken: a\n"}}),
            &json!({"data": {"api.key": "b", "mm.yaml": "x: 2\ntoken: a\n"}}),
            [
                json!({"data": {"api.key": MASK, "mm.yaml": "x: 1\ntoken: ••• (same)\n"}}),
                json!({"data": {"api.key": CHANGED, "mm.yaml": "x: 2\ntoken: ••• (same)\n"}}),
            ],
        );
        let pod = |value: &str| {
            json!({
                "metadata": {"annotations": {LAST_APPLIED: value}},
                "spec": {"containers": [{
                    "name": "a",
                    "args": ["--token", value, "--x", "1"],
                    "env": [
                        {"name": "DB_PASSWORD", "value": value},
                        {"name": "P", "valueFrom": {"secretKeyRef": {"name": "s", "key": "password"}}},
                    ],
                }]},
            })
        };
        check(
            "",
            "Pod",
            &pod("one"),
            &pod("two"),
            [pod(MASK), pod(CHANGED)],
        );
        check("", "Pod", &pod("one"), &pod("one"), [pod(SAME), pod(SAME)]);
    }

    #[test]
    fn fields_of_custom_kinds_are_masked_by_name() {
        let with = |value: &str| json!({"spec": {"apiToken": value, "secretName": "s"}});
        check(
            "x.dev",
            "Lamp",
            &with("one"),
            &with("two"),
            [with(MASK), with(CHANGED)],
        );
    }

    #[test]
    fn a_change_knows_where_it_stands() {
        let id = ObjectId {
            group: "apps".to_owned(),
            kind: "Deployment".to_owned(),
            namespace: None,
            name: "a".to_owned(),
        };
        let keyed = |name: &str| Step::Key(vec![("name".to_owned(), json!(name))]);
        let path = Path::of(["spec", "template", "spec", "containers"])
            .then(keyed("c"))
            .field("env")
            .then(keyed("API_KEY"))
            .field("value");
        let masked = change(
            &id,
            &Change {
                path,
                before: Some(json!("one")),
                after: Some(json!("two")),
                kind: crate::diff::Kind::Changed,
            },
        );
        assert_eq!(masked.before, Some(json!(MASK)));
        assert_eq!(masked.after, Some(json!(CHANGED)));
    }
}
