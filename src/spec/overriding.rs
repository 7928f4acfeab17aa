//! Who has to agree before a gate or a window is overridden.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gate::{ApproveGate, Approver};
use super::measure::Duration;
use super::names::RoleName;

/// What overriding takes besides the right to: so many people of a role, none of them an author of the
/// change where it takes two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OverrideFloor {
    /// The role in `people` that they have.
    pub role: RoleName,
    /// How many people, 1 unless said otherwise.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 20))]
    pub quorum: u32,
    /// How long an override counts at most, `24h` unless said otherwise.
    #[serde(default = "longest")]
    pub expires: Duration,
}

/// How long an override counts at most.
pub const LONGEST: Duration = Duration::from_seconds(86_400);

fn one() -> u32 {
    1
}

fn longest() -> Duration {
    LONGEST
}

impl OverrideFloor {
    /// The approval that it takes to ask for less.
    pub fn as_approval(&self) -> ApproveGate {
        ApproveGate {
            by: Approver::Role(self.role.clone()),
            quorum: self.quorum.max(1),
            expires: LONGEST,
        }
    }

    /// Whether whoever gets past this one would get past the other one, too.
    pub fn is_at_least(&self, other: &Self) -> bool {
        self.role == other.role && self.quorum >= other.quorum && self.expires <= other.expires
    }
}

impl fmt::Display for OverrideFloor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quorum {
            0 | 1 => write!(f, "a person of role `{}`", self.role),
            quorum => write!(f, "{quorum} people of role `{}`", self.role),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn floor(spec: Value) -> OverrideFloor {
        serde_json::from_value(spec).unwrap()
    }

    #[test]
    fn one_person_for_a_day_unless_said_otherwise() {
        let floor = floor(json!({"role": "risk"}));
        assert_eq!((floor.quorum, floor.expires), (1, LONGEST));
        assert_eq!(floor.to_string(), "a person of role `risk`");
    }

    #[test]
    fn more_people_for_a_shorter_time_are_at_least_as_much() {
        let two = floor(json!({"role": "risk", "quorum": 2, "expires": "1h"}));
        let one = floor(json!({"role": "risk"}));
        assert!(two.is_at_least(&one) && !one.is_at_least(&two));
        assert!(!floor(json!({"role": "trader"})).is_at_least(&one));
    }
}
