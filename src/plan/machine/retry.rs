//! What an answer means, and how long to wait before asking again.

use jiff::SignedDuration;

use crate::diff::{self, Kind};
use crate::object::Object;

use super::{FailureKind, Response, Task, Verb};

const FIRST: SignedDuration = SignedDuration::from_millis(200);
const LONGEST: SignedDuration = SignedDuration::from_secs(10);

/// What an answer means for its task.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Judgement {
    Ended,
    Again { least: SignedDuration, last: String },
    Stale,
    Foreign,
    Failed(FailureKind),
}

/// Takes an answer in.
pub(super) fn judge(task: &mut Task, response: Response) -> Judgement {
    match response {
        Response::Accepted(object) => accepted(task, object.as_ref()),
        Response::Conflict(_) => match task.action.verb {
            Verb::Create(_) if !task.unsure => Judgement::Foreign,
            _ => Judgement::Stale,
        },
        Response::Forbidden(text) if text.contains("because it is being terminated") => {
            Judgement::Failed(FailureKind::NamespaceTerminating)
        }
        Response::Forbidden(text) => Judgement::Failed(FailureKind::Forbidden(text)),
        Response::NotFound(text) => match task.action.verb {
            Verb::Delete { .. } => Judgement::Ended,
            Verb::Create(_) => Judgement::Failed(FailureKind::Missing(text)),
            Verb::Apply { .. } | Verb::Rehearse { .. } | Verb::Turn { .. } => Judgement::Stale,
        },
        Response::Invalid(causes) => Judgement::Failed(FailureKind::Invalid(causes)),
        Response::Throttled { retry_after } => Judgement::Again {
            least: retry_after.unwrap_or(SignedDuration::ZERO),
            last: "the API server asks to slow down".to_owned(),
        },
        Response::ServerError(last) | Response::Disconnected(last) => again_unsure(task, last),
        Response::TimedOut => again_unsure(task, "no answer".to_owned()),
    }
}

/// A takeover is followed by the apply it was for; everything else is done, if what is there is what
/// was asked for. If not, asking again would go on for ever.
fn accepted(task: &mut Task, object: Option<&Object>) -> Judgement {
    let takeover = matches!(
        task.action.verb,
        Verb::Apply {
            takeover: Some(_),
            ..
        }
    );
    if !takeover || task.taken_over.is_some() {
        return match altered(&task.action.verb, object) {
            fields if fields.is_empty() => Judgement::Ended,
            fields => Judgement::Failed(FailureKind::Altered(fields)),
        };
    }
    let Some(version) = object.and_then(Object::resource_version) else {
        return Judgement::Stale;
    };
    task.taken_over = Some(version.to_owned());
    task.tries = 0;
    Judgement::Again {
        least: SignedDuration::ZERO,
        last: "the takeover of its fields was accepted".to_owned(),
    }
}

/// The fields that came out otherwise than they were asked for.
fn altered(verb: &Verb, object: Option<&Object>) -> Vec<String> {
    let (Verb::Create(desired)
    | Verb::Apply {
        object: desired, ..
    }
    | Verb::Rehearse {
        object: desired, ..
    }) = verb
    else {
        return Vec::new();
    };
    let changes = object.map(|object| diff::drift(desired, object));
    let changes = changes.into_iter().flatten();
    changes
        .filter(|change| change.kind != Kind::Ownership)
        .map(|change| change.path.to_string())
        .collect()
}

fn again_unsure(task: &mut Task, last: String) -> Judgement {
    task.unsure = true;
    Judgement::Again {
        least: SignedDuration::ZERO,
        last,
    }
}

/// The wait before the next try: doubled each time up to a cap, spread over its upper half.
pub(super) fn delay(tries: u32, seed: u64) -> SignedDuration {
    let Some(doublings) = tries.checked_sub(1) else {
        return SignedDuration::ZERO;
    };
    let factor = 1_i32.checked_shl(doublings.min(16)).unwrap_or(i32::MAX);
    let full = FIRST
        .checked_mul(factor)
        .map_or(LONGEST, |d| d.min(LONGEST));
    let half = full / 2;
    let spread = i32::try_from(mix(seed) % 1024).unwrap_or(0);
    half + half * spread / 1024
}

/// One round of `SplitMix64`: enough to spread neighbouring seeds.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
