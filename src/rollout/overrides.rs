//! What people override, and whether that counts.
//!
//! An Override passes one gate of one stage, or the window, of one behaviour, until it ends: never a
//! freeze, a Halt or the ledger, and nothing that keeps two pods off one holding. It counts if it could
//! not be forged, from somebody who is known in what was promoted last and has the role that the floor
//! there asks for; people are counted, not objects. Where it takes two, or where it is an approval
//! that is passed, none of them wrote the change. What was overridden and failed is overridden anew.

mod council;
mod heard;

use jiff::Timestamp;

use crate::admission::Guard;
use crate::compile::Bundle;
use crate::overrides::{Hurdle, Overridden};
use crate::people::People;
use crate::release::{ReleaseStatus, WindowShut};
use crate::resolve::rollout::Stage;
use crate::spec::gate::Gate;

use super::gates::{self, GateState, Judged};
use super::hours::{self, Clock, Rule, Shut};
use super::target::Kept;
use super::verdict::Verdict;
use super::{Observed, Step, staged};

pub(super) use council::{Council, Passing};
pub(super) use heard::{heard, told};

/// What people override, as it was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// The Overrides of the unit.
    pub given: Vec<Overridden>,
    /// Whether they are what they say.
    pub guard: Guard,
    /// Who is who where nobody had to be asked so far: as Git says now.
    pub people: People,
}

/// Whether the rollout's own window, or a freeze, keeps a change from beginning.
pub(super) fn to_begin(
    record: &ReleaseStatus,
    git: &Bundle,
    kept: &Kept,
    observed: &Observed,
    clock: Clock<'_>,
) -> Option<Shut> {
    let council = Council::of(record, git, (git, kept), observed, clock.now);
    hours::to_begin(git, &record.touches, clock, council.window())
}

impl Council<'_> {
    /// What holds of the window.
    pub(super) fn window(&self) -> Rule {
        match self.passing(&Hurdle::Window) {
            Ok(_) => Rule::Overridden,
            Err(_) => Rule::Holds,
        }
    }

    /// Who passes a gate without what it asks for, if somebody does.
    pub(super) fn past(&self, stage: &Stage, gate: &Gate) -> Option<Passing> {
        let hurdle = Hurdle::Gate {
            stage: stage.name.clone(),
            gate: gate.to_string(),
        };
        self.passing(&hurdle).ok()
    }
}

/// What a gate comes to that people pass without what it asks for. It goes on being judged by itself
/// once they no longer do.
pub(super) fn passed(
    judged: &Judged,
    before: &GateState,
    passing: &Passing,
    now: Timestamp,
) -> Judged {
    let was_passed = before.verdict == Verdict::Pass;
    let why = passing.to_string();
    let state = GateState {
        verdict: Verdict::Pass,
        since: before.since.filter(|_| was_passed).or(Some(now)),
        // Who did is what the ledger tells of the gate.
        last: Some(why.clone()),
        ..judged.state.clone()
    };
    Judged {
        verdict: Verdict::Pass,
        state,
        why,
        wake_at: Some(passing.until),
        wants: None,
    }
}

/// What a record says that people override, for a person.
pub(super) fn standing(record: &ReleaseStatus) -> Vec<String> {
    let stand = record.overrides.iter().filter(|it| it.stands());
    let told = stand.map(|it| {
        let (what, by, until) = (&it.what, &it.by, it.until);
        format!("{what}, by {by} until {until}: {}", it.reason)
    });
    told.collect()
}

/// When to step again: at the latest when the first Override ends.
pub(super) fn wake_at(step: &Step, now: Timestamp) -> Option<Timestamp> {
    let ends = step.record.overrides.iter().map(|it| it.until);
    let next = ends.filter(|until| *until > now).min();
    gates::earliest(step.wake_at, next)
}

/// What an Override of the window would name.
pub(super) fn of_window(bundle: &Bundle) -> Option<WindowShut> {
    let rollout = bundle.rollout.as_ref()?;
    Some(WindowShut {
        behaviour: bundle.behaviour.to_string(),
        plan: staged::plan(rollout),
    })
}

/// The Overrides that no longer count once a candidate has failed.
pub(super) fn withdrawn<'a>(
    record: &'a ReleaseStatus,
    overrides: &'a Overrides,
) -> impl Iterator<Item = String> + 'a {
    let failed = record.candidate.as_ref().map(|it| it.behaviour.as_str());
    let is_used_up = move |it: &&Overridden| {
        Some(it.spec.behaviour.as_str()) == failed || record.withdrawn.contains(&it.uid)
    };
    let used_up = overrides.given.iter().filter(is_used_up);
    used_up.map(|it| it.uid.clone())
}
