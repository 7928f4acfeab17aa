//! What measurements add up to: failures in total, errors in a row, good values in a row.
//!
//! Every measurement counts once, by the instant at which it was taken. A counter stops one behind
//! its limit: a gate whose measurements go on saying the same leaves nothing to be written.

use jiff::Timestamp;

use super::evidence::Evidence;
use super::state::GateState;
use super::{Look, later};
use crate::rollout::verdict::Verdict;
use crate::spec::gate::{Limits, OnNoData};

/// What a measurement says by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// A good value.
    Good(String),
    /// A bad one.
    Bad(String),
    /// Not enough to say.
    TooFew(String),
    /// No value.
    NoData(String),
    /// It could not be measured.
    Error(String),
}

/// The counters with a measurement counted, the verdict, and why.
struct Tally {
    state: GateState,
    verdict: Verdict,
    why: String,
}

/// When the next measurement is due: an interval after the last, or after the stage was in place,
/// for what is measured earlier is about the stage before.
pub(super) fn due(limits: &Limits, evidence: &Evidence<'_>) -> Option<Timestamp> {
    let settled = evidence.settled_at?;
    let last = evidence.fresh().map_or(settled, |it| it.at);
    Some(later(last, limits.interval))
}

/// A measurement that is to be counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// When it was taken.
    pub(super) at: Timestamp,
    /// The samples so far, this one included.
    pub(super) samples: u32,
}

/// Whether a measurement was not counted yet.
pub(super) fn is_new(at: Timestamp, state: &GateState) -> bool {
    state.counted.is_none_or(|counted| at > counted)
}

/// What a gate says once a measurement is counted.
pub(super) fn concluded(
    reading: Reading,
    counted: Counted,
    limits: &Limits,
    state: &GateState,
) -> Look {
    let Tally {
        state,
        verdict,
        why,
    } = tally(reading, counted, limits, state);
    Look::new(verdict, why, &state)
}

/// Counts a measurement unless it was counted already, and says what the counters come to.
fn tally(reading: Reading, counted: Counted, limits: &Limits, state: &GateState) -> Tally {
    let reading = without_data(reading, limits.on_no_data);
    let state = count(&reading, counted, limits, state);
    if state.failures > limits.failures {
        let why = match reading {
            Reading::Bad(why) => why,
            _ => format!("failed before, with {}", said(&state)),
        };
        return Tally {
            verdict: Verdict::Fail,
            why,
            state,
        };
    }
    let (verdict, why) = match reading {
        Reading::Error(why) if state.consecutive_errors > limits.consecutive_errors => {
            (Verdict::Error, why)
        }
        Reading::NoData(why) if limits.on_no_data == OnNoData::Inconclusive => {
            (Verdict::Inconclusive, why)
        }
        Reading::Good(why) if state.consecutive_successes >= limits.consecutive_successes => {
            (Verdict::Pass, why)
        }
        Reading::Good(why) => {
            let (done, all) = (state.consecutive_successes, limits.consecutive_successes);
            (
                Verdict::Wait,
                format!("{why}, {done} of {all} times in a row"),
            )
        }
        Reading::Bad(why) | Reading::TooFew(why) | Reading::NoData(why) | Reading::Error(why) => {
            (Verdict::Wait, why)
        }
    };
    Tally {
        state,
        verdict,
        why,
    }
}

fn said(state: &GateState) -> &str {
    state.last.as_deref().unwrap_or("a bad value")
}

/// What no data means, where it means a value.
fn without_data(reading: Reading, meaning: OnNoData) -> Reading {
    match (reading, meaning) {
        (Reading::NoData(why), OnNoData::Pass) => Reading::Good(why),
        (Reading::NoData(why), OnNoData::Fail) => Reading::Bad(why),
        (reading, _) => reading,
    }
}

fn count(reading: &Reading, counted: Counted, limits: &Limits, before: &GateState) -> GateState {
    let mut state = before.clone();
    if !is_new(counted.at, before) {
        return state;
    }
    state.samples = counted.samples;
    let one_more = |count: u32, most: u32| count.saturating_add(1).min(most);
    match reading {
        Reading::Good(_) => {
            let most = limits.consecutive_successes;
            state.consecutive_successes = one_more(state.consecutive_successes, most);
            state.consecutive_errors = 0;
        }
        Reading::Bad(_) => {
            state.failures = one_more(state.failures, limits.failures.saturating_add(1));
            state.consecutive_successes = 0;
            state.consecutive_errors = 0;
        }
        Reading::Error(_) => {
            let most = limits.consecutive_errors.saturating_add(1);
            state.consecutive_errors = one_more(state.consecutive_errors, most);
            state.consecutive_successes = 0;
        }
        Reading::TooFew(_) | Reading::NoData(_) => {
            state.consecutive_successes = 0;
            state.consecutive_errors = 0;
        }
    }
    if state == *before {
        return state;
    }
    let (Reading::Good(last)
    | Reading::Bad(last)
    | Reading::TooFew(last)
    | Reading::NoData(last)
    | Reading::Error(last)) = reading;
    state.counted = Some(counted.at);
    state.last = Some(last.clone());
    state
}
