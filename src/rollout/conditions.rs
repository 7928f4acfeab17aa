//! A record's conditions, told from the rest of it.

use jiff::Timestamp;

use crate::release::{Condition, Phase, ReleaseStatus, Truth};

/// The conditions of a record; one that is as it was keeps its time.
pub(super) fn of(record: &ReleaseStatus, before: &[Condition], now: Timestamp) -> Vec<Condition> {
    let stopped = record.rollout.as_ref().and_then(|it| it.stopped.as_ref());
    let is_stalled = record.phase == Phase::Failed || stopped.is_some();
    let overridden = record.overrides.iter().find(|it| it.stands());
    let conditions = [
        ("Ready", record.phase == Phase::Ready),
        ("Stalled", is_stalled),
    ];
    // Only a record that somebody overrode something of says anything of that.
    let overriding = overridden.map(|_| ("Overridden", true));
    let conditions = conditions.into_iter().chain(overriding);
    let conditions = conditions.map(|(kind, holds)| {
        let status = Truth::from(holds);
        let known = before.iter().find(|it| it.kind == kind);
        let same = known.filter(|known| known.status == status);
        Condition {
            kind: kind.to_owned(),
            status,
            reason: format!("{:?}", record.phase),
            message: match overridden.filter(|_| kind == "Overridden") {
                Some(it) => format!("{} overrides {} until {}", it.by, it.what, it.until),
                None => message(record),
            },
            last_transition_time: same.map_or(now, |known| known.last_transition_time),
        }
    });
    conditions.collect()
}

fn message(record: &ReleaseStatus) -> String {
    if let Some(failure) = &record.failure {
        return failure.clone();
    }
    match record.waiting_on.first() {
        Some(waiting) => format!("waits for {}", waiting.what),
        None if record.phase == Phase::Ready => "as Git says, and healthy".to_owned(),
        None => "on its way".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn record(phase: Phase) -> ReleaseStatus {
        ReleaseStatus {
            phase,
            ..ReleaseStatus::default()
        }
    }

    #[test]
    fn a_condition_keeps_its_time_until_it_changes() {
        let progressing = of(&record(Phase::Progressing), &[], at(1));
        assert_eq!(progressing[0].status, Truth::False);
        let waiting = of(&record(Phase::Waiting), &progressing, at(2));
        assert_eq!(waiting[0].last_transition_time, at(1));
        assert_eq!(waiting[0].reason, "Waiting");
        let ready = of(&record(Phase::Ready), &waiting, at(3));
        assert_eq!(
            (ready[0].status, ready[0].last_transition_time),
            (Truth::True, at(3))
        );
        assert_eq!(ready[1].last_transition_time, at(1), "it never stalled");
    }

    #[test]
    fn what_failed_is_stalled_and_says_why() {
        let failed = ReleaseStatus {
            failure: Some("the image is not there".to_owned()),
            ..record(Phase::Failed)
        };
        let conditions = of(&failed, &[], at(1));
        assert_eq!(conditions[1].status, Truth::True);
        assert_eq!(conditions[1].message, "the image is not there");
    }
}
