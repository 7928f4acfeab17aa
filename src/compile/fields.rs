//! A mapping under construction.

use serde_json::{Map, Value};

/// A mapping that leaves out what is absent or empty: the API server would drop it, and a field that
/// we print but that never reads back would look like drift for ever.
#[derive(Debug, Default, Clone)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// An empty mapping.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a field, if there is a value.
    pub(super) fn with_some(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Adds a list, unless it is empty.
    pub(super) fn with_list<T: Into<Value>>(
        self,
        key: &str,
        items: impl IntoIterator<Item = T>,
    ) -> Self {
        let items: Vec<Value> = items.into_iter().map(Into::into).collect();
        if items.is_empty() {
            return self;
        }
        self.with(key, items)
    }

    /// Adds a mapping, unless it is empty.
    pub(super) fn with_map(self, key: &str, fields: Self) -> Self {
        if fields.0.is_empty() {
            return self;
        }
        self.with(key, fields)
    }
}

impl From<Fields> for Value {
    fn from(fields: Fields) -> Self {
        Self::Object(fields.0)
    }
}

/// The same value with the keys of every mapping in order.
pub(super) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            let entries = entries.into_iter();
            Value::Object(entries.map(|(key, value)| (key, sorted(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => scalar,
    }
}

/// A set written as a list: in order, without repetitions.
pub(super) fn set(items: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut items: Vec<(String, Value)> = items
        .into_iter()
        .map(sorted)
        .map(|item| (item.to_string(), item))
        .collect();
    items.sort_by(|(a, _), (b, _)| a.cmp(b));
    items.dedup_by(|(a, _), (b, _)| a == b);
    items.into_iter().map(|(_, item)| item).collect()
}
