//! How the API server treats the fields of the kinds that we emit or meet: which lists are paired
//! by which keys, what is replaced whole, and which texts are quantities.
//!
//! The table says only what differs from the rule for everything else: mappings merge field by
//! field, lists are atomic, scalars are compared as they are. Its facts are the
//! `x-kubernetes-list-type`, `list-map-keys` and `map-type` of the API's OpenAPI document.

mod table;

use serde_json::{Map, Value};

use crate::diff::path::Step;

/// How a value is merged.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// A scalar, or something the table does not know.
    Any,
    /// A quantity.
    Quantity,
    /// A mapping of quantities.
    Quantities,
    /// A mapping that merges field by field.
    Fields(&'static Type),
    /// A mapping that is replaced whole.
    Whole(&'static Type),
    /// A list that is replaced whole.
    Atomic(&'static Type),
    /// A list whose items are paired by these fields.
    Keyed(&'static [&'static str], &'static Type),
    /// A list whose items are paired by these fields, each replaced whole.
    KeyedWhole(&'static [&'static str]),
    /// A list of scalars that is a set.
    Set,
}

/// What is known of a mapping's fields.
#[derive(Debug)]
pub(crate) struct Type {
    fields: &'static [(&'static str, Shape)],
    /// What the API server fills in, as far as it matters inside of something replaced whole, or
    /// for a key.
    defaults: &'static [(&'static str, &'static str)],
    /// A default that depends on the other fields.
    fill: Option<fn(&mut Map<String, Value>)>,
}

impl Type {
    fn field(&self, name: &str) -> Shape {
        self.fields
            .iter()
            .find(|(field, _)| *field == name)
            .map_or(Shape::Any, |(_, shape)| *shape)
    }

    fn default(&self, name: &str) -> Option<Value> {
        self.defaults
            .iter()
            .find(|(field, _)| *field == name)
            .map(|(_, value)| Value::from(*value))
    }
}

impl Shape {
    /// The shape of a kind's objects.
    pub(crate) fn of(group: &str, kind: &str) -> Self {
        Self::Fields(table::root(group, kind))
    }

    /// Whether a mapping of this shape is replaced whole.
    pub(crate) fn is_whole(self) -> bool {
        matches!(self, Self::Whole(_))
    }

    /// The shape of a mapping's field.
    pub(crate) fn field(self, name: &str) -> Self {
        match self {
            Self::Fields(fields) | Self::Whole(fields) => fields.field(name),
            Self::Quantities => Self::Quantity,
            Self::Any
            | Self::Quantity
            | Self::Atomic(_)
            | Self::Keyed(..)
            | Self::KeyedWhole(_)
            | Self::Set => Self::Any,
        }
    }

    /// The shape of a list's items.
    pub(crate) fn item(self) -> Self {
        match self {
            Self::Atomic(item) | Self::Keyed(_, item) => Self::Fields(item),
            Self::KeyedWhole(_) => Self::Whole(&table::NONE),
            Self::Any
            | Self::Quantity
            | Self::Quantities
            | Self::Fields(_)
            | Self::Whole(_)
            | Self::Set => Self::Any,
        }
    }

    /// What the API server would store for a value inside of something that is replaced whole.
    pub(crate) fn filled(self, value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut filled: Map<String, Value> = map
                    .iter()
                    .map(|(name, value)| (name.clone(), self.field(name).filled(value)))
                    .collect();
                if let Self::Fields(known) | Self::Whole(known) = self {
                    for (name, default) in known.defaults {
                        filled.entry(*name).or_insert_with(|| Value::from(*default));
                    }
                    if let Some(fill) = known.fill {
                        fill(&mut filled);
                    }
                }
                Value::Object(filled)
            }
            Value::Array(items) => {
                let item = self.item();
                Value::Array(items.iter().map(|value| item.filled(value)).collect())
            }
            scalar => scalar.clone(),
        }
    }

    /// The steps to a list's items, in their order; `None` where the list is atomic or its items
    /// cannot be told apart by their keys.
    pub(crate) fn steps(self, items: &[Value]) -> Option<Vec<Step>> {
        let steps: Vec<Step> = match self {
            Self::Keyed(keys, item) => items
                .iter()
                .map(|value| key_step(keys, item, value))
                .collect::<Option<_>>()?,
            Self::KeyedWhole(keys) => items
                .iter()
                .map(|value| key_step(keys, &table::NONE, value))
                .collect::<Option<_>>()?,
            Self::Set => items.iter().cloned().map(Step::Member).collect(),
            Self::Any
            | Self::Quantity
            | Self::Quantities
            | Self::Fields(_)
            | Self::Whole(_)
            | Self::Atomic(_) => return None,
        };
        let is_distinct = steps
            .iter()
            .enumerate()
            .all(|(position, step)| steps.iter().skip(position + 1).all(|other| other != step));
        is_distinct.then_some(steps)
    }
}

fn key_step(keys: &[&str], item: &Type, value: &Value) -> Option<Step> {
    let keys = keys
        .iter()
        .map(|key| {
            let found = value.get(key).cloned().or_else(|| item.default(key));
            found.map(|value| ((*key).to_owned(), value))
        })
        .collect::<Option<_>>()?;
    Some(Step::Key(keys))
}
