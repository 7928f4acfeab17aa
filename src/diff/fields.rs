//! The API server's record of who owns which field: `metadata.managedFields` and its `FieldsV1`
//! notation, where `f:name` is a field, `k:{…}` a keyed list item, `v:…` a set's member and `.` the
//! place itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::diff::path::{Path, Step};

/// How a list's items are told apart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Items {
    /// By these fields.
    Keyed(Vec<String>),
    /// By their values.
    Set,
}

/// Owned places, as a tree.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fields {
    /// Whether the place itself is owned, be it alone or with what is below.
    pub(crate) is_owned: bool,
    /// What is owned below, by its element in `FieldsV1` notation.
    children: BTreeMap<String, Self>,
}

impl Fields {
    /// A place that is owned as a whole.
    pub(crate) fn leaf() -> Self {
        Self {
            is_owned: true,
            children: BTreeMap::new(),
        }
    }

    /// Reads `fieldsV1`. Elements in no known notation are left out.
    pub(crate) fn parse(fields: &Value) -> Self {
        let mut parsed = Self::default();
        for (element, below) in fields.as_object().into_iter().flatten() {
            if element == "." {
                parsed.is_owned = true;
            } else if let Some(step) = parse_step(element) {
                parsed
                    .children
                    .insert(element_of(&step), Self::parse(below));
            }
        }
        parsed.is_owned |= parsed.children.is_empty();
        parsed
    }

    /// Writes `fieldsV1`.
    pub(crate) fn to_value(&self) -> Value {
        let mut elements = Map::new();
        if self.is_owned && !self.children.is_empty() {
            elements.insert(".".to_owned(), Value::Object(Map::new()));
        }
        for (element, below) in &self.children {
            elements.insert(element.clone(), below.to_value());
        }
        Value::Object(elements)
    }

    /// Whether nothing is owned below.
    pub(crate) fn is_leaf(&self) -> bool {
        self.children.is_empty()
    }

    /// What is owned one step down.
    pub(crate) fn child(&self, step: &Step) -> Option<&Self> {
        self.children.get(&element_of(step))
    }

    /// Adds an owned place below.
    pub(crate) fn insert(&mut self, step: &Step, below: Self) {
        if below.is_owned || !below.is_leaf() {
            self.children.insert(element_of(step), below);
        }
    }

    /// The steps down to what is owned below.
    pub(crate) fn children(&self) -> impl Iterator<Item = (Step, &Self)> {
        self.children
            .iter()
            .filter_map(|(element, below)| Some((parse_step(element)?, below)))
    }

    /// How the API server pairs this list's items, if it does.
    pub(crate) fn items(&self) -> Option<Items> {
        self.children().find_map(|(step, _)| match step {
            Step::Key(keys) => Some(Items::Keyed(
                keys.into_iter().map(|(name, _)| name).collect(),
            )),
            Step::Member(_) => Some(Items::Set),
            Step::Field(_) | Step::Index(_) => None,
        })
    }

    /// Adds what the other tree owns.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.is_owned |= other.is_owned;
        for (element, below) in &other.children {
            self.children
                .entry(element.clone())
                .or_default()
                .merge(below);
        }
    }

    /// Splits into what the other tree has a place for, and the rest.
    pub(crate) fn split(&self, other: &Self) -> (Self, Self) {
        let mut both = Self {
            is_owned: self.is_owned,
            children: BTreeMap::new(),
        };
        let mut rest = Self::default();
        for (element, below) in &self.children {
            let Some(found) = other.children.get(element) else {
                rest.children.insert(element.clone(), below.clone());
                continue;
            };
            let (shared, alone) = below.split(found);
            if !shared.is_empty() {
                both.children.insert(element.clone(), shared);
            }
            if !alone.is_empty() {
                rest.children.insert(element.clone(), alone);
            }
        }
        (both, rest)
    }

    /// Whether nothing is owned here or below.
    pub(crate) fn is_empty(&self) -> bool {
        !self.is_owned && self.children.is_empty()
    }

    /// The owned places that have nothing owned below.
    pub(crate) fn leaves(&self) -> Vec<Path> {
        let mut leaves = Vec::new();
        self.leaves_from(&mut Path::root(), &mut leaves);
        leaves
    }

    fn leaves_from(&self, at: &mut Path, leaves: &mut Vec<Path>) {
        for (step, below) in self.children() {
            at.push(step);
            if below.is_leaf() {
                leaves.push(at.clone());
            }
            below.leaves_from(at, leaves);
            at.pop();
        }
    }
}

fn parse_step(element: &str) -> Option<Step> {
    let (notation, text) = element.split_once(':')?;
    match notation {
        "f" => Some(Step::Field(text.to_owned())),
        "v" => serde_json::from_str(text).ok().map(Step::Member),
        "i" => text.parse().ok().map(Step::Index),
        "k" => {
            let keys: BTreeMap<String, Value> = serde_json::from_str(text).ok()?;
            Some(Step::Key(keys.into_iter().collect()))
        }
        _ => None,
    }
}

fn element_of(step: &Step) -> String {
    match step {
        Step::Field(name) => format!("f:{name}"),
        Step::Member(value) => format!("v:{value}"),
        Step::Index(index) => format!("i:{index}"),
        Step::Key(keys) => {
            let sorted: BTreeMap<&str, &Value> = keys
                .iter()
                .map(|(name, value)| (name.as_str(), value))
                .collect();
            let keys: Map<String, Value> = sorted
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .collect();
            format!("k:{}", Value::Object(keys))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn recorded() -> Value {
        json!({
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}, "f:finalizers": {"v:\"x\"": {}}},
            "f:spec": {"f:ports": {
                ".": {},
                "k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}, "f:protocol": {}},
            }},
        })
    }

    #[test]
    fn notation_reads_back() {
        let fields = Fields::parse(&recorded());
        assert_eq!(fields.to_value(), recorded());
    }

    #[test]
    fn key_order_does_not_matter() {
        let step = Step::Key(vec![
            ("protocol".into(), json!("TCP")),
            ("port".into(), json!(80)),
        ]);
        let fields = Fields::parse(&recorded());
        let ports = fields
            .child(&Step::Field("spec".into()))
            .and_then(|spec| spec.child(&Step::Field("ports".into())))
            .unwrap();
        assert!(ports.child(&step).is_some());
        assert_eq!(
            ports.items(),
            Some(Items::Keyed(vec!["port".to_owned(), "protocol".to_owned()]))
        );
    }

    #[test]
    fn split_parts_merge_to_the_whole() {
        let whole = Fields::parse(&recorded());
        let other = Fields::parse(&json!({"f:metadata": {"f:labels": {"f:app": {}}}}));
        let (mut both, rest) = whole.split(&other);
        assert_eq!(
            both.to_value(),
            json!({"f:metadata": {"f:labels": {".": {}, "f:app": {}}}})
        );
        both.merge(&rest);
        assert_eq!(both, whole);
    }
}
