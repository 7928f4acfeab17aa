//! A comparison of two series, held against its terms.

use super::block::{Block, Point, blocks};
use super::ranks::{self, Sides};
use super::rates::{self, Counts};
use crate::rollout::gates::{Compared, Comparison, Finding, Margin, Outcome, Terms};
use crate::spec::gate::{Test, Worse};

/// Compares the candidate's points with the other side's. Points of the same sessions only are
/// compared with each other.
pub fn compare(comparison: &Comparison, candidate: &[Point], baseline: &[Point]) -> Outcome {
    if let Some(side) = infinite(candidate, baseline) {
        return Outcome::Error(format!(
            "a value of {side} is infinite: the query divides by zero, so that it needs a denominator that is above zero, such as `… / (… > 0)`"
        ));
    }
    let blocks = blocks(candidate, baseline, &comparison.sessions);
    if blocks.is_empty() {
        return Outcome::NoData(missing(candidate, baseline).to_owned());
    }
    match comparison.terms.test {
        Test::Shift => shift(&comparison.terms, &blocks),
        Test::Rate => rate(&comparison.terms, &blocks),
    }
}

fn infinite(candidate: &[Point], baseline: &[Point]) -> Option<&'static str> {
    let any = |points: &[Point]| points.iter().any(|point| point.value.is_infinite());
    match (any(candidate), any(baseline)) {
        (true, _) => Some("the candidate"),
        (false, true) => Some("what ran before"),
        (false, false) => None,
    }
}

fn missing(candidate: &[Point], baseline: &[Point]) -> &'static str {
    match (candidate.is_empty(), baseline.is_empty()) {
        (true, true) => "neither side has a value yet",
        (true, false) => "the candidate has no value yet",
        (false, true) => "what ran before has no value",
        (false, false) => "the two sides have no session in common yet",
    }
}

/// How sure it is that the difference is beyond the margin, or within it: the larger, the less.
struct Sureness {
    beyond: f64,
    within: f64,
}

impl Sureness {
    /// Of the two directions that are bad. Each of them is tested, so each gets half the risk of
    /// being called bad by chance; to be within, it must be so in both.
    fn of(worse: Worse, high: &Self, low: &Self) -> Self {
        match worse {
            Worse::Higher => Self { ..*high },
            Worse::Lower => Self { ..*low },
            Worse::Either => Self {
                beyond: (2.0 * high.beyond.min(low.beyond)).min(1.0),
                within: high.within.max(low.within),
            },
        }
    }

    fn finding(&self, risk: f64) -> Finding {
        if self.beyond < risk {
            Finding::Beyond
        } else if self.within < risk {
            Finding::Within
        } else {
            Finding::Undecided
        }
    }
}

fn shift(terms: &Terms, blocks: &[Block]) -> Outcome {
    let sides: Vec<Sides> = blocks.iter().map(values).collect();
    let all: Vec<f64> = sides.iter().flat_map(|it| it.baseline.clone()).collect();
    let (Some(shift), Some(typical)) = (ranks::shift(&sides), ranks::median(all)) else {
        return Outcome::NoData("the two sides have no session in common yet".to_owned());
    };
    let margin = match terms.margin {
        Margin::Absolute(margin) => margin,
        Margin::Relative(share) => share * typical.abs(),
    };
    if margin <= 0.0 {
        return Outcome::Error(
            "the typical value of what ran before is 0, of which a share is nothing: write `within` as a number in the metric's own unit".to_owned(),
        );
    }
    // If the candidate were off by just the margin, taking it away would leave no difference.
    let above = ranks::test(&moved(&sides, -margin));
    let below = ranks::test(&moved(&sides, margin));
    let high = Sureness {
        beyond: above.p_higher,
        within: above.p_lower,
    };
    let low = Sureness {
        beyond: below.p_lower,
        within: below.p_higher,
    };
    let finding = Sureness::of(terms.worse, &high, &low).finding(terms.risk);
    let count = |side: fn(&Sides) -> usize| sides.iter().map(side).sum::<usize>();
    let samples = count(|it| it.candidate.len()).min(count(|it| it.baseline.len()));
    Outcome::Compared(Compared {
        finding,
        samples: u64::try_from(samples).unwrap_or(u64::MAX),
        how: told(finding, shift, typical, margin, above.exact),
    })
}

fn values(block: &Block) -> Sides {
    let of = |points: &[Point]| points.iter().map(|point| point.value).collect();
    Sides {
        candidate: of(&block.candidate),
        baseline: of(&block.baseline),
    }
}

