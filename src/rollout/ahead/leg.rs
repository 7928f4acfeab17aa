//! What is told of a journey: its stages, each with its gates and when they let it go.

use jiff::Timestamp;

use crate::object::Object;
use crate::release::WaitingOn;
use crate::resolve::rollout::{OnFailure, Stage};
use crate::rollout::verdict::Verdict;
use crate::spec::gate::Gate;

/// A rollout from its first look to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Journey {
    /// When it was first looked at.
    pub from: Timestamp,
    /// The objects of the unit before it.
    pub before: Vec<Object>,
    /// The objects of the unit once it is promoted; none if it is not.
    pub after: Vec<Object>,
    /// Who has to approve it before it begins, and why if its own plan does not say so.
    pub approvals: Vec<String>,
    /// What people override now, of which nothing here knows: every gate is asked, every window holds.
    pub overridden: Vec<String>,
    /// What held it before it began.
    pub holds: Vec<Hold>,
    /// Its stages, as far as it came.
    pub legs: Vec<Leg>,
    /// How it ended.
    pub ending: Ending,
}

/// A stage of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// The stage; `None` where a change comes at once.
    pub stage: Option<Stage>,
    /// Whether it is gone through without its gates.
    pub is_direct: bool,
    /// The objects of the unit once it is in place.
    pub objects: Vec<Object>,
    /// When it began. It is taken to be in place at once.
    pub entered: Timestamp,
    /// When it was left.
    pub left: Option<Timestamp>,
    /// Its gates, in the order of the spec.
    pub gates: Vec<Passage>,
    /// What held it once its gates had passed.
    pub holds: Vec<Hold>,
}

/// A gate, as last judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// The gate.
    pub gate: Gate,
    /// What it said last.
    pub verdict: Verdict,
    /// Since when it said so.
    pub since: Option<Timestamp>,
    /// What it had measured then.
    pub said: Option<String>,
}

/// A window or a freeze that a rollout waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// What it is.
    pub what: String,
    /// What ends it.
    pub unblocks_when: String,
    /// Since when it was waited for.
    pub since: Timestamp,
    /// Until when; `None` if it still is.
    pub until: Option<Timestamp>,
}

/// How a journey ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// What was on its way is what runs.
    Promoted(Timestamp),
    /// A gate failed.
    Stopped {
        /// When.
        at: Timestamp,
        /// The stage, and what failed.
        why: String,
        /// What becomes of it.
        then: OnFailure,
    },
    /// Nothing ends what it waits for, as far as can be seen.
    Waits(Vec<WaitingOn>),
    /// What it waits for comes after the last instant that was looked at.
    Beyond(Vec<WaitingOn>),
}

impl Journey {
    /// When it began, if it did.
    pub fn begins(&self) -> Option<Timestamp> {
        self.legs.first().map(|leg| leg.entered)
    }

    /// When what was on its way is what runs.
    pub fn promoted(&self) -> Option<Timestamp> {
        match self.ending {
            Ending::Promoted(at) => Some(at),
            Ending::Stopped { .. } | Ending::Waits(_) | Ending::Beyond(_) => None,
        }
    }
}
