//! Whether a document has the shape of its kind: every deviation becomes a finding with its place.

use std::sync::LazyLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::format::{self, FORMATS};
use super::kind::Kind;
use super::schema;
use crate::diagnostic::{Diagnostic, suggest};
use crate::yaml::Node;

/// A kind's schema, ready for use.
struct Shape {
    schema: Value,
    validator: Validator,
}

static SHAPES: LazyLock<[Shape; 6]> = LazyLock::new(|| Kind::ALL.map(Shape::new));

impl Shape {
    fn new(kind: Kind) -> Self {
        let schema = schema::of(kind);
        let options = FORMATS.iter().fold(
            jsonschema::options().should_validate_formats(true),
            |options, format| {
                options.with_format(format.name, |text: &str| (format.check)(text).is_ok())
            },
        );
        let validator = options
            .build(&schema)
            .expect("a test checks that every generated schema is valid");
        Self { schema, validator }
    }

    fn of(kind: Kind) -> &'static Self {
        let [fleet, desk, account, engine, calendar, strategy] = &*SHAPES;
        match kind {
            Kind::Fleet => fleet,
            Kind::Desk => desk,
            Kind::Account => account,
            Kind::Engine => engine,
            Kind::Calendar => calendar,
            Kind::Strategy => strategy,
        }
    }
}

/// Every way in which a document has not the shape of its kind.
pub fn check(kind: Kind, document: &Node) -> Vec<Diagnostic> {
    let shape = Shape::of(kind);
    let json = document.to_json();
    if shape.validator.is_valid(&json) {
        return Vec::new();
    }
    let mut findings: Vec<Diagnostic> = shape
        .validator
        .iter_errors(&json)
        .flat_map(|error| explain(&shape.schema, document, &error))
        .collect();
    findings.sort_by(|a, b| (&a.span, a.code, &a.message).cmp(&(&b.span, b.code, &b.message)));
    findings.dedup();
    findings
}

fn explain(root: &Value, document: &Node, error: &ValidationError) -> Vec<Diagnostic> {
    let pointer = error.instance_path().as_str();
    let here = schema::at(root, pointer).unwrap_or(&Value::Null);
    let node = document.nearest(pointer);
    let name = pointer.rsplit('/').next().unwrap_or_default();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|field| unknown_field(here, document, pointer, field))
            .collect(),
        ValidationErrorKind::Required { property } => {
            vec![missing_field(here, document, pointer, property)]
        }
        ValidationErrorKind::Type { kind } => vec![wrong_type(here, node, name, kind)],
        ValidationErrorKind::Enum { options } => vec![unknown_word(node, name, options)],
        ValidationErrorKind::Constant { expected_value } => {
            vec![unknown_word(
                node,
                name,
                &Value::Array(vec![(**expected_value).clone()]),
            )]
        }
        ValidationErrorKind::Format { format } => vec![bad_text(node, format)],
        _ => vec![
            Diagnostic::error(
                "invalid-value",
                node.span.clone(),
                format!("`{name}` does not fit: {error}"),
            )
            .with_help("write a value that fits"),
        ],
    }
}

fn unknown_field(here: &Value, document: &Node, pointer: &str, field: &str) -> Diagnostic {
    let escaped = field.replace('~', "~0").replace('/', "~1");
    let span = document
        .key_span(&format!("{pointer}/{escaped}"))
        .unwrap_or(&document.nearest(pointer).span);
    let place = match pointer.rsplit('/').next() {
        None | Some("") => "here".to_owned(),
        Some(parent) if parent.bytes().all(|b| b.is_ascii_digit()) => "here".to_owned(),
        Some(parent) => format!("in `{parent}`"),
    };
    let known: Vec<&str> = here
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect();
    let finding = Diagnostic::error(
        "unknown-field",
        span.clone(),
        format!("unknown field `{field}` {place}"),
    );
    match suggest(field, known.iter().copied()) {
        Some(meant) => finding.with_help(format!("did you mean `{meant}`?")),
        None => finding.with_help(format!("remove it; {place} are known: {}", words(&known))),
    }
}

fn missing_field(here: &Value, document: &Node, pointer: &str, property: &Value) -> Diagnostic {
    let field = property.as_str().unwrap_or_default();
    let span = document
        .key_span(pointer)
        .unwrap_or(&document.nearest(pointer).span);
    let about = here
        .pointer(&format!("/properties/{field}/description"))
        .and_then(Value::as_str)
        .and_then(|text| text.lines().next());
    let finding = Diagnostic::error(
        "missing-field",
        span.clone(),
        format!("the field `{field}` is missing"),
    );
    match about {
        Some(about) => finding.with_help(format!("add `{field}: …`: {}", lower_first(about))),
        None => finding.with_help(format!("add `{field}: …`")),
    }
}

fn lower_first(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut letters = sentence.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn wrong_type(here: &Value, node: &Node, name: &str, kind: &TypeKind) -> Diagnostic {
    let format = here
        .get("format")
        .and_then(Value::as_str)
        .and_then(format::find);
    let expected = match format {
        Some(format) => format.noun.to_owned(),
        None => match kind {
            TypeKind::Single(one) => noun(&one.to_string()).to_owned(),
            TypeKind::Multiple(several) => several
                .iter()
                .map(|one| noun(&one.to_string()))
                .collect::<Vec<_>>()
                .join(" or "),
        },
    };
    let found = node.value.kind();
    let what = if name.is_empty() || name.bytes().all(|b| b.is_ascii_digit()) {
        "this".to_owned()
    } else {
        format!("`{name}`")
    };
    let finding = Diagnostic::error(
        "wrong-type",
        node.span.clone(),
        format!("{what} should be {expected}, but is {found}"),
    );
    let scalar = matches!(
        node.value,
        crate::yaml::Value::Bool(_) | crate::yaml::Value::Number(_)
    );
    if scalar && expected == noun("string") {
        finding.with_help(format!("quote it: `\"{}\"`", node.to_json()))
    } else {
        finding.with_help(format!("write {expected}"))
    }
}

fn noun(kind: &str) -> &'static str {
    match kind {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "a mapping",
        _ => "nothing",
    }
}

fn unknown_word(node: &Node, name: &str, options: &Value) -> Diagnostic {
    let options: Vec<&str> = options
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let word = match node.as_str() {
        Some(word) => word.to_owned(),
        None => node.to_json().to_string(),
    };
    let finding = Diagnostic::error(
        "unknown-word",
        node.span.clone(),
        format!("`{word}` is not a `{name}`"),
    );
    match suggest(&word, options.iter().copied()) {
        Some(meant) if options.len() > 1 => finding.with_help(format!(
            "did you mean `{meant}`? The choices are {}",
            words(&options)
        )),
        _ => finding.with_help(format!("write {}", words(&options))),
    }
}

fn words(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

fn bad_text(node: &Node, name: &str) -> Diagnostic {
    let text = node.as_str().unwrap_or_default();
    let format = format::find(name);
    let message = format
        .and_then(|format| (format.check)(text).err())
        .unwrap_or_else(|| format!("`{text}` is not a `{name}`"));
    let finding = Diagnostic::error("invalid-value", node.span.clone(), message);
    match format {
        Some(format) => finding.with_help(format!("write {}", format.noun)),
        None => finding,
    }
}

#[cfg(test)]
mod tests;
