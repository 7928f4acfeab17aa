//! The approvals that count, noted in the record, so that the ledger is told of each once.

use super::{Assembly, asked, bundle_of};
use crate::compile::Bundle;
use crate::release::{CountedApproval, ReleaseStatus};
use crate::resolve::rollout::Rollout;
use crate::rollout::Situation;
use crate::spec::gate::ApproveGate;

/// The record with every approval that counts for what is to come, or is on its way.
pub(in crate::rollout) fn noted(
    mut record: ReleaseStatus,
    situation: &Situation<'_>,
    git: &Bundle,
) -> ReleaseStatus {
    let observed = situation.observed;
    let given = &observed.approvals.given;
    let tagged = &observed.approvals.tagged;
    let is_there = |it: &CountedApproval| {
        let is_given = given.iter().any(|given| given.uid == it.uid);
        is_given || tagged.iter().any(|tagged| tagged.id == it.uid)
    };
    record.counted.retain(is_there);
    if observed.ledger.is_none() || (given.is_empty() && tagged.is_empty()) {
        return record;
    }
    let candidate = record.candidate.as_ref();
    let candidate = candidate.and_then(|it| bundle_of(it, git, situation.kept));
    let mut counted = Vec::new();
    for bundle in candidate.into_iter().chain([git]) {
        counted.extend(counting(&record, bundle, situation, git));
    }
    for one in counted {
        if record.counted.iter().all(|it| it.uid != one.uid) {
            record.counted.push(one);
        }
    }
    record
}

fn counting(
    record: &ReleaseStatus,
    bundle: &Bundle,
    situation: &Situation<'_>,
    git: &Bundle,
) -> Vec<CountedApproval> {
    let behaviour = bundle.behaviour.to_string();
    let stable = record.stable.as_ref().map(|it| it.behaviour.as_str());
    let (kept, now) = (situation.kept, situation.now);
    // What runs already is judged no more.
    if stable == Some(behaviour.as_str()) {
        return Vec::new();
    }
    let assembly = Assembly::of(record, bundle, (git, kept), situation.observed, now);
    let Ok(Some(assembly)) = assembly else {
        return Vec::new();
    };
    let plan = bundle.rollout.iter().flat_map(Rollout::approvals).cloned();
    let first = asked::asked(record, bundle, kept).map(|(asked, _)| asked);
    let asked: Vec<ApproveGate> = plan.chain(first.unwrap_or_default()).collect();
    let tallies = asked.iter().map(|asked| assembly.tally(asked));
    tallies.flat_map(|tally| tally.counted).collect()
}
