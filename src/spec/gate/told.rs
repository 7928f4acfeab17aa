//! A gate in the words of the spec, for a person: `{metric: rejectRatio, max: 1%}`. What would be
//! so without being written is left out.

use std::fmt;

use serde_json::Value;

use super::{Gate, GateSpec};

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = serde_json::to_value(self).unwrap_or_default();
        leave_defaults_out(&mut written, self);
        write_flow(f, &written)
    }
}

impl Gate {
    /// Whether its timeout is the one that it would have anyway.
    pub fn has_usual_timeout(&self) -> bool {
        let spec = GateSpec {
            timeout: None,
            on_timeout: None,
            ..self.clone().into()
        };
        Self::try_from(spec).is_ok_and(|usual| usual == *self)
    }
}

/// Takes away, one by one, the fields without which it is the same gate.
fn leave_defaults_out(written: &mut Value, gate: &Gate) {
    let names: Vec<String> = written
        .as_object()
        .map(|fields| fields.keys().cloned().collect())
        .unwrap_or_default();
    for name in names {
        let mut less = written.clone();
        if let Some(fields) = less.as_object_mut() {
            fields.shift_remove(&name);
        }
        if serde_json::from_value::<Gate>(less.clone()).is_ok_and(|same| same == *gate) {
            *written = less;
        }
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
