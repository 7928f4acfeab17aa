//! What has to be approved before anything of a change begins.

use jiff::Timestamp;

use super::{Assembly, bundle_of, plan, stable};
use crate::compile::Bundle;
use crate::people::Loosened;
use crate::release::ReleaseStatus;
use crate::resolve::rollout::{Bootstrap, Rollout};
use crate::rollout::Observed;
use crate::rollout::hours::Shut;
use crate::rollout::target::Kept;
use crate::rollout::waiting::{By, Wait};
use crate::spec::gate::{ApproveGate, GateKind};
use crate::spec::overriding::OverrideFloor;

/// More of what is loosened is not told at once.
const TOLD: usize = 3;

/// What keeps what Git says from beginning: people who have to approve it first, because its plan
/// says so, or because it loosens what was promoted last.
pub(in crate::rollout) fn to_begin(
    record: &ReleaseStatus,
    git: &Bundle,
    kept: &Kept,
    observed: &Observed,
    now: Timestamp,
) -> Option<Shut> {
    let (asked, loosened) = match asked(record, git, kept) {
        Ok((asked, _)) if asked.is_empty() => return None,
        Ok(asked) => asked,
        Err(shut) => return Some(*shut),
    };
    let assembly = match Assembly::of(record, git, (git, kept), observed, now) {
        Ok(Some(assembly)) => assembly,
        Ok(None) => return Some(nobody().into()),
        Err(shut) => return Some(*shut),
    };
    let besides = besides(&loosened);
    let tallies = asked.iter().map(|asked| assembly.tally(asked));
    let missing = tallies.into_iter().find(|tally| !tally.is_enough())?;
    Some(Shut {
        until: missing.until,
        wait: missing.wait(besides.as_deref()),
    })
}

/// Who has to approve it before it begins, for a person.
pub(in crate::rollout) fn before_it_begins(
    record: &ReleaseStatus,
    git: &Bundle,
    kept: &Kept,
) -> Vec<String> {
    let Ok((asked, loosened)) = asked(record, git, kept) else {
        return Vec::new();
    };
    let asked = asked.iter().map(ToString::to_string);
    let besides = besides(&loosened).filter(|_| asked.len() > 0);
    asked.chain(besides).collect()
}

/// Who has to approve it before it begins, and what it loosens.
pub(super) fn asked(
    record: &ReleaseStatus,
    git: &Bundle,
    kept: &Kept,
) -> Result<(Vec<ApproveGate>, Vec<Loosened>), Box<Shut>> {
    if is_known(record, git, kept) {
        return Ok((Vec::new(), Vec::new()));
    }
    let before = stable(record, git, kept)?;
    let loosened = before.map(|it| loosened(it, git)).unwrap_or_default();
    let mut asked = asked_of(record, git);
    if let Some(before) = before.filter(|_| !loosened.is_empty()) {
        asked.extend(all_of(before));
    }
    let mut needed: Vec<ApproveGate> = Vec::new();
    for one in asked {
        if !needed.iter().any(|it| it.is_at_least(&one)) {
            needed.retain(|it| !one.is_at_least(it));
            needed.push(one);
        }
    }
    Ok((needed, loosened))
}

/// Whether it has begun, or runs already, under the same plan.
fn is_known(record: &ReleaseStatus, git: &Bundle, kept: &Kept) -> bool {
    let behaviour = git.behaviour.to_string();
    let wanted = plan(git);
    let known = record.stable.iter().chain(&record.candidate);
    let mut known = known.filter(|it| it.behaviour == behaviour);
    known.any(|it| bundle_of(it, git, kept).is_some_and(|it| plan(it) == wanted))
}

/// What the change's own plan asks for before it begins. What is the same program needs nobody.
fn asked_of(record: &ReleaseStatus, git: &Bundle) -> Vec<ApproveGate> {
    let behaviour = git.behaviour.to_string();
    let mut known = record.stable.iter().chain(&record.candidate);
    let Some(rollout) = git.rollout.as_ref() else {
        return Vec::new();
    };
    if known.any(|it| it.behaviour == behaviour) {
        return Vec::new();
    }
    let mut asked = rollout.approve.clone();
    // Whoever goes straight to the end passes no gate on the way.
    if record.stable.is_none() && rollout.bootstrap == Bootstrap::Direct {
        asked.extend(rollout.approvals_on_the_way().cloned());
    }
    asked
}

/// All approvals that a plan and its floor ask for.
fn all_of(bundle: &Bundle) -> Vec<ApproveGate> {
    let plan = bundle.rollout.iter().flat_map(Rollout::approvals);
    let floor = bundle.authority.iter().flat_map(|it| &it.floor);
    let floor = floor.filter_map(|gate| match &gate.kind {
        GateKind::Approve(asked) => Some(asked),
        _ => None,
    });
    // Who is asked before anything is overridden is asked before that is made easier.
    let overrides = bundle.authority.iter().flat_map(|it| &it.overrides);
    plan.chain(floor)
        .cloned()
        .chain(overrides.map(OverrideFloor::as_approval))
        .collect()
}

fn loosened(before: &Bundle, after: &Bundle) -> Vec<Loosened> {
    let (Some(authority), Some(rollout)) = (&before.authority, &before.rollout) else {
        return Vec::new();
    };
    let next = after.authority.as_ref().zip(after.rollout.as_ref());
    authority.loosened(rollout, next)
}

fn besides(loosened: &[Loosened]) -> Option<String> {
    let told: Vec<String> = loosened
        .iter()
        .take(TOLD)
        .map(ToString::to_string)
        .collect();
    let more = loosened.len().saturating_sub(TOLD);
    match (told.as_slice(), more) {
        ([], _) => None,
        (told, 0) => Some(format!("it loosens what was promoted: {}", told.join("; "))),
        (told, more) => {
            let told = told.join("; ");
            Some(format!(
                "it loosens what was promoted: {told}; and {more} more"
            ))
        }
    }
}

fn nobody() -> Wait {
    Wait::new(
        By::Others,
        "an approval, and `people` names nobody who could give it",
        "`people` of `tidegate.yaml` does",
    )
}
