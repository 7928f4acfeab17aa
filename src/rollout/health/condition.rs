//! Conditions of a status.

use serde_json::Value;

use crate::object::Object;

/// A condition of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Condition<'a> {
    pub(super) status: &'a str,
    pub(super) reason: &'a str,
    pub(super) message: &'a str,
}

impl Condition<'_> {
    /// `message`, or else `reason`, or else nothing to say.
    pub(super) fn text(&self) -> &str {
        match (self.message, self.reason) {
            ("", "") => "no reason given",
            ("", reason) => reason,
            (message, _) => message,
        }
    }
}

/// The condition of a type.
pub(super) fn find<'a>(object: &'a Object, kind: &str) -> Option<Condition<'a>> {
    let conditions = object.at("/status/conditions")?.as_array()?;
    let text = |value: &'a Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or("");
    conditions
        .iter()
        .find(|condition| text(condition, "type") == kind)
        .map(|condition| Condition {
            status: text(condition, "status"),
            reason: text(condition, "reason"),
            message: text(condition, "message"),
        })
}

/// Whether the condition of a type is `True`.
pub(super) fn is_true(object: &Object, kind: &str) -> bool {
    find(object, kind).is_some_and(|condition| condition.status == "True")
}
