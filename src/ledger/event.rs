//! What an entry can be about.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::halt::Reach;
use crate::release::{GateStatus, Revision};
use crate::resolve::Class;
use crate::resolve::rollout::OnFailure;

/// What happened. A word of a later Tidegate is kept as it is, and read as [`Event::Other`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Event {
    /// A stage was left, on this evidence.
    Passed {
        /// What was judged.
        revision: Revision,
        /// The stage.
        stage: String,
        /// Its gates, as they were judged last.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        gates: Vec<GateStatus>,
        /// Who let it go on, where a person did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Saying>,
    },
    /// A person's approval counted.
    Approval {
        /// The behaviour that was approved.
        behaviour: String,
        /// Whose it is, by the name in the fleet's `people`.
        person: String,
        /// As what: `role risk`.
        #[serde(rename = "as")]
        said_as: String,
        /// Who, and why.
        by: Saying,
        /// The uid of the Approval.
        uid: String,
    },
    /// What was on its way is what runs.
    Promotion {
        /// What runs now.
        revision: Revision,
        /// What ran before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Revision>,
        /// What it is; absent for a desk.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<Class>,
    },
    /// A rollout failed.
    Failure {
        /// What failed.
        revision: Revision,
        /// Why, and at which stage.
        why: String,
        /// What became of it.
        then: OnFailure,
    },
    /// A person gave a rollout up.
    Abort {
        /// What was given up.
        revision: Revision,
        /// Who, and why.
        by: Saying,
    },
    /// A person went back to what was promoted before.
    Rollback {
        /// To what.
        revision: Revision,
        /// What ran.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Revision>,
        /// Who, and why.
        by: Saying,
    },
    /// A person let be tried again what had failed.
    Lift {
        /// What had failed.
        revision: Revision,
        /// Who, and why.
        by: Saying,
    },
    /// A person had the same revision started anew.
    Restart {
        /// What runs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<Revision>,
        /// Who, and why.
        by: Saying,
    },
    /// A person stopped something.
    Halt {
        /// The name of the Halt.
        name: String,
        /// Its uid.
        uid: String,
        /// What was stopped.
        scope: Reach,
        /// Who, and why.
        by: Saying,
        /// The uid of the Halt that it stands in for, where that vanished.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        restores: Option<String>,
    },
    /// A person lifted a Halt.
    Unhalt {
        /// The name of the Halt.
        name: String,
        /// Its uid.
        uid: String,
        /// What may go on.
        scope: Reach,
        /// Who, and why.
        by: Saying,
    },
    /// A person halted on paper.
    Drill {
        /// What would have been stopped.
        scope: Reach,
        /// Who, and why.
        by: Saying,
    },
    /// A person passed a gate or a window without what it asks for.
    Override {
        /// For what.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<Revision>,
        /// What was passed.
        what: String,
        /// Until when.
        until: Timestamp,
        /// Who, and why.
        by: Saying,
    },
    /// Its record was made anew from what the ledger says ran last.
    Resumed {
        /// What ran last.
        revision: Revision,
    },
    /// A person attested that what ran before is dead.
    Attest {
        /// What starts.
        revision: Revision,
        /// Who, and why.
        by: Saying,
    },
    /// It is no longer in Git, and is being removed.
    Retired {
        /// What ran.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<Revision>,
    },
    /// A word of a later Tidegate.
    #[serde(other)]
    Other,
}

/// What a person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Saying {
    /// Who: the user that the API server knew.
    pub who: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl fmt::Display for Saying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Some(reason) => write!(f, "{} ({reason})", self.who),
            None => f.write_str(&self.who),
        }
    }
}

