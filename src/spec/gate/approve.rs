//! Approvals: who has to say yes, how many, and for how long that counts.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settle::GateError;
use crate::spec::measure::Duration;
use crate::spec::names::RoleName;

/// People who have to say yes: so many of a role, or of a Kubernetes group, none of them an author
/// of the change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApproveSpec {
    /// The role in `people` that they have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
    /// The Kubernetes group that they are in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// How many people, 1 unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 20))]
    pub quorum: Option<u32>,
    /// How long an approval counts, `24h` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Duration>,
}

/// The same with every default settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ApproveSpec", into = "ApproveSpec")]
pub struct ApproveGate {
    /// Whose yes counts.
    pub by: Approver,
    /// How many people.
    pub quorum: u32,
    /// How long an approval counts.
    pub expires: Duration,
}

/// Whose yes counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Approver {
    /// That of people with a role.
    Role(RoleName),
    /// That of people in a Kubernetes group.
    Group(String),
}

const EXPIRES: Duration = Duration::from_seconds(86_400);

/// The most people that may have to be asked.
const MOST: u32 = 20;

impl ApproveGate {
    /// Whether whoever passes this one would pass the other one, too.
    pub fn is_at_least(&self, other: &Self) -> bool {
        self.by == other.by && self.quorum >= other.quorum && self.expires <= other.expires
    }
}

impl fmt::Display for Approver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => write!(f, "role `{role}`"),
            Self::Group(group) => write!(f, "group `{group}`"),
        }
    }
}

impl fmt::Display for ApproveGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quorum {
            1 => write!(f, "a person of {}", self.by),
            quorum => write!(f, "{quorum} people of {}", self.by),
        }
    }
}

impl TryFrom<ApproveSpec> for ApproveGate {
    type Error = GateError;

    fn try_from(spec: ApproveSpec) -> Result<Self, GateError> {
        let wrong = |message: String, help: &str| GateError::at("approve", message, help);
        let by = match (spec.role, spec.group) {
            (Some(role), None) => Approver::Role(role),
            (None, Some(group)) if !group.trim().is_empty() => Approver::Group(group),
            (Some(_), Some(_)) => {
                return Err(wrong(
                    "one approval cannot be both a role's and a group's".to_owned(),
                    "make two gates of it: each of them has to pass",
                ));
            }
            (None, _) => {
                return Err(wrong(
                    "nothing says who has to approve".to_owned(),
                    "add `role: …`, a role of `people`, or `group: …`, a Kubernetes group",
                ));
            }
        };
        let quorum = spec.quorum.unwrap_or(1);
        if !(1..=MOST).contains(&quorum) {
            return Err(wrong(
                format!("{quorum} people cannot be asked"),
                "write a number from 1 to 20",
            ));
        }
        let expires = spec.expires.unwrap_or(EXPIRES);
        if expires.seconds() == 0 {
            return Err(wrong(
                "an approval that counts for no time is none".to_owned(),
                "write how long it counts, such as `24h`",
            ));
        }
        Ok(Self {
            by,
            quorum,
            expires,
        })
    }
}

impl From<ApproveGate> for ApproveSpec {
    fn from(gate: ApproveGate) -> Self {
        let (role, group) = match gate.by {
            Approver::Role(role) => (Some(role), None),
            Approver::Group(group) => (None, Some(group)),
        };
        Self {
            role,
            group,
            quorum: Some(gate.quorum),
            expires: Some(gate.expires),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn gate(spec: Value) -> Result<ApproveGate, String> {
        serde_json::from_value(spec).map_err(|error| error.to_string())
    }

    #[test]
    fn one_person_within_a_day_unless_said_otherwise() {
        let gate = gate(json!({"role": "risk"})).unwrap();
        assert_eq!((gate.quorum, gate.expires), (1, EXPIRES));
        assert_eq!(gate.to_string(), "a person of role `risk`");
        let spec = ApproveSpec::from(gate.clone());
        assert_eq!(ApproveGate::try_from(spec), Ok(gate));
    }

    #[test]
    fn who_has_to_approve_is_said_once() {
        for (spec, why) in [
            (json!({}), "nothing says who"),
            (json!({"role": "risk", "group": "risk"}), "both a role's"),
            (json!({"group": " "}), "nothing says who"),
            (json!({"role": "risk", "quorum": 0}), "cannot be asked"),
            (json!({"role": "risk", "expires": "0s"}), "for no time"),
        ] {
            let told = gate(spec).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn more_people_for_a_shorter_time_are_at_least_as_much() {
        let of = |quorum: u32, expires: &str| {
            gate(json!({"role": "risk", "quorum": quorum, "expires": expires})).unwrap()
        };
        assert!(of(2, "1h").is_at_least(&of(1, "24h")));
        assert!(!of(1, "24h").is_at_least(&of(2, "24h")));
        assert!(!of(2, "48h").is_at_least(&of(2, "24h")));
        let group = gate(json!({"group": "risk"})).unwrap();
        assert!(!group.is_at_least(&of(1, "24h")));
    }
}
