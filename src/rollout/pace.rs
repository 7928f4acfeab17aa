//! The pace of a stage: one that goes too long without another pod that is ready has failed.
//!
//! A Deployment has a deadline of its own, but not for pods that it gets or loses without another
//! template; a StatefulSet has none. So the record tells how many pods of a stage were ready, and
//! since when it is no more: no clock is compared with another.

use jiff::{SignedDuration, Timestamp};

use super::advance::Verdict;
use super::gates;
use super::health::Health;
use super::judged::pods_of_target;
use super::stage::transition::is_ready;
use super::unit::Unit;
use super::waiting::By;
use crate::object::mark;
use crate::release::{Progress, RolloutStatus};
use crate::resolve::Class;
use crate::resolve::rollout::{PROGRESS_DEADLINE, Rollout};

/// Whether the cluster is as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// It is.
    Taken,
    /// It gets there by itself; what is missing.
    Coming(String),
    /// It is on somebody else.
    Held,
}

/// What becomes of a stage at its pace.
pub(super) enum Pace {
    /// It goes on as it is.
    Even,
    /// It came further, or is there: so it stands in the record.
    Kept(Box<RolloutStatus>),
    /// It took too long; why.
    Lost(String),
}

impl Place {
    /// What a look saw.
    pub(super) fn of(look: &Verdict, failure: Option<&str>) -> Self {
        if look.is_in_place() && failure.is_none() {
            return Self::Taken;
        }
        if failure.is_some() || look.waits.iter().any(|wait| wait.by == By::Others) {
            return Self::Held;
        }
        let mut waits = look.waits.iter().filter(|wait| wait.by == By::Itself);
        let what = match &look.health {
            Health::Progressing(why) => why.clone(),
            Health::Healthy | Health::Failed(_) => {
                let first = waits.next().map(|wait| wait.what.clone());
                first.unwrap_or_else(|| "its objects are being written".to_owned())
            }
        };
        Self::Coming(what)
    }

    /// Whether the cluster is as it is to be.
    pub(super) fn is_taken(&self) -> bool {
        *self == Self::Taken
    }
}

/// The pace of the stage that a rollout is at. When it would be too long is added to the look.
pub(super) fn of(
    unit: &Unit<'_>,
    rollout: &Rollout,
    at: &RolloutStatus,
    look: &mut Verdict,
    place: &Place,
) -> Pace {
    // A singleton takes as long as its one pod takes to end, and nothing serves meanwhile anyway.
    let is_service = unit.bundle.class == Some(Class::Service);
    let (Place::Coming(what), true) = (place, is_service) else {
        return noted(at, None);
    };
    let ready = ready(unit);
    let before = at.progress.filter(|before| ready <= before.ready);
    let Some(before) = before else {
        let since = unit.situation.now;
        return noted(at, Some(Progress { ready, since }));
    };
    let deadline = rollout.progress_deadline.unwrap_or(PROGRESS_DEADLINE);
    let span = SignedDuration::from_secs(i64::from(deadline.seconds()));
    let end: Timestamp = before.since.saturating_add(span).unwrap_or(Timestamp::MAX);
    if !look.actions.is_empty() || at.stopped.is_some() {
        return Pace::Even;
    }
    if end <= unit.situation.now {
        return Pace::Lost(format!("no progress in {deadline}: {what}"));
    }
    look.wake_at = gates::earliest(look.wake_at, Some(end));
    Pace::Even
}

fn noted(at: &RolloutStatus, progress: Option<Progress>) -> Pace {
    if at.progress == progress {
        return Pace::Even;
    }
    Pace::Kept(Box::new(RolloutStatus {
        progress,
        ..at.clone()
    }))
}

/// How many pods of the version that is on its way are ready.
fn ready(unit: &Unit<'_>) -> u32 {
    let behaviour = unit.bundle.behaviour.hex();
    let mut pods = pods_of_target(unit);
    pods.retain(|pod| is_ready(pod) && pod.annotation(mark::BEHAVIOUR) == Some(behaviour.as_str()));
    u32::try_from(pods.len()).unwrap_or(u32::MAX)
}
