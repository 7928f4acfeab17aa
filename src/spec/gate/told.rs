//! A gate in the words of the spec, for a person: `{metric: rejectRatio, max: 1%}`.

use std::fmt;

use serde_json::Value;

use super::Gate;

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = serde_json::to_value(self).unwrap_or_default();
        write_flow(f, &written)
    }
}

/// As YAML's flow form, on one line.
fn write_flow(f: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter();
            write_all(f, ['{', '}'], fields, |f, (name, value)| {
                write!(f, "{name}: ")?;
                write_flow(f, value)
            })
        }
        Value::Array(items) => write_all(f, ['[', ']'], items.iter(), write_flow),
        Value::String(text) => f.write_str(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => write!(f, "{value}"),
    }
}

fn write_all<T>(
    f: &mut fmt::Formatter<'_>,
    [open, close]: [char; 2],
    items: impl Iterator<Item = T>,
    write: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    write!(f, "{open}")?;
    for (index, item) in items.enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write(f, item)?;
    }
    write!(f, "{close}")
}
