use super::*;
use crate::spec::format;

fn each_object<'a>(value: &'a Value, visit: &mut impl FnMut(&'a Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(object);
            object.values().for_each(|value| each_object(value, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| each_object(item, visit)),
        _ => {}
    }
}

#[test]
fn every_schema_is_valid_2020_12() {
    for (file, schema) in all() {
        jsonschema::draft202012::meta::validate(&schema)
            .unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

#[test]
fn at_every_place_one_schema_speaks() {
    for (file, schema) in all() {
        each_object(&schema, &mut |object| {
            for keyword in ["anyOf", "oneOf", "allOf"] {
                assert!(!object.contains_key(keyword), "{file}: {object:?}");
            }
        });
    }
}

#[test]
fn every_format_is_one_of_ours() {
    for (file, schema) in all() {
        each_object(&schema, &mut |object| {
            // A property may be called `format` too; its value is no text then.
            if let Some(Value::String(name)) = object.get("format") {
                assert!(format::find(name).is_some(), "{file}: {name}");
            }
        });
    }
}

#[test]
fn every_field_is_described() {
    for (file, schema) in all() {
        each_object(&schema, &mut |object| {
            let Some(Value::Object(properties)) = object.get("properties") else {
                return;
            };
            for (name, property) in properties {
                assert!(property.get("description").is_some(), "{file}: {name}");
            }
        });
    }
}

#[test]
fn a_place_is_found_through_references() {
    let schema = of(Kind::Strategy);
    let port = at(&schema, "/spec/network/egress/0/port").unwrap();
    assert_eq!(port.get("maximum"), Some(&json!(65535)));
    let shadowed = at(&schema, "/spec/modes/shadow/config/1/path").unwrap();
    assert_eq!(shadowed.get("format"), Some(&json!("container-path")));
    assert_eq!(at(&schema, "/spec/modes/shadow/class"), None);
}