fn moved(sides: &[Sides], by: f64) -> Vec<Sides> {
    let moved = sides.iter().map(|side| Sides {
        candidate: side.candidate.iter().map(|value| value + by).collect(),
        baseline: side.baseline.clone(),
    });
    moved.collect()
}

fn told(finding: Finding, shift: f64, typical: f64, margin: f64, exact: bool) -> String {
    let size = if typical == 0.0 {
        short(shift.abs())
    } else {
        let share = 100.0 * shift.abs() / typical.abs();
        format!("{} ({} %)", short(shift.abs()), short(share))
    };
    let word = if shift < 0.0 { "lower" } else { "higher" };
    let how = if exact {
        ""
    } else {
        ", by the normal approximation"
    };
    let margin = short(margin);
    match finding {
        Finding::Within => format!("is {size} {word}, surely within {margin}{how}"),
        Finding::Beyond => format!("is {size} {word}, surely beyond {margin}{how}"),
        Finding::Undecided => {
            format!("is {size} {word}, which may be within {margin} or beyond it{how}")
        }
    }
}

/// A number with three digits that count.
fn short(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let magnitude = number.abs().log10().floor();
    let decimals = (2.0 - magnitude).clamp(0.0, 9.0);
    let places = (0_u8..=9)
        .find(|it| f64::from(*it) >= decimals)
        .unwrap_or(9);
    let text = format!("{number:.*}", usize::from(places));
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

fn rate(terms: &Terms, blocks: &[Block]) -> Outcome {
    let Some(counts) = blocks.iter().map(counts).collect::<Option<Vec<Counts>>>() else {
        return Outcome::Error(
            "a rate is compared by what it is a share of: give the metric `samples`, which says how many things its value is about".to_owned(),
        );
    };
    let Margin::Relative(share) = terms.margin else {
        return Outcome::Error(
            "rates are compared by their ratio: write `within` as a share".to_owned(),
        );
    };
    let total = counts.iter().fold(Counts::default(), add);
    let above = rates::test(&counts, 1.0 + share);
    let below = rates::test(&counts, (1.0 - share).max(0.0));
    let rare = terms
        .negligible
        .map_or(1.0, |rate| rates::at_most(total.events, total.trials, rate));
    let high = Sureness {
        beyond: above.p_higher,
        within: above.p_lower.min(rare),
    };
    // Nothing is fewer than none at all.
    let low = if share >= 1.0 {
        Sureness {
            beyond: 1.0,
            within: 0.0,
        }
    } else {
        Sureness {
            beyond: below.p_lower,
            within: below.p_higher.min(rare),
        }
    };
    let mut finding = Sureness::of(terms.worse, &high, &low).finding(terms.risk);
    // What is surely negligible is not bad, however little the other side had.
    if rare < terms.risk {
        finding = Finding::Within;
    }
    Outcome::Compared(Compared {
        finding,
        samples: total.trials.min(total.baseline_trials),
        how: told_of_rates(finding, &total),
    })
}

fn add(mut total: Counts, block: &Counts) -> Counts {
    total.events += block.events;
    total.trials += block.trials;
    total.baseline_events += block.baseline_events;
    total.baseline_trials += block.baseline_trials;
    total
}

fn counts(block: &Block) -> Option<Counts> {
    let (events, trials) = events(&block.candidate)?;
    let (baseline_events, baseline_trials) = self::events(&block.baseline)?;
    Some(Counts {
        events,
        trials,
        baseline_events,
        baseline_trials,
    })
}

/// How many things there were, and how many of them were events.
fn events(points: &[Point]) -> Option<(u64, u64)> {
    let mut sums = (0.0, 0.0);
    for point in points {
        let samples = point.samples?;
        sums.0 += point.value * samples;
        sums.1 += samples;
    }
    Some((rounded(sums.0), rounded(sums.1)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is clamped to what fits, and exact there"
)]
fn rounded(number: f64) -> u64 {
    number.round().clamp(0.0, 9e15) as u64
}

fn told_of_rates(finding: Finding, total: &Counts) -> String {
    let Counts {
        events,
        trials,
        baseline_events,
        baseline_trials,
    } = total;
    let word = match finding {
        Finding::Within => "surely within what is allowed",
        Finding::Beyond => "surely beyond what is allowed",
        Finding::Undecided => "which says too little yet",
    };
    format!("is {events} of {trials} beside {baseline_events} of {baseline_trials}, {word}")
}

#[cfg(test)]
mod tests;
