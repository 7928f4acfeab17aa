//! What is rare: how many of some things were events.

use super::distribution::Distribution;
use super::normal::above;

/// The most events of both sides together that are counted exactly.
pub const EXACT_EVENTS: u64 = 3000;

/// One block: how many things there were on each side, and how many of them were events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// The candidate's events.
    pub events: u64,
    /// The candidate's things.
    pub trials: u64,
    /// The other side's events.
    pub baseline_events: u64,
    /// The other side's things.
    pub baseline_trials: u64,
}

/// What a test of counts says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// How likely the candidate would have at least so many events.
    pub p_higher: f64,
    /// How likely it would have at most so many.
    pub p_lower: f64,
    /// Whether they were counted exactly.
    pub exact: bool,
}

/// Tests whether the candidate's rate is higher or lower than `ratio` times the other one's: given
/// how many events a block has on both sides, how many of them are the candidate's is binomial.
pub fn test(blocks: &[Counts], ratio: f64) -> Rates {
    let events: u64 = blocks.iter().map(|it| it.events + it.baseline_events).sum();
    let own: u64 = blocks.iter().map(|it| it.events).sum();
    let exact = events <= EXACT_EVENTS;
    let (p_higher, p_lower) = if exact {
        exactly(blocks, ratio, own)
    } else {
        approximately(blocks, ratio, own)
    };
    Rates {
        p_higher,
        p_lower,
        exact,
    }
}

fn exactly(blocks: &[Counts], ratio: f64, own: u64) -> (f64, f64) {
    let mut all = Distribution::zero();
    for block in blocks {
        let share = share(block, ratio);
        for _ in 0..block.events + block.baseline_events {
            all = all.with_event(share);
        }
    }
    let own = usize::try_from(own).unwrap_or(usize::MAX);
    (all.at_least(own), all.at_most(own))
}

fn approximately(blocks: &[Counts], ratio: f64, own: u64) -> (f64, f64) {
    let parts = blocks.iter().map(|block| {
        let share = share(block, ratio);
        let events = real(block.events + block.baseline_events);
        (events * share, events * share * (1.0 - share))
    });
    let (mean, variance) = parts.fold((0.0, 0.0), |(m, v), (a, b)| (m + a, v + b));
    if variance <= 0.0 {
        return (1.0, 1.0);
    }
    let (own, deviation) = (real(own), f64::sqrt(variance));
    (
        above((own - mean - 0.5) / deviation),
        above((mean - own - 0.5) / deviation),
    )
}

/// The share of a block's events that falls on the candidate's side at this ratio of rates.
fn share(block: &Counts, ratio: f64) -> f64 {
    let own = ratio * real(block.trials);
    let all = own + real(block.baseline_trials);
    if all > 0.0 { own / all } else { 0.5 }
}

/// How likely there are at most so many events among so many things, if each is one with this
/// probability.
pub fn at_most(events: u64, trials: u64, rate: f64) -> f64 {
    if events >= trials || rate <= 0.0 {
        return 1.0;
    }
    if rate >= 1.0 {
        return 0.0;
    }
    // In logarithms: the first term is tiny where there are many things.
    let odds = (rate / (1.0 - rate)).ln();
    let mut log = real(trials) * (-rate).ln_1p();
    let mut sum = log.exp();
    for event in 0..events {
        log += (real(trials - event) / real(event + 1)).ln() + odds;
        sum += log.exp();
    }
    sum.min(1.0)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of orders are far below 2⁵³"
)]
fn real(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(events: u64, trials: u64, baseline_events: u64, baseline_trials: u64) -> Vec<Counts> {
        vec![Counts {
            events,
            trials,
            baseline_events,
            baseline_trials,
        }]
    }

    #[test]
    fn five_events_on_one_side_are_one_in_thirty_two() {
        let rates = test(&one(5, 100, 0, 100), 1.0);
        assert!((rates.p_higher - 1.0 / 32.0).abs() < 1e-15);
        assert!((rates.p_lower - 1.0).abs() < 1e-15);
    }

    #[test]
    fn no_events_say_nothing() {
        let rates = test(&one(0, 5000, 0, 5000), 1.5);
        assert!((rates.p_higher - 1.0).abs() < 1e-15);
        assert!((rates.p_lower - 1.0).abs() < 1e-15);
    }

    #[test]
    fn no_event_among_three_hundred_rules_one_in_a_hundred_out() {
        assert!(at_most(0, 299, 0.01) < 0.05);
        assert!(at_most(0, 298, 0.01) > 0.05);
        assert!((at_most(2, 10, 0.3) - 0.382_782_786_4).abs() < 1e-9);
        assert!((at_most(0, 10, 0.0) - 1.0).abs() < 1e-15);
        assert!(at_most(10, 1_000_000, 1e-5) > 0.58);
    }

    #[test]
    fn exact_and_approximate_agree_where_both_can_be_had() {
        let blocks = one(260, 1000, 230, 1000);
        let (exact, _) = exactly(&blocks, 1.0, 260);
        let (near, _) = approximately(&blocks, 1.0, 260);
        assert!((exact - near).abs() < 1e-3, "{exact} {near}");
    }
}
