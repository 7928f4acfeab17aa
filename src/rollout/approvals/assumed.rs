//! Approvals of a rollout that is only thought of: everybody who may says yes at once.

use jiff::Timestamp;

use super::{Approvals, in_force, plan};
use crate::admission::Guard;
use crate::approval::{ApprovalSpec, Approved};
use crate::compile::Bundle;
use crate::people::{Authors, Person};
use crate::release::ReleaseStatus;
use crate::resolve::rollout::Rollout;
use crate::rollout::target::Kept;
use crate::spec::gate::{ApproveGate, Approver};

/// What everybody who may approve said just now, of all that the change and what runs ask for.
pub(in crate::rollout) fn assumed(
    record: &ReleaseStatus,
    git: &Bundle,
    kept: &Kept,
    now: Timestamp,
) -> Approvals {
    let authority = in_force(record, git, git, kept).ok().flatten();
    let people = authority.map(|it| it.people.iter());
    let bundles = kept.values().chain([git]);
    let mut asked: Vec<&ApproveGate> = bundles
        .filter_map(|it| it.rollout.as_ref())
        .flat_map(Rollout::approvals)
        .collect();
    asked.sort_by(|a, b| a.by.cmp(&b.by));
    asked.dedup_by(|a, b| a.by == b.by);
    let given = people.into_iter().flatten().flat_map(|person| {
        let said = asked.iter().map(|asked| said(person, asked, git, now));
        said.flatten().collect::<Vec<_>>()
    });
    Approvals {
        given: given.collect(),
        tagged: Vec::new(),
        untagged: None,
        guard: Guard::InForce {
            since: Timestamp::MIN,
        },
        authors: Authors::Commits(Vec::new()),
    }
}

fn said(person: &Person, asked: &ApproveGate, git: &Bundle, now: Timestamp) -> Option<Approved> {
    let by = person.kubernetes.first()?.clone();
    let (role, group) = match &asked.by {
        Approver::Role(role) => (Some(role.to_string()), None),
        Approver::Group(group) => (None, Some(group.clone())),
    };
    Some(Approved {
        uid: format!("ahead-{by}-{}", asked.by),
        at: now,
        is_edited: false,
        spec: ApprovalSpec {
            release: git.unit.release_name(),
            behaviour: git.behaviour.to_string(),
            plan: plan(git).to_string(),
            role,
            group,
            reason: None,
            by,
            expires: Timestamp::MAX,
        },
    })
}
