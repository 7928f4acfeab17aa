//! What people are told of: told from what a step changed, so that it is told once.
//!
//! Notices stand in the record that they are about and are written with it, so that whoever leads
//! next tells what the one before did not come to. Only the latest are kept.

use jiff::Timestamp;

use crate::digest::{Digest, short};
use crate::release::{Happening, Notice, Phase, ReleaseStatus, Revision};

/// How many are kept.
const KEPT: usize = 8;

/// The notices of a record that took another's place.
pub(super) fn next(before: &ReleaseStatus, after: &ReleaseStatus, now: Timestamp) -> Vec<Notice> {
    let mut notices = before.notices.clone();
    let happened = happened(before, after).into_iter();
    notices.extend(happened.map(|told| told.notice(now)));
    let excess = notices.len().saturating_sub(KEPT);
    notices.drain(..excess);
    notices
}

/// Something that happened, and what a person may want to do.
struct Told {
    kind: Happening,
    what: String,
    commands: Vec<String>,
}

impl Told {
    fn new(kind: Happening, what: String, commands: [&str; 2]) -> Self {
        Self {
            kind,
            what,
            commands: commands.map(str::to_owned).into(),
        }
    }

    fn notice(self, at: Timestamp) -> Notice {
        let parts = [self.kind.as_str(), &self.what, &at.to_string()];
        Notice {
            id: Digest::of_parts(parts).short(),
            at,
            kind: self.kind,
            what: self.what,
            commands: self.commands,
        }
    }
}

fn happened(before: &ReleaseStatus, after: &ReleaseStatus) -> Vec<Told> {
    let once = [went_on, stopped, failed, promoted, lifted];
    let mut happened: Vec<Told> = once.iter().filter_map(|it| it(before, after)).collect();
    happened.extend(went_back(before, after));
    happened.extend(overridden(before, after));
    happened.extend(halted(before, after));
    happened.extend(asked(before, after));
    happened
}

/// A rollout began, or came to another stage.
fn went_on(before: &ReleaseStatus, after: &ReleaseStatus) -> Option<Told> {
    let at = after.rollout.as_ref()?;
    let candidate = after.candidate.as_ref()?;
    let commands = ["rollout watch", "abort"];
    let was = before.rollout.as_ref();
    match was.filter(|was| was.started == at.started) {
        None => {
            let what = format!(
                "the rollout of {} began, at stage `{}`",
                named(candidate),
                at.name
            );
            Some(Told::new(Happening::Began, what, commands))
        }
        Some(was) if was.stage != at.stage => {
            let what = format!(
                "the rollout of {} came to stage `{}`",
                named(candidate),
                at.name
            );
            Some(Told::new(Happening::Stage, what, commands))
        }
        Some(_) => None,
    }
}

fn stopped(before: &ReleaseStatus, after: &ReleaseStatus) -> Option<Told> {
    let stop = |record: &ReleaseStatus| record.rollout.as_ref()?.stopped.clone();
    let stopped = stop(after).filter(|_| stop(before).is_none())?;
    let what = format!("the rollout stopped where it is: {}", stopped.why);
    let commands = ["rollout status", "abort"];
    Some(Told::new(Happening::Stopped, what, commands))
}

fn went_back<'a>(
    before: &'a ReleaseStatus,
    after: &'a ReleaseStatus,
) -> impl Iterator<Item = Told> + 'a {
    let is_known = |behaviour: &str| {
        let mut known = before.quarantine.iter();
        known.any(|it| it.revision.behaviour == behaviour)
    };
    let new = after.quarantine.iter();
    let new = new.filter(move |it| !is_known(&it.revision.behaviour));
    new.map(|it| {
        let what = format!("{} is not tried again: {}", named(&it.revision), it.why);
        Told::new(Happening::WentBack, what, ["rollout status", "lift"])
    })
}

fn failed(before: &ReleaseStatus, after: &ReleaseStatus) -> Option<Told> {
    let is_new = after.phase == Phase::Failed && before.phase != Phase::Failed;
    let why = after.failure.as_ref().filter(|_| is_new)?;
    let commands = ["rollout status", "rollback"];
    Some(Told::new(Happening::Failed, why.clone(), commands))
}

fn promoted(before: &ReleaseStatus, after: &ReleaseStatus) -> Option<Told> {
    let stable = after.stable.as_ref()?;
    let was = before.stable.as_ref();
    let is_new = was.is_none_or(|was| was.behaviour != stable.behaviour);
    let what = format!("{} runs", named(stable));
    let told = Told::new(Happening::Promoted, what, ["rollout status", "rollback"]);
    is_new.then_some(told)
}

