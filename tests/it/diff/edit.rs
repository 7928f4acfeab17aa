//! Edits by people and by commits, made up by seeded dice: reorders, other spellings of quantities,
//! deleted keys, foreign fields.

use serde_json::{Value, json};
use tidegate::object::{Object, ObjectId};

use super::desk::Desk;

/// Who edits live objects.
const MANAGERS: [&str; 4] = ["kubectl-edit", "kubectl-patch", "k9s", "other-controller"];

/// Seeded random numbers (xorshift).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(bound.max(1)).expect("a length fits");
        usize::try_from(self.0 % bound).expect("it is below a length")
    }

    fn of<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        choices.get(self.below(choices.len()))
    }
}

/// Tries one edit, of a live object or of what it should be; whether it was valid.
pub(super) async fn try_one(desk: &mut Desk, dice: &mut Dice) -> bool {
    let ids: Vec<ObjectId> = desk.objects().map(Object::id).collect();
    let id = dice.of(&ids).expect("the fixture has objects").clone();
    if dice.below(3) == 0 {
        return change_spec(desk, &id, dice).await;
    }
    let found = desk.get(&id).await;
    let Some(pointer) = dice.of(&places(found.value())).cloned() else {
        return false;
    };
    let mut edited = found.value().clone();
    change(&mut edited, &pointer, dice);
    let op = match edited.pointer(&pointer) {
        Some(value) => json!([{"op": "replace", "path": pointer, "value": value}]),
        None => json!([{"op": "remove", "path": pointer}]),
    };
    let undo = match edited.pointer(&pointer) {
        Some(_) => "replace",
        None => "add",
    };
    let undo = json!([{"op": undo, "path": pointer, "value": found.value().pointer(&pointer)}]);
    let manager = dice.of(&MANAGERS).expect("there are managers");
    let is_valid = desk.edit(&id, manager, &op).await;
    if is_valid && desk.dry_run(desk.object(&id)).await.is_none() {
        // Valid by itself, it stands in the way of any apply: nobody could tell what differs.
        assert!(desk.edit(&id, manager, &undo).await, "{id}: undo {undo}");
        return false;
    }
    is_valid
}

async fn change_spec(desk: &mut Desk, id: &ObjectId, dice: &mut Dice) -> bool {
    let mut object = desk.object(id).clone();
    let Some(pointer) = dice.of(&places(object.value())).cloned() else {
        return false;
    };
    change(object.value_mut(), &pointer, dice);
    let is_valid = desk.dry_run(&object).await.is_some();
    if is_valid {
        desk.change(id, |value| *value = object.into_value());
    }
    is_valid
}

/// The pointers to everything but an object's identity, its status and the server's metadata.
fn places(object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let fields = object.as_object().into_iter().flatten();
    for (name, value) in fields {
        match name.as_str() {
            "apiVersion" | "kind" | "status" => {}
            "metadata" => {
                for name in ["labels", "annotations"] {
                    if let Some(value) = value.get(name) {
                        places_below(value, &format!("/metadata/{name}"), &mut found);
                    }
                }
            }
            name => places_below(value, &format!("/{name}"), &mut found),
        }
    }
    found
}

fn places_below(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                places_below(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places_below(value, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Removes what is there, or changes it.
fn change(root: &mut Value, pointer: &str, dice: &mut Dice) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let name = name.replace("~1", "/").replace("~0", "~");
    let is_removal = dice.below(4) == 0;
    match root.pointer_mut(parent) {
        Some(Value::Object(fields)) if is_removal => {
            fields.shift_remove(&name);
        }
        Some(_) => {
            let value = root.pointer_mut(pointer).expect("the place was found");
            *value = changed(value, dice);
        }
        None => {}
    }
}

fn changed(value: &Value, dice: &mut Dice) -> Value {
    match value {
        Value::Bool(value) => json!(!value),
        Value::Number(number) => json!(number.as_i64().unwrap_or_default() + 1),
        Value::String(text) => match respelt(text) {
            Some(other) if dice.below(2) == 0 => json!(other),
            _ => json!(format!("{text}x")),
        },
        Value::Array(items) => json!(changed_list(items.clone(), dice)),
        Value::Object(fields) => {
            let mut fields = fields.clone();
            fields.insert("foreign".to_owned(), json!("x"));
            Value::Object(fields)
        }
        Value::Null => Value::Null,
    }
}

fn changed_list(mut items: Vec<Value>, dice: &mut Dice) -> Vec<Value> {
    match dice.below(3) {
        0 => items.reverse(),
        1 => {
            items.pop();
        }
        _ => {
            let mut item = items.first().cloned().unwrap_or_else(|| json!("foreign"));
            for key in ["name", "mountPath", "ip", "key"] {
                if let Some(Value::String(text)) = item.get(key) {
                    item[key] = json!(format!("{text}0"));
                }
            }
            for key in ["port", "containerPort"] {
                if let Some(number) = item.get(key).and_then(Value::as_i64) {
                    item[key] = json!(number + 1);
                }
            }
            let at = dice.below(items.len() + 1);
            items.insert(at, item);
        }
    }
    items
}

/// The same quantity in another spelling.
fn respelt(text: &str) -> Option<String> {
    let (number, unit) = text.split_at(
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
    );
    let number: u64 = number.parse().ok()?;
    match unit {
        "" => Some(format!("{}m", number * 1000)),
        "Gi" => Some(format!("{}Mi", number * 1024)),
        "Mi" => Some(format!("{}Ki", number * 1024)),
        _ => None,
    }
}