/// The kinds of events, for lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// See [`Event::Passed`].
    Passed,
    /// See [`Event::Approval`].
    Approval,
    /// See [`Event::Promotion`].
    Promotion,
    /// See [`Event::Failure`].
    Failure,
    /// See [`Event::Abort`].
    Abort,
    /// See [`Event::Rollback`].
    Rollback,
    /// See [`Event::Lift`].
    Lift,
    /// See [`Event::Restart`].
    Restart,
    /// See [`Event::Halt`].
    Halt,
    /// See [`Event::Unhalt`].
    Unhalt,
    /// See [`Event::Drill`].
    Drill,
    /// See [`Event::Override`].
    Override,
    /// See [`Event::Resumed`].
    Resumed,
    /// See [`Event::Attest`].
    Attest,
    /// See [`Event::Retired`].
    Retired,
    /// See [`Event::Other`].
    Other,
}

impl Event {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Passed { .. } => Kind::Passed,
            Self::Approval { .. } => Kind::Approval,
            Self::Promotion { .. } => Kind::Promotion,
            Self::Failure { .. } => Kind::Failure,
            Self::Abort { .. } => Kind::Abort,
            Self::Rollback { .. } => Kind::Rollback,
            Self::Lift { .. } => Kind::Lift,
            Self::Restart { .. } => Kind::Restart,
            Self::Halt { .. } => Kind::Halt,
            Self::Unhalt { .. } => Kind::Unhalt,
            Self::Drill { .. } => Kind::Drill,
            Self::Override { .. } => Kind::Override,
            Self::Resumed { .. } => Kind::Resumed,
            Self::Attest { .. } => Kind::Attest,
            Self::Retired { .. } => Kind::Retired,
            Self::Other => Kind::Other,
        }
    }

    /// The revision that it is about.
    pub fn revision(&self) -> Option<&Revision> {
        match self {
            Self::Passed { revision, .. }
            | Self::Promotion { revision, .. }
            | Self::Failure { revision, .. }
            | Self::Abort { revision, .. }
            | Self::Rollback { revision, .. }
            | Self::Lift { revision, .. }
            | Self::Resumed { revision }
            | Self::Attest { revision, .. } => Some(revision),
            Self::Restart { revision, .. }
            | Self::Override { revision, .. }
            | Self::Retired { revision } => revision.as_ref(),
            Self::Approval { .. }
            | Self::Halt { .. }
            | Self::Unhalt { .. }
            | Self::Drill { .. }
            | Self::Other => None,
        }
    }

    /// What was stopped, may go on, or would have been stopped.
    pub fn scope(&self) -> Option<&Reach> {
        match self {
            Self::Halt { scope, .. } | Self::Unhalt { scope, .. } | Self::Drill { scope, .. } => {
                Some(scope)
            }
            Self::Passed { .. }
            | Self::Approval { .. }
            | Self::Promotion { .. }
            | Self::Failure { .. }
            | Self::Abort { .. }
            | Self::Rollback { .. }
            | Self::Lift { .. }
            | Self::Restart { .. }
            | Self::Override { .. }
            | Self::Resumed { .. }
            | Self::Attest { .. }
            | Self::Retired { .. }
            | Self::Other => None,
        }
    }

    /// The person who said so, where one did.
    pub fn by(&self) -> Option<&Saying> {
        match self {
            Self::Passed { by, .. } => by.as_ref(),
            Self::Approval { by, .. }
            | Self::Abort { by, .. }
            | Self::Rollback { by, .. }
            | Self::Lift { by, .. }
            | Self::Restart { by, .. }
            | Self::Attest { by, .. }
            | Self::Override { by, .. }
            | Self::Halt { by, .. }
            | Self::Unhalt { by, .. }
            | Self::Drill { by, .. } => Some(by),
            Self::Promotion { .. }
            | Self::Failure { .. }
            | Self::Resumed { .. }
            | Self::Retired { .. }
            | Self::Other => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passed => "passed",
            Self::Approval => "approval",
            Self::Promotion => "promotion",
            Self::Failure => "failure",
            Self::Abort => "abort",
            Self::Rollback => "rollback",
            Self::Lift => "lift",
            Self::Restart => "restart",
            Self::Halt => "halt",
            Self::Unhalt => "unhalt",
            Self::Drill => "drill",
            Self::Override => "override",
            Self::Resumed => "resumed",
            Self::Attest => "attest",
            Self::Retired => "retired",
            Self::Other => "other",
        })
    }
}
