//! A rollout as a person reads it: its stages, the gates of the one it is at, and what it waits for.

use std::cmp::Ordering;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use super::verdict::Verdict;
use crate::digest::short;
use crate::release::{GateStatus, Release, ReleaseStatus, Revision, RolloutStatus};

/// Draws a release at an instant.
pub fn tree(release: &Release, now: Timestamp) -> String {
    let name = release.metadata.name.as_deref().unwrap_or_default();
    let Some(status) = &release.status else {
        return format!("{name}: nothing is known of it yet\n");
    };
    let mut text = format!("{name} · {} · {:?}\n", release.spec.desk, status.phase);
    revision(&mut text, "stable", status.stable.as_ref());
    revision(&mut text, "candidate", status.candidate.as_ref());
    if let Some(rollout) = &status.rollout {
        stages(&mut text, rollout, now);
    }
    ending(&mut text, status, now);
    text
}

fn revision(text: &mut String, word: &str, revision: Option<&Revision>) {
    let Some(revision) = revision else { return };
    let commit = revision.commit.as_deref().map_or_else(
        || "an uncommitted folder".to_owned(),
        |commit| format!("commit {}", short(commit)),
    );
    let _ = writeln!(
        text,
        "  {word:<9} {} of {commit}",
        short(&revision.behaviour)
    );
}

fn stages(text: &mut String, rollout: &RolloutStatus, now: Timestamp) {
    let at = usize::try_from(rollout.stage).unwrap_or(usize::MAX);
    for (index, name) in rollout.stages.iter().enumerate() {
        let number = index + 1;
        let _ = match index.cmp(&at) {
            Ordering::Less => writeln!(text, "  ✔ {number} {name}"),
            Ordering::Greater => writeln!(text, "  · {number} {name}"),
            Ordering::Equal => {
                let mark = rollout.stopped.as_ref().map_or('▶', |_| '✖');
                let age = age(rollout.since, now);
                writeln!(text, "  {mark} {number} {name}, for {age}")
            }
        };
        if index == at {
            rollout.gates.iter().for_each(|gate| self::gate(text, gate));
        }
    }
}

fn gate(text: &mut String, gate: &GateStatus) {
    let verdict = gate.state.verdict;
    let mark = match verdict {
        Verdict::Pass => '✔',
        Verdict::Wait => '…',
        Verdict::Inconclusive => '?',
        Verdict::Fail => '✖',
        Verdict::Error => '!',
    };
    let _ = writeln!(text, "      {mark} {}", gate.gate);
}

fn ending(text: &mut String, status: &ReleaseStatus, now: Timestamp) {
    if let Some(stop) = status.rollout.as_ref().and_then(|it| it.stopped.as_ref()) {
        let _ = writeln!(text, "  stopped {} ago: {}", age(stop.at, now), stop.why);
    }
    for failed in &status.quarantine {
        let behaviour = short(&failed.revision.behaviour);
        let _ = writeln!(text, "  quarantined {behaviour}: {}", failed.why);
    }
    if let Some(failure) = &status.failure {
        let _ = writeln!(text, "  failed: {failure}");
    }
    for wait in &status.waiting_on {
        let _ = writeln!(
            text,
            "  waits for {} since {}, until {}",
            wait.what,
            age(wait.since, now),
            wait.unblocks_when
        );
    }
}

fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    format!("{:#}", SignedDuration::from_secs(seconds))
}
