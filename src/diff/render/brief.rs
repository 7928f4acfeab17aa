//! A diff in short: an object a line.

use serde_json::Value;

use super::text::{shown, value_text};
use super::{details, effect_words, kind_sign, title, verdict_sign};
use crate::diff::mask::MaskedObject;
use crate::diff::{Change, Kind, Verdict};

/// So many changes of an object stand in its line; more are counted.
const MOST: usize = 2;

/// Values longer than this are not shown.
const SHORT: usize = 40;

/// An object in one line: its sign and name, and what changes, as far as that is short.
pub fn brief(object: &MaskedObject) -> String {
    let verdict = &object.diff().verdict;
    let head = format!("{} {}", verdict_sign(verdict), title(object));
    let effect = object.effect().map(effect_words);
    match verdict {
        Verdict::CannotTell { reason } => format!("{head}: cannot tell: {}", shown(reason)),
        Verdict::Differs(_) => {
            let changes: Vec<Change> = object.changes().flat_map(|(it, _)| details(it)).collect();
            let told: Option<Vec<String>> = changes.iter().map(change).collect();
            match told.filter(|told| told.len() <= MOST) {
                Some(told) => format!("{head}: {}", told.join(", ")),
                None => format!(
                    "{head}: {}, {}",
                    count(changes.len()),
                    effect.unwrap_or_default()
                ),
            }
        }
        Verdict::Same | Verdict::Created | Verdict::Deleted => head,
    }
}

fn count(changes: usize) -> String {
    match changes {
        1 => "1 field".to_owned(),
        changes => format!("{changes} fields"),
    }
}

/// A change whose values are short.
fn change(change: &Change) -> Option<String> {
    let path = change.path.to_string();
    let path = path.strip_prefix("spec.").unwrap_or(&path);
    let short = |value: &Value| {
        let text = value_text(value);
        (!value.is_array() && !value.is_object() && text.chars().count() <= SHORT).then_some(text)
    };
    match (change.kind, &change.before, &change.after) {
        (Kind::Changed, Some(before), Some(after)) => {
            Some(format!("{path} {} → {}", short(before)?, short(after)?))
        }
        (Kind::Added, _, Some(after)) => Some(format!(
            "{}{path} {}",
            kind_sign(change.kind),
            short(after)?
        )),
        (Kind::Removed, _, _) => Some(format!("{}{path}", kind_sign(change.kind))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::mask::Masked;
    use crate::diff::objects;
    use crate::object::Object;
    use serde_json::json;

    fn check(before: &Value, after: &Value, expect: &str) {
        let object = |spec: &Value| {
            Object::new(json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "a", "namespace": "d"}, "spec": spec,
            }))
            .unwrap()
        };
        let diffs = objects(&[object(before)], &[object(after)]);
        let masked = Masked::of(&diffs);
        assert_eq!(brief(masked.objects().first().unwrap()), expect);
    }

    #[test]
    fn what_is_short_is_shown_and_what_is_not_is_counted() {
        check(
            &json!({"replicas": 4}),
            &json!({"replicas": 3}),
            "~ Deployment d/a: replicas 4 → 3",
        );
        check(
            &json!({"a": 1, "b": 1, "c": 1}),
            &json!({"a": 2, "b": 2, "c": 2}),
            "~ Deployment d/a: 3 fields, in place",
        );
        check(
            &json!({"a": "x"}),
            &json!({"a": "x".repeat(50)}),
            "~ Deployment d/a: 1 field, in place",
        );
    }
}
