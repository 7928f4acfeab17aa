//! The JSON Schemas (2020-12) of the document kinds, generated from the types.
//!
//! They hold no `anyOf` and no `oneOf`, so that at every place of a document one schema says what
//! belongs there, and a finding can say it too.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::{Map, Value, json};

use super::account::AccountDocument;
use super::calendar::CalendarDocument;
use super::desk::DeskDocument;
use super::engine::EngineDocument;
use super::fleet::FleetDocument;
use super::kind::Kind;
use super::strategy::StrategyDocument;

/// Every schema, by the name of its file in `schemas/`.
pub fn all() -> BTreeMap<&'static str, Value> {
    Kind::ALL
        .into_iter()
        .map(|kind| (kind.schema_file(), of(kind)))
        .collect()
}

/// The schema of a kind of document.
pub fn of(kind: Kind) -> Value {
    let (mut schema, about) = match kind {
        Kind::Fleet => (
            generate::<FleetDocument>(),
            "the root of a fleet, `tidegate.yaml`",
        ),
        Kind::Desk => (
            generate::<DeskDocument>(),
            "a desk, `desks/<desk>/desk.yaml`",
        ),
        Kind::Account => (
            generate::<AccountDocument>(),
            "a venue account, `accounts/*.yaml`",
        ),
        Kind::Engine => (
            generate::<EngineDocument>(),
            "an engine profile, `engines/*.yaml`",
        ),
        Kind::Calendar => (
            generate::<CalendarDocument>(),
            "a trading calendar, `calendars/*.yaml`",
        ),
        Kind::Strategy => (
            generate::<StrategyDocument>(),
            "a strategy, `desks/<desk>/*.yaml`",
        ),
    };
    drop_unused(&mut schema);
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), json!(format!("Tidegate: {about}")));
        root.shift_remove("description");
    }
    schema
}

fn generate<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with_transform(RecursiveTransform(refuse_null as fn(&mut Schema)))
        .with_transform(RecursiveTransform(list_words as fn(&mut Schema)))
        .with_transform(RecursiveTransform(drop_number_formats as fn(&mut Schema)));
    settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// Cutting a block out of a strategy leaves definitions behind that only the rest needs.
fn drop_unused(schema: &mut Value) {
    let mut used = BTreeSet::new();
    let mut open: Vec<&Value> = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(object) => {
                let reference = object.get("$ref").and_then(Value::as_str);
                let name = reference.and_then(|text| text.strip_prefix("#/$defs/"));
                if let Some(name) = name.filter(|name| used.insert((*name).to_owned())) {
                    open.extend(schema.get("$defs").and_then(|all| all.get(name)));
                }
                let parts = object.iter().filter(|(key, _)| *key != "$defs");
                open.extend(parts.map(|(_, part)| part));
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    if let Some(Value::Object(all)) = schema.get_mut("$defs") {
        all.retain(|name, _| used.contains(name));
    }
}

/// An absent value is left out, never written as null.
fn refuse_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.get("default").is_some_and(Value::is_null) {
        object.shift_remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type") != Some(&json!("null")));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.shift_remove("anyOf");
            object.extend(only);
        }
    }
}

/// Words with a description each become one list of words with one description.
fn list_words(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    let Some(Value::Array(choices)) = object.get("oneOf") else {
        return;
    };
    let words: Vec<Value> = choices
        .iter()
        .filter_map(|word| word.get("const").cloned())
        .collect();
    if words.len() != choices.len() {
        return;
    }
    let described = describe(object, choices);
    object.shift_remove("oneOf");
    object.insert("description".to_owned(), json!(described));
    object.insert("type".to_owned(), json!("string"));
    object.insert("enum".to_owned(), Value::Array(words));
}

fn describe(object: &Map<String, Value>, words: &[Value]) -> String {
    let text = |value: &Value, key| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let whole = object.get("description").and_then(Value::as_str);
    let mut lines: Vec<String> = whole.map(str::to_owned).into_iter().collect();
    lines.extend(words.iter().map(|word| {
        let name = text(word, "const").unwrap_or_default();
        let meaning = text(word, "description").unwrap_or_default();
        format!("- `{name}`: {meaning}")
    }));
    lines.join("\n")
}

/// `uint32` and the like say nothing that the bounds do not say.
fn drop_number_formats(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    let format = object.get("format").and_then(Value::as_str);
    if format.is_some_and(|format| format.starts_with("uint") || format.starts_with("int")) {
        object.shift_remove("format");
    }
}

/// The schema that speaks for the place at a JSON pointer of a document.
pub(super) fn at<'a>(root: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer
        .split('/')
        .skip(1)
        .try_fold(follow(root, root)?, |schema, token| {
            let token = token.replace("~1", "/").replace("~0", "~");
            let child = schema
                .get("properties")
                .and_then(|properties| properties.get(&token))
                .or_else(|| schema.get("items"))
                .or_else(|| schema.get("additionalProperties"))
                .filter(|child| child.is_object())?;
            follow(root, child)
        })
}

fn follow<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.strip_prefix('#')?),
        None => Some(schema),
    }
}

#[cfg(test)]
mod tests;
