//! The canonical emitter: keys sorted, two-space blocks, quotes wherever a reader could stumble.

use serde_json::{Map, Number, Value};

use super::quote;
use super::scalar;

/// The longest key that readers accept without the `? ` form.
const MAX_SIMPLE_KEY: usize = 1000;

/// Writes a value as one YAML document, without a `---` line, ending in a line break.
///
/// Whole floats are written as integers, as kubectl reads them.
pub fn emit(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(&mut out, map, 0),
        Value::Array(items) if !items.is_empty() => list(&mut out, items, 0),
        scalar => {
            out.push_str(&flow(scalar, 1));
            out.push('\n');
        }
    }
    out
}

/// Writes a stream: a `---` line before each document.
pub fn emit_all<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let mut stream = String::new();
    for value in values {
        stream.push_str("---\n");
        stream.push_str(&emit(value));
    }
    stream
}

fn mapping(out: &mut String, map: &Map<String, Value>, indent: usize) {
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    for (place, (key, value)) in entries.into_iter().enumerate() {
        if place > 0 {
            pad(out, indent);
        }
        let key = quote::inline(key);
        if key.len() > MAX_SIMPLE_KEY {
            out.push_str("? ");
            out.push_str(&key);
            out.push('\n');
            pad(out, indent);
        } else {
            out.push_str(&key);
        }
        out.push(':');
        entry(out, value, indent);
    }
}

/// What stands behind a key's colon.
fn entry(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            pad(out, indent + 1);
            mapping(out, map, indent + 1);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            pad(out, indent);
            list(out, items, indent);
        }
        scalar => {
            out.push(' ');
            out.push_str(&flow(scalar, indent + 1));
            out.push('\n');
        }
    }
}

fn list(out: &mut String, items: &[Value], indent: usize) {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            pad(out, indent);
        }
        out.push_str("- ");
        match item {
            Value::Object(map) if !map.is_empty() => mapping(out, map, indent + 1),
            Value::Array(items) if !items.is_empty() => list(out, items, indent + 1),
            scalar => {
                out.push_str(&flow(scalar, indent + 1));
                out.push('\n');
            }
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n("  ", indent));
}

/// A scalar, or an empty collection; the lines of a block stand at `indent`.
fn flow(value: &Value, indent: usize) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => number(value),
        Value::String(text) => literal(text, indent).unwrap_or_else(|| quote::inline(text)),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
    }
}

/// A number that YAML 1.1 reads too: a float has a point, and its exponent a sign.
fn number(number: &Number) -> String {
    let Some(value) = number.as_f64().filter(|_| number.is_f64()) else {
        return number.to_string();
    };
    match scalar::number(value) {
        Some(whole) if !whole.is_f64() => return whole.to_string(),
        _ => {}
    }
    let text = format!("{value:?}");
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return text;
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// A text of several lines as a literal block, where every reader gives the same text back.
fn literal(text: &str, indent: usize) -> Option<String> {
    let body = text.trim_end_matches('\n');
    if !is_blockable(body, text) {
        return None;
    }
    let header = match text.len() - body.len() {
        0 => "|-",
        1 => "|",
        _ => "|+",
    };
    let mut block = header.to_owned();
    for line in body.split('\n') {
        block.push('\n');
        if !line.is_empty() {
            pad(&mut block, indent);
            block.push_str(line);
        }
    }
    block.extend(std::iter::repeat_n(
        '\n',
        (text.len() - body.len()).saturating_sub(1),
    ));
    Some(block)
}

/// A block has more than one line, does not begin with white space (it would need an indentation
/// indicator), and no line of it is only white space (readers disagree on those).
fn is_blockable(body: &str, text: &str) -> bool {
    text.contains('\n')
        && !body.starts_with([' ', '\t', '\n'])
        && !body.is_empty()
        && !text.chars().any(quote::needs_escape)
        && body
            .split('\n')
            .all(|line| line.is_empty() || !line.trim_matches([' ', '\t']).is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(value: &Value, yaml: &str) {
        assert_eq!(emit(value), yaml);
    }

    #[test]
    fn keys_are_sorted_and_lists_stand_under_their_key() {
        check(
            &json!({
                "spec": {"ports": [{"port": 80, "name": "http"}, {"port": 443}], "tags": ["a", ["b", "c"], []]},
                "metadata": {"name": "x", "labels": {}},
                "kind": "Service",
                "apiVersion": "v1",
            }),
            "\
apiVersion: v1
kind: Service
metadata:
  labels: {}
  name: x
spec:
  ports:
  - name: http
    port: 80
  - port: 443
  tags:
  - a
  - - b
    - c
  - []
",
        );
    }

    #[test]
    fn several_lines_are_a_literal_block() {
        check(
            &json!({"a": "x: 1\n\n  y # z\n", "b": "one\ntwo", "c": "end\n\n\n", "d": ["l\nm\n"]}),
            "\
a: |
  x: 1

    y # z
b: |-
  one
  two
c: |+
  end


d:
- |
  l
  m
",
        );
    }

    #[test]
    fn a_text_that_a_block_would_change_is_quoted() {
        check(
            &json!([
                " lead\n",
                "\n",
                "a\n  \nb",
                "tab\n\tx",
                "cr\r\n",
                "nel\u{85}\n"
            ]),
            "\
- \" lead\\n\"
- \"\\n\"
- \"a\\n  \\nb\"
- |-
  tab
  \tx
- \"cr\\r\\n\"
- \"nel\\x85\\n\"
",
        );
    }

    #[test]
    fn numbers_have_one_spelling() {
        for (value, yaml) in [
            (json!(1.0), "1\n"),
            (json!(-0.0), "0\n"),
            (json!(0.1), "0.1\n"),
            (json!(1e-7), "1.0e-7\n"),
            (json!(1e20), "1.0e+20\n"),
            (json!(1.5e300), "1.5e+300\n"),
            (json!(u64::MAX), "18446744073709551615\n"),
            (json!(i64::MIN), "-9223372036854775808\n"),
        ] {
            check(&value, yaml);
        }
    }

    #[test]
    fn a_stream_has_a_marker_before_each_document() {
        let documents = [json!({"a": 1}), json!([]), json!("x")];
        assert_eq!(emit_all(&documents), "---\na: 1\n---\n[]\n---\nx\n");
    }

    #[test]
    fn a_key_too_long_for_a_simple_key_is_explicit() {
        let key = "k".repeat(1100);
        let yaml = emit(&json!({ &key: {"b": 1} }));
        assert_eq!(yaml, format!("? {key}\n:\n  b: 1\n"));
    }
}
