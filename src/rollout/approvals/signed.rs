//! Changes that have to be signed: the latest commit of each file that matters, by a key of somebody
//! who is known.

use std::collections::BTreeSet;

use crate::compile::Bundle;
use crate::people::{Authored, Authority, Authors, People, Signed};
use crate::release::ReleaseStatus;
use crate::rollout::hours::Shut;
use crate::rollout::target::Kept;
use crate::rollout::waiting::{By, Wait};

use super::{Approvals, in_force};

/// What keeps what Git says from being looked at any further: a commit that is not signed as it has
/// to be, by what was promoted last or by its own word.
pub(in crate::rollout) fn missing(
    record: &ReleaseStatus,
    git: &Bundle,
    kept: &Kept,
    approvals: &Approvals,
) -> Option<Shut> {
    if is_known(record, git) {
        return None;
    }
    let authority = match in_force(record, git, git, kept) {
        Ok(authority) => authority?,
        Err(shut) => return Some(*shut),
    };
    let rules = [Some(authority), git.authority.as_ref()];
    let rules: Vec<&Signed> = rules
        .into_iter()
        .flatten()
        .map(|it: &Authority| &it.signed)
        .filter(|it| !it.is_empty())
        .collect();
    if rules.is_empty() {
        return None;
    }
    let why = match &approvals.authors {
        Authors::Unknown(why) => why.clone(),
        Authors::Commits(commits) => unsigned(commits, &rules, &authority.people)?,
    };
    let wait = Wait::new(
        By::Others,
        format!("a signature: {why}"),
        "a commit on top changes the same, signed with a key of `people`",
    );
    Some(wait.into())
}

/// Whether it runs already, or is on its way.
fn is_known(record: &ReleaseStatus, git: &Bundle) -> bool {
    let digest = git.bundle.to_string();
    let mut known = record.stable.iter().chain(&record.candidate);
    known.any(|it| it.bundle == digest)
}

/// The first flaw, from the latest commit on. Whoever signed the latest one of a file stands for
/// what it holds.
fn unsigned(commits: &[Authored], rules: &[&Signed], people: &People) -> Option<String> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for commit in commits {
        let fresh = commit.paths.iter().filter(|path| seen.insert(path));
        let fresh: Vec<&String> = fresh.collect();
        let is_covered = |path: &&&String| rules.iter().any(|it| it.covers(path));
        let Some(path) = fresh.iter().find(is_covered) else {
            continue;
        };
        if let Some(flaw) = flaw(commit, people) {
            return Some(format!("{flaw}, and it changes `{path}`"));
        }
    }
    None
}

fn flaw(commit: &Authored, people: &People) -> Option<String> {
    let digits = commit.digits();
    if let Some(why) = &commit.unsigned {
        return Some(format!("commit {digits} {why}"));
    }
    if people.who(&commit.by).is_none() {
        let by = &commit.by;
        return Some(format!(
            "commit {digits} is signed with {by}, which is nobody's of `people`"
        ));
    }
    None
}