/// What people override that they did not before.
fn overridden<'a>(
    before: &'a ReleaseStatus,
    after: &'a ReleaseStatus,
) -> impl Iterator<Item = Told> + 'a {
    let is_known = |uid: &str| {
        let mut known = before.overrides.iter();
        known.any(|it| it.uid == uid && it.counted.is_some())
    };
    let new = after.overrides.iter();
    let new = new.filter(move |it| it.counted.is_some() && !is_known(&it.uid));
    new.map(|it| {
        let what = format!(
            "{} overrides {} until {}: {}",
            it.by, it.what, it.until, it.reason
        );
        Told::new(Happening::Overridden, what, ["rollout status", "abort"])
    })
}

/// Who halted it that had not before.
fn halted<'a>(
    before: &'a ReleaseStatus,
    after: &'a ReleaseStatus,
) -> impl Iterator<Item = Told> + 'a {
    let is_known = |since| before.halts.iter().any(|it| it.since == since);
    let new = after.halts.iter().filter(move |it| !is_known(it.since));
    new.map(|it| {
        let what = format!("{} halted {}: {}", it.by, it.scope.scope(), it.reason);
        Told::new(Happening::Halted, what, ["halts", "status"])
    })
}

/// Nothing that was halted is any more.
fn lifted(before: &ReleaseStatus, after: &ReleaseStatus) -> Option<Told> {
    let is_news = !before.halts.is_empty() && after.halts.is_empty();
    let what = "the Halt is lifted, and it goes on".to_owned();
    is_news.then(|| Told::new(Happening::Lifted, what, ["rollout status", "halts"]))
}

/// Who is waited for that was not before.
fn asked<'a>(
    before: &'a ReleaseStatus,
    after: &'a ReleaseStatus,
) -> impl Iterator<Item = Told> + 'a {
    let is_known = |what: &str| before.waiting_on.iter().any(|it| it.what == what);
    let new = after.waiting_on.iter();
    let new = new.filter(move |it| !it.commands.is_empty() && !is_known(&it.what));
    new.map(|it| Told {
        kind: Happening::Asked,
        what: format!("it waits for {}", it.what),
        commands: it.commands.clone(),
    })
}

/// A revision, for a person.
fn named(revision: &Revision) -> String {
    let digits = short(&revision.behaviour);
    match &revision.commit {
        Some(commit) => format!("{digits} (commit {})", short(commit)),
        None => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::WaitingOn;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn revision(digit: char) -> Revision {
        Revision {
            bundle: format!("sha256:{}", digit.to_string().repeat(64)),
            behaviour: format!("sha256:{}", digit.to_string().repeat(64)),
            commit: Some("c0ffee0123456789".to_owned()),
        }
    }

    fn waiting(what: &str, commands: &[&str]) -> ReleaseStatus {
        let commands = commands.iter().map(|it| (*it).to_owned()).collect();
        ReleaseStatus {
            waiting_on: vec![WaitingOn {
                what: what.to_owned(),
                since: at(1),
                unblocks_when: "it is there".to_owned(),
                consent: None,
                unit: None,
                approval: None,
                window: None,
                commands,
            }],
            ..ReleaseStatus::default()
        }
    }

    fn told(before: &ReleaseStatus, after: &ReleaseStatus) -> Vec<(Happening, String)> {
        let notices = next(before, after, at(2)).into_iter();
        notices.map(|it| (it.kind, it.what)).collect()
    }

    #[test]
    fn a_person_is_asked_once_and_machines_are_not_told_of() {
        let nothing = ReleaseStatus::default();
        let mut asks = waiting("a person", &["promote", "abort"]);
        let what = "it waits for a person".to_owned();
        assert_eq!(told(&nothing, &asks), [(Happening::Asked, what)]);
        asks.notices = next(&nothing, &asks, at(2));
        assert_eq!(next(&asks, &asks, at(3)), asks.notices);
        assert_eq!(told(&nothing, &waiting("a pod", &[])), []);
    }

    #[test]
    fn what_runs_is_told_when_its_behaviour_is_another() {
        let of = |digit| ReleaseStatus {
            stable: Some(revision(digit)),
            ..ReleaseStatus::default()
        };
        let what = "bbbbbbbbbb (commit c0ffee0123) runs".to_owned();
        assert_eq!(told(&of('a'), &of('b')), [(Happening::Promoted, what)]);
        let mut minor = of('a');
        minor.stable.as_mut().unwrap().bundle = revision('c').bundle;
        assert_eq!(told(&of('a'), &minor), []);
    }

    #[test]
    fn only_the_latest_are_kept_and_no_two_are_alike() {
        let mut record = ReleaseStatus::default();
        for second in 0..20 {
            let mut after = waiting(&second.to_string(), &["promote"]);
            after.notices = next(&record, &after, at(second));
            record = after;
        }
        assert_eq!(record.notices.len(), KEPT);
        assert_eq!(record.notices[KEPT - 1].what, "it waits for 19");
        let mut ids: Vec<_> = record.notices.iter().map(|it| &it.id).collect();
        ids.dedup();
        assert_eq!(ids.len(), KEPT);
    }
}
