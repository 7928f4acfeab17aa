//! What happened between two records of a unit, as the ledger tells it.

use super::event::{Event, Saying};
use crate::intent::{Ask, Asked};
use crate::release::{CountedApproval, Phase, ReleaseStatus, Revision, RolloutStatus, Stop};
use crate::resolve::Class;
use crate::resolve::rollout::OnFailure;

/// What happened to a unit that one step of its rollout took from one record to the next, in the
/// order in which it did. `intents` is what people asked for meanwhile.
pub fn events(
    before: &ReleaseStatus,
    after: &ReleaseStatus,
    intents: &[Asked],
    class: Option<Class>,
) -> Vec<Event> {
    let change = Change {
        before,
        after,
        intents,
    };
    let mut events = Vec::new();
    events.extend(change.resumed());
    events.extend(change.asked());
    events.extend(change.approved());
    events.extend(change.passed());
    events.extend(change.promoted(class));
    events.extend(change.failed());
    events.extend(change.retired());
    events
}

struct Change<'a> {
    before: &'a ReleaseStatus,
    after: &'a ReleaseStatus,
    intents: &'a [Asked],
}

impl<'a> Change<'a> {
    /// The first who asked this of a behaviour, and was not heeded before.
    fn asking(&self, action: Ask, behaviour: &str) -> Option<&'a Asked> {
        self.intents.iter().find(|asked| {
            asked.spec.action == action
                && asked.spec.behaviour == behaviour
                && !self.before.heeded.contains(&asked.uid)
        })
    }

    fn promoter(&self, behaviour: &str, stage: &str) -> Option<Saying> {
        let mut asked = self.intents.iter().filter(|asked| {
            let named = asked.spec.stage.as_deref();
            asked.spec.action == Ask::Promote
                && asked.spec.behaviour == behaviour
                && !self.before.heeded.contains(&asked.uid)
                && named.is_none_or(|named| named == stage)
        });
        asked.next().map(saying)
    }

    /// What a person asked for, and got.
    fn asked(&self) -> Vec<Event> {
        let mut events = Vec::new();
        events.extend(self.rolled_back());
        let was_failed = self.before.quarantine.iter();
        for failed in was_failed {
            let of = &failed.revision.behaviour;
            let is_still = |it: &ReleaseStatus| {
                let mut failed = it.quarantine.iter();
                failed.any(|failed| failed.revision.behaviour == *of)
            };
            if let Some(asked) = self.asking(Ask::Lift, of).filter(|_| !is_still(self.after)) {
                events.push(Event::Lift {
                    revision: failed.revision.clone(),
                    by: saying(asked),
                });
            }
        }
        events.extend(self.restarted());
        events.extend(self.attested());
        events
    }

    fn rolled_back(&self) -> Option<Event> {
        let to = self.after.pinned.as_ref()?;
        if self.before.pinned.as_ref() == Some(to) {
            return None;
        }
        let asked = self.asking(Ask::Rollback, &to.behaviour)?;
        Some(Event::Rollback {
            revision: to.clone(),
            before: self.before.stable.clone(),
            by: saying(asked),
        })
    }

    fn restarted(&self) -> Option<Event> {
        let revision = self.before.stable.clone()?;
        let is_new = self.after.restarting != self.before.restarting;
        let asked = self.asking(Ask::Restart, &revision.behaviour)?;
        let is_heeded = self.after.heeded.contains(&asked.uid);
        (is_new && is_heeded).then(|| Event::Restart {
            revision: Some(revision),
            by: saying(asked),
        })
    }

    /// The approvals that count and did not before.
    fn approved(&self) -> Vec<Event> {
        let is_new = |it: &&CountedApproval| !self.before.counted.contains(it);
        let counted = self.after.counted.iter().filter(is_new);
        let events = counted.map(|it| Event::Approval {
            behaviour: it.behaviour.clone(),
            person: it.person.clone(),
            said_as: it.said_as.clone(),
            by: Saying {
                who: it.by.clone(),
                reason: it.reason.clone(),
            },
            uid: it.uid.clone(),
        });
        events.collect()
    }

    /// The stage that was left, if its gates or a person said so.
    fn passed(&self) -> Option<Event> {
        let at = self.before.rollout.as_ref()?;
        let revision = self.before.candidate.as_ref()?;
        if !self.is_next(at) && !self.is_promoted(revision) {
            return None;
        }
        let by = self.promoter(&revision.behaviour, &at.name);
        let was_judged = !at.gates.is_empty() || by.is_some();
        was_judged.then(|| Event::Passed {
            revision: revision.clone(),
            stage: at.name.clone(),
            gates: at.gates.clone(),
            by,
        })
    }

    fn is_next(&self, at: &RolloutStatus) -> bool {
        let next = self.after.rollout.as_ref();
        next.is_some_and(|next| {
            next.plan == at.plan && next.started == at.started && next.stage > at.stage
        })
    }

    fn is_promoted(&self, revision: &Revision) -> bool {
        self.before.stable != self.after.stable && self.after.stable.as_ref() == Some(revision)
    }

    fn resumed(&self) -> Option<Event> {
        self.after.resumed.as_ref()?;
        let revision = self.after.stable.clone()?;
        self.before
            .resumed
            .is_none()
            .then_some(Event::Resumed { revision })
    }

    fn attested(&self) -> Option<Event> {
        let is_open = |it: &ReleaseStatus| it.resumed.as_ref().map(|it| it.is_unattested);
        let revision = self.before.stable.clone()?;
        let asked = self.asking(Ask::Attest, &revision.behaviour)?;
        let is_heeded = (is_open(self.before), is_open(self.after)) == (Some(true), Some(false));
        is_heeded.then(|| Event::Attest {
            revision,
            by: saying(asked),
        })
    }

    fn promoted(&self, class: Option<Class>) -> Option<Event> {
        let revision = self.after.stable.clone()?;
        let is_resumed = self.before.resumed.is_none() && self.after.resumed.is_some();
        (!is_resumed && self.before.stable.as_ref() != Some(&revision)).then(|| Event::Promotion {
            revision,
            before: self.before.stable.clone(),
            class,
        })
    }

    fn failed(&self) -> Option<Event> {
        let failed = self.stopped().or_else(|| self.quarantined());
        let (revision, why, then) = failed.or_else(|| self.not_gone_back())?;
        let asked = self.asking(Ask::Abort, &revision.behaviour);
        Some(match asked.filter(|asked| self.is_done_with(asked)) {
            Some(asked) => Event::Abort {
                revision,
                by: saying(asked),
            },
            None => Event::Failure {
                revision,
                why,
                then,
            },
        })
    }

    /// An abort that went back at once is not heeded: its candidate is gone.
    fn is_done_with(&self, asked: &Asked) -> bool {
        self.after.heeded.contains(&asked.uid) || self.after.candidate.is_none()
    }

    fn stopped(&self) -> Option<(Revision, String, OnFailure)> {
        let of = |it: &'a ReleaseStatus| it.rollout.as_ref()?.stopped.as_ref();
        let Stop { then, why, .. } = of(self.after)?;
        let revision = self.after.candidate.clone()?;
        of(self.before)
            .is_none()
            .then(|| (revision, why.clone(), *then))
    }

    fn quarantined(&self) -> Option<(Revision, String, OnFailure)> {
        let mut failed = self.after.quarantine.iter();
        let new = failed.find(|failed| !self.before.quarantine.contains(failed))?;
        let is_rollback = self.after.pinned != self.before.pinned && self.after.pinned.is_some();
        (!is_rollback).then(|| {
            let why = new.why.clone();
            (new.revision.clone(), why, OnFailure::Rollback)
        })
    }

    /// What a person went back to failed too: nothing is held against it.
    fn not_gone_back(&self) -> Option<(Revision, String, OnFailure)> {
        let pinned = self.before.pinned.as_ref()?;
        let was_on_its_way = self.before.candidate.as_ref() == Some(pinned);
        let is_over = self.after.pinned.is_none() && self.after.candidate.is_none();
        let is_failure = was_on_its_way && is_over && self.after.stable == self.before.stable;
        is_failure.then(|| {
            let why = "what a person went back to failed too".to_owned();
            (pinned.clone(), why, OnFailure::Rollback)
        })
    }

    fn retired(&self) -> Option<Event> {
        let is_new = self.before.phase != Phase::Retiring && self.after.phase == Phase::Retiring;
        is_new.then(|| Event::Retired {
            revision: self.before.stable.clone(),
        })
    }
}

fn saying(asked: &Asked) -> Saying {
    Saying {
        who: asked.spec.by.clone(),
        reason: asked.spec.reason.clone(),
    }
}
