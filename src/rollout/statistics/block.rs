//! Samples by session: what happened on different days is not compared.

use jiff::Timestamp;

/// A value at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// The value.
    pub value: f64,
    /// How many samples it is about, if the metric says so.
    pub samples: Option<f64>,
}

/// What both sides had in one session.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    /// The candidate's.
    pub candidate: Vec<Point>,
    /// Those of what ran before.
    pub baseline: Vec<Point>,
}

/// Sorts both sides' points into sessions. Points outside every session are left out; where no
/// sessions are known, every UTC day is one. A value that is no number is no sample. A session in
/// which one side has nothing compares nothing, and is left out.
pub fn blocks(
    candidate: &[Point],
    baseline: &[Point],
    sessions: &[(Timestamp, Timestamp)],
) -> Vec<Block> {
    let mut blocks = std::collections::BTreeMap::<i64, Block>::new();
    for point in candidate.iter().filter(|point| !point.value.is_nan()) {
        if let Some(session) = session(point.at, sessions) {
            blocks.entry(session).or_default().candidate.push(*point);
        }
    }
    for point in baseline.iter().filter(|point| !point.value.is_nan()) {
        if let Some(session) = session(point.at, sessions) {
            blocks.entry(session).or_default().baseline.push(*point);
        }
    }
    let both = blocks.into_values();
    both.filter(|block| !block.candidate.is_empty() && !block.baseline.is_empty())
        .collect()
}

fn session(at: Timestamp, sessions: &[(Timestamp, Timestamp)]) -> Option<i64> {
    if sessions.is_empty() {
        return Some(at.as_second().div_euclid(86_400));
    }
    let found = sessions
        .iter()
        .position(|(open, close)| *open <= at && at < *close);
    found.and_then(|index| i64::try_from(index).ok())
}
