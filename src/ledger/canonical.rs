//! One way to write a JSON value: keys in the order of their bytes, nothing in between.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The canonical text of a value.
pub(super) fn text(value: Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: BTreeMap<String, Value> = map.into_iter().collect();
            let entries = ordered.into_iter().map(|(key, it)| (key, sorted(it)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_at_every_depth_and_nothing_stands_between() {
        let value = json!({"b": [{"z": 1, "a": "é"}], "a": null});
        assert_eq!(text(value), r#"{"a":null,"b":[{"a":"é","z":1}]}"#);
    }
}
