//! A rollout as a person reads it: its stages, the gates of the one it is at, and what it waits for.

use std::cmp::Ordering;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use super::verdict::Verdict;
use crate::digest::short;
use crate::release::{ApprovalWanted, GateStatus, Release, ReleaseStatus, Revision, RolloutStatus};

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
                let since = told_since(rollout, now);
                writeln!(text, "  {mark} {number} {name}{since}")
            }
        };
        if index == at {
            rollout.gates.iter().for_each(|gate| self::gate(text, gate));
        }
    }
}

/// Since when the stage is in place, or how long it is on its way there.
fn told_since(rollout: &RolloutStatus, now: Timestamp) -> String {
    match rollout.settled_at {
        Some(at) => format!(" · in place for {}", age(at, now)),
        None => format!(" · on its way for {}", age(rollout.since, now)),
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
    // What made a gate pass is of no matter any more.
    let said = gate.state.last.as_deref().filter(|it| !it.is_empty());
    if let Some(said) = said.filter(|_| verdict != Verdict::Pass) {
        let _ = writeln!(text, "          {said}");
    }
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
    overrides(text, status);
    for wait in &status.waiting_on {
        let since = age(wait.since, now);
        let _ = writeln!(text, "  waits for {} ({since})", wait.what);
        let _ = writeln!(text, "        until {}", wait.unblocks_when);
        if let Some(wanted) = &wait.approval {
            by_tag(text, wanted);
        }
    }
}

/// How who has no account in the cluster says so.
fn by_tag(text: &mut String, wanted: &ApprovalWanted) {
    let (Some(tag), Some(role)) = (&wanted.tag, &wanted.role) else {
        return;
    };
    let plan = short(&wanted.plan);
    let _ = writeln!(
        text,
        "        or git tag -s -m 'role: {role}' -m 'plan: {plan}' {tag}/$USER && git push origin {tag}/$USER"
    );
}

/// What people override, and what they do in vain.
fn overrides(text: &mut String, status: &ReleaseStatus) {
    for it in &status.overrides {
        let (what, by, until, reason) = (&it.what, &it.by, it.until, &it.reason);
        let _ = match &it.refused {
            None => writeln!(
                text,
                "  ‼ {what} is OVERRIDDEN by {by} until {until}: {reason}"
            ),
            Some(why) => writeln!(text, "  an override of {what} by {by} {why}"),
        };
    }
}

fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    format!("{:#}", SignedDuration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_stage_that_waits_says_on_what() {
        let wait = |what: &str, until: &str| json!({"what": what, "since": "2026-11-23T10:00:00Z", "unblocksWhen": until});
        let gate = |gate: &str, verdict: &str, last: &str| json!({"gate": gate, "state": {"verdict": verdict, "last": last}});
        let release = json!({
            "apiVersion": "tidegate.dev/v1alpha1", "kind": "Release",
            "metadata": {"name": "tern"},
            "spec": {"fleet": "f", "cluster": "c", "desk": "rates", "namespace": "rates", "owner": "o"},
            "status": {
                "phase": "Waiting",
                "candidate": {"bundle": "b", "behaviour": "sha256:b6b6848cf8aa", "commit": "be3e6efacabb"},
                "rollout": {
                    "plan": "p", "stages": ["5%", "50%", "full"], "stage": 1, "name": "50%",
                    "started": "2026-11-23T09:00:00Z", "since": "2026-11-23T09:59:00Z",
                    "settledAt": "2026-11-23T10:00:00Z", "replicas": 4,
                    "gates": [
                        gate("{health: {}}", "Pass", ""),
                        gate("{metric: rejects, max: 1%, minSamples: 50}", "Wait", "`rejects` has 12 of 50 samples"),
                        gate("{pause: {}}", "Wait", ""),
                    ],
                },
                "waitingOn": [wait("a person, who promotes the stage", "`tidegate promote` says so")],
            },
        });
        let release: Release = serde_json::from_value(release).unwrap();
        let now = "2026-11-23T10:01:30Z".parse().unwrap();
        assert_eq!(
            tree(&release, now),
            "tern · rates · Waiting\n\
             \x20 candidate b6b6848cf8 of commit be3e6efaca\n\
             \x20 ✔ 1 5%\n\
             \x20 ▶ 2 50% · in place for 1m 30s\n\
             \x20     ✔ {health: {}}\n\
             \x20     … {metric: rejects, max: 1%, minSamples: 50}\n\
             \x20         `rejects` has 12 of 50 samples\n\
             \x20     … {pause: {}}\n\
             \x20 · 3 full\n\
             \x20 waits for a person, who promotes the stage (1m 30s)\n\
             \x20       until `tidegate promote` says so\n"
        );
    }
}
