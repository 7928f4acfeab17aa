//! Whether what people say can be believed: the admission policies of `deploy/`.
//!
//! A policy and its binding force `spec.by` to be who made an object, and prove the right to make it.
//! Without them an object is worth no more than its text, so they count only while both are there,
//! exactly as shipped; and what was made before they were there last counts for nothing.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize as _;
use serde_json::Value;

/// Whether the objects of a kind are what they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// They are, from this instant on.
    InForce {
        /// Those made earlier are not.
        since: Timestamp,
    },
    /// They may not be, and why.
    Open(String),
}

impl Default for Guard {
    fn default() -> Self {
        Self::Open("nobody looked at its admission policy".to_owned())
    }
}

/// A policy of `deploy/install/admission`, and its binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// The name of both.
    pub name: &'static str,
    text: &'static str,
}

/// The policy of Halts, and of what lifts them.
pub const HALTS: Shipped = Shipped {
    name: "halts.tidegate.dev",
    text: include_str!("../deploy/install/admission/halts.yaml"),
};

/// The policy of Approvals.
pub const APPROVALS: Shipped = Shipped {
    name: "approvals.tidegate.dev",
    text: include_str!("../deploy/install/admission/approvals.yaml"),
};

/// The policy of Overrides.
pub const OVERRIDES: Shipped = Shipped {
    name: "overrides.tidegate.dev",
    text: include_str!("../deploy/install/admission/overrides.yaml"),
};

/// How long a policy takes at most to be in force at every API server.
pub const SPREADS_WITHIN: SignedDuration = SignedDuration::from_secs(10);

impl Shipped {
    /// Whether this policy guards, judged by what the API server has under its name.
    pub fn guard(self, policy: Option<&Value>, binding: Option<&Value>) -> Guard {
        let parts = [
            ("ValidatingAdmissionPolicy", policy),
            ("ValidatingAdmissionPolicyBinding", binding),
        ];
        let mut since = Timestamp::MIN;
        for (kind, live) in parts {
            match self.part(kind, live) {
                Ok(at) => since = since.max(at),
                Err(why) => return Guard::Open(why),
            }
        }
        Guard::InForce {
            since: since.saturating_add(SPREADS_WITHIN).unwrap_or(since),
        }
    }

    /// Since when one of the two is as shipped; or why it is not.
    fn part(self, kind: &str, live: Option<&Value>) -> Result<Timestamp, String> {
        let name = self.name;
        let remedy = "install it again from `deploy/install/admission`";
        let Some(live) = live else {
            return Err(format!("the {kind} `{name}` is not there: {remedy}"));
        };
        if live.pointer("/metadata/deletionTimestamp").is_some() {
            return Err(format!("the {kind} `{name}` is being deleted: {remedy}"));
        }
        if live.get("spec") != self.shipped(kind).get("spec") {
            return Err(format!("the {kind} `{name}` is not as shipped: {remedy}"));
        }
        changed(live).ok_or_else(|| format!("the {kind} `{name}` does not say since when it is so"))
    }

    fn shipped(self, kind: &str) -> Value {
        let documents = serde_yaml::Deserializer::from_str(self.text);
        let mut documents = documents.filter_map(|it| Value::deserialize(it).ok());
        let is_it = |it: &Value| it.get("kind").and_then(Value::as_str) == Some(kind);
        documents.find(is_it).unwrap_or_default()
    }
}

/// When an object was made, or last changed by anybody: what it was before that is not known.
fn changed(live: &Value) -> Option<Timestamp> {
    let time = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
    let made = time(live.pointer("/metadata/creationTimestamp")?)?;
    let generation = live.pointer("/metadata/generation").and_then(Value::as_i64);
    let managers = live
        .pointer("/metadata/managedFields")
        .and_then(Value::as_array);
    let times = managers
        .into_iter()
        .flatten()
        .filter_map(|it| time(it.get("time")?));
    match (times.max(), generation) {
        (Some(changed), _) => Some(made.max(changed)),
        (None, Some(1)) => Some(made),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn live(kind: &str, edit: &dyn Fn(&mut Value)) -> Value {
        let mut live = HALTS.shipped(kind);
        live["metadata"]["creationTimestamp"] = json!("2026-11-23T10:00:00Z");
        live["metadata"]["generation"] = json!(1);
        edit(&mut live);
        live
    }

    fn guard(edit: &dyn Fn(&mut Value)) -> Guard {
        let policy = live("ValidatingAdmissionPolicy", edit);
        let binding = live("ValidatingAdmissionPolicyBinding", &|_| {});
        HALTS.guard(Some(&policy), Some(&binding))
    }

    fn since(text: &str) -> Guard {
        Guard::InForce {
            since: text.parse().unwrap(),
        }
    }

    #[test]
    fn both_as_shipped_guard_from_when_they_were_last_changed() {
        assert_eq!(guard(&|_| {}), since("2026-11-23T10:00:10Z"));
        let edited = guard(&|it| {
            it["metadata"]["generation"] = json!(3);
            it["metadata"]["managedFields"] = json!([{"time": "2026-11-23T11:00:00Z"}]);
        });
        assert_eq!(edited, since("2026-11-23T11:00:10Z"));
    }

    #[test]
    fn anything_else_guards_nothing() {
        let open = |guard: Guard, why: &str| match guard {
            Guard::Open(told) => assert!(told.contains(why), "{told}"),
            Guard::InForce { .. } => panic!("it guards"),
        };
        open(
            guard(&|it| it["spec"]["failurePolicy"] = json!("Ignore")),
            "not as shipped",
        );
        open(
            guard(&|it| it["spec"]["matchConditions"] = json!([])),
            "not as shipped",
        );
        open(
            guard(&|it| it["metadata"]["deletionTimestamp"] = json!("x")),
            "being deleted",
        );
        open(
            guard(&|it| it["metadata"]["generation"] = json!(2)),
            "since when",
        );
        open(HALTS.guard(None, None), "is not there");
        let policy = live("ValidatingAdmissionPolicy", &|_| {});
        open(
            HALTS.guard(Some(&policy), None),
            "Binding `halts.tidegate.dev` is not there",
        );
    }
}
