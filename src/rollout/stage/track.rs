//! The names under which a version's objects stand.

use serde_json::{Value, json};

use crate::object::{Object, mark};

/// The name of a track.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Track(String);

/// The track whose objects have the strategy's own name.
const MAIN: &str = "main";
/// The track of a standby, and of what took over from it in turn.
const STANDBY: &str = "standby";

impl Track {
    /// The track whose objects have the strategy's own name.
    pub fn main() -> Self {
        Self(MAIN.to_owned())
    }

    /// The track of this name; an empty one is the main one.
    pub fn named(name: &str) -> Self {
        match name {
            "" => Self::main(),
            name => Self(name.to_owned()),
        }
    }

    /// The track beside a standby's, and the other way round.
    pub(super) fn other(&self) -> Self {
        if self.is_main() {
            Self(STANDBY.to_owned())
        } else {
            Self::main()
        }
    }

    /// The label's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its objects have the strategy's own name.
    pub fn is_main(&self) -> bool {
        self.0 == MAIN
    }

    /// The name of a strategy's objects on it.
    pub(super) fn name(&self, strategy: &str) -> String {
        if self.is_main() {
            return strategy.to_owned();
        }
        format!("{strategy}-{}", self.0)
    }

    /// An object of a bundle on it: what has the strategy's own name, and what selects that, has
    /// the track's.
    pub(super) fn place(&self, object: &Object, strategy: &str) -> Object {
        let mut placed = object.clone();
        if self.is_main() {
            return placed;
        }
        let name = self.name(strategy);
        let value = placed.value_mut();
        value["metadata"]["name"] = json!(name);
        if let Some(target) = value.pointer_mut("/spec/scaleTargetRef/name") {
            *target = json!(name);
        }
        self.relabel(value, strategy, &name);
        placed
    }

    fn relabel(&self, value: &mut Value, strategy: &str, name: &str) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match key.as_str() {
                        mark::INSTANCE if *value == json!(strategy) => *value = json!(name),
                        mark::TRACK => *value = json!(self.0),
                        _ => self.relabel(value, strategy, name),
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.relabel(item, strategy, name);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
