//! A place in an object, told by field names and by the keys that the Kubernetes schema gives to
//! list items, so that it stays the same when a list is reordered.

use std::fmt::{self, Write as _};

use serde_json::Value;

use crate::diff::quantity;

/// One step down.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// To a mapping's field.
    Field(String),
    /// To the list item with these key fields.
    Key(Vec<(String, Value)>),
    /// To a set's member.
    Member(Value),
    /// To an atomic list's item, counted from 0.
    Index(usize),
}

impl Step {
    /// The value of one of the item's key fields.
    pub fn key(&self, field: &str) -> Option<&Value> {
        match self {
            Self::Key(keys) => keys
                .iter()
                .find(|(name, _)| name == field)
                .map(|(_, value)| value),
            Self::Field(_) | Self::Member(_) | Self::Index(_) => None,
        }
    }

    /// The step to an item that is told by these fields, if it has them.
    pub(crate) fn of_item(keys: &[String], item: &Value) -> Option<Self> {
        let keys = keys
            .iter()
            .map(|key| Some((key.clone(), item.get(key)?.clone())))
            .collect::<Option<_>>()?;
        Some(Self::Key(keys))
    }

    fn leads_to(&self, item: &Value) -> bool {
        match self {
            Self::Key(keys) => keys.iter().all(|(name, value)| {
                item.get(name)
                    .is_some_and(|found| quantity::same_scalar(found, value))
            }),
            Self::Member(value) => item == value,
            Self::Field(_) | Self::Index(_) => false,
        }
    }
}

/// A place in an object. Displays as `spec.ports[port=80,protocol=TCP].name`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Path(Vec<Step>);

impl Path {
    /// The whole object.
    pub fn root() -> Self {
        Self::default()
    }

    /// A path of field names.
    pub fn of<'a>(fields: impl IntoIterator<Item = &'a str>) -> Self {
        Self(
            fields
                .into_iter()
                .map(|field| Step::Field(field.to_owned()))
                .collect(),
        )
    }

    /// One step further.
    #[must_use]
    pub fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// One field further.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        self.then(Step::Field(name.to_owned()))
    }

    pub(crate) fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether the path begins with these field names.
    pub fn starts_with(&self, fields: &[&str]) -> bool {
        self.0.len() >= fields.len()
            && fields
                .iter()
                .zip(&self.0)
                .all(|(field, step)| matches!(step, Step::Field(name) if name == field))
    }

    /// The value at this place.
    pub fn find<'v>(&self, root: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(root, |value, step| match step {
            Step::Field(name) => value.get(name),
            Step::Index(index) => value.get(index),
            Step::Key(_) | Step::Member(_) => {
                value.as_array()?.iter().find(|item| step.leads_to(item))
            }
        })
    }

    /// A JSON pointer whose list items are told by key: `/spec/ports/[port=80,protocol=TCP]/name`.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.0 {
            let token = match step {
                Step::Field(name) => name.clone(),
                Step::Index(index) => index.to_string(),
                Step::Key(keys) => format!("[{}]", keys_text(keys)),
                Step::Member(value) => format!("[{}]", plain(value)),
            };
            pointer.push('/');
            pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
        }
        pointer
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if is_bare(name) => {
                    if position > 0 {
                        f.write_char('.')?;
                    }
                    f.write_str(name)?;
                }
                Step::Field(name) => write!(f, "[{}]", quoted(name))?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(keys) => write!(f, "[{}]", keys_text(keys))?,
                Step::Member(value) => write!(f, "[{}]", plain(value))?,
            }
        }
        Ok(())
    }
}

fn keys_text(keys: &[(String, Value)]) -> String {
    let pairs: Vec<String> = keys
        .iter()
        .map(|(name, value)| format!("{name}={}", plain(value)))
        .collect();
    pairs.join(",")
}

/// A key's value without quotes where it reads unambiguously without them.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

fn is_bare(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-./:*".contains(c))
}

/// Quoted, with everything escaped that could steer a terminal.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_alphanumeric() || c == ' ' || c.is_ascii_punctuation() => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn env_value() -> Path {
        Path::of(["spec", "containers"])
            .then(Step::Key(vec![("name".into(), json!("strategy"))]))
            .field("env")
            .then(Step::Key(vec![("name".into(), json!("A"))]))
            .field("value")
    }

    #[test]
    fn displays_with_keys() {
        assert_eq!(
            env_value().to_string(),
            "spec.containers[name=strategy].env[name=A].value"
        );
    }

    #[test]
    fn dotted_names_are_quoted_and_control_characters_escaped() {
        let path = Path::of(["metadata", "labels", "a.b/c", "x\u{1b}[31m"]);
        assert_eq!(
            path.to_string(),
            r#"metadata.labels["a.b/c"]["x\u{1b}[31m"]"#
        );
    }

    #[test]
    fn pointer_escapes_slashes_and_tildes() {
        assert_eq!(Path::of(["a/b", "c~d"]).pointer(), "/a~1b/c~0d");
        assert_eq!(
            env_value().pointer(),
            "/spec/containers/[name=strategy]/env/[name=A]/value"
        );
    }

    #[test]
    fn finds_by_key() {
        let object = json!({"spec": {"containers": [
            {"name": "guard"},
            {"name": "strategy", "env": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]},
        ]}});
        assert_eq!(env_value().find(&object), Some(&json!("1")));
    }
}
