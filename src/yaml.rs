//! YAML as kubectl reads it, with the place of every value; and one canonical way to write it.
//!
//! [`load`] reads every document of a file into [`Node`]s. It resolves scalars by kubectl's table
//! (`yes` is a truth value, `0644` is 420), refuses duplicate keys, folds merge keys in, expands
//! aliases within budgets, and turns everything it cannot accept into a finding with a place and a
//! remedy. It never panics and never stops at the first mistake.
//!
//! [`emit`] writes a value so that every YAML reader in use gives the same value back.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod binary;
mod build;
mod emit;
mod entry;
mod findings;
mod load;
mod mapping;
mod place;
mod pointer;
mod quote;
mod scalar;
#[cfg(test)]
mod tests;
mod text;

pub use emit::{emit, emit_all};
pub use entry::{bytes, load_entry};
pub use load::{MAX_DEPTH, MAX_DOCUMENTS, MAX_EXPANDED_BYTES, MAX_FINDINGS, MAX_NODES, load};

use crate::diagnostic::Span;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands. What came through an alias stands at the alias, its parts at the anchor.
    pub span: Span,
}

/// A value in kubectl's dialect.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~`, or nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order written, merge keys already folded in.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

impl Value {
    /// What the value is, with its article, for messages: "a list".
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

impl Node {
    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The list's items; none when it is not a list.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The mapping's entries; none when it is not a mapping.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value without its places.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(number.clone()),
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.node.to_json()))
                .collect(),
        }
    }
}
