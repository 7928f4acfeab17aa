//! What has a size: Mann–Whitney's U, exact with ties, summed over blocks.

use super::distribution::Distribution;
use super::normal::above;

/// The additions that an exact null distribution may cost; about a tenth of a second. One block of
/// 100 samples a side without ties is within it, of 150 is not.
pub const EXACT_COST: u64 = 250_000_000;

/// One block: what the two sides had in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sides {
    /// The candidate's values.
    pub candidate: Vec<f64>,
    /// The values of what ran before.
    pub baseline: Vec<f64>,
}

/// What a rank test says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranks {
    /// How likely the candidate's values would be at least so high if both sides were the same.
    pub p_higher: f64,
    /// How likely they would be at least so low.
    pub p_lower: f64,
    /// How often a value of the candidate is above one of the other side; ties count half.
    pub superiority: f64,
    /// Whether the null distribution is exact.
    pub exact: bool,
}

/// Tests whether the candidate's values are higher or lower than the other side's, each block by
/// itself. Without a block in which both sides have a value, nothing is unlikely.
pub fn test(blocks: &[Sides]) -> Ranks {
    let tables: Vec<Table> = blocks.iter().filter_map(Table::new).collect();
    let cost: u64 = tables.iter().map(Table::cost).sum();
    let pairs: f64 = tables.iter().map(|table| 2.0 * table.pairs()).sum();
    let sum: u64 = tables.iter().map(|table| table.u).sum();
    let superiority = if tables.is_empty() {
        0.5
    } else {
        real(sum) / pairs
    };
    let exact = cost.saturating_add(sum_cost(&tables)) <= EXACT_COST;
    let (p_higher, p_lower) = if exact {
        exactly(&tables, sum)
    } else {
        approximately(&tables, real(sum) / 2.0)
    };
    Ranks {
        p_higher,
        p_lower,
        superiority,
        exact,
    }
}

/// How far the candidate's values are shifted: the median of all differences within blocks
/// (Hodges–Lehmann). `None` without a block in which both sides have a value.
pub fn shift(blocks: &[Sides]) -> Option<f64> {
    let differences = blocks.iter().flat_map(|block| {
        let candidate = block.candidate.iter();
        candidate.flat_map(|a| block.baseline.iter().map(move |b| a - b))
    });
    median(differences.collect())
}

/// The middle value; of an even number, the mean of the two.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    let lower = below.iter().copied().max_by(f64::total_cmp);
    match (even, lower) {
        (true, Some(lower)) => Some(f64::midpoint(lower, upper)),
        _ => Some(upper),
    }
}

/// One block as ranks: everything is doubled, so that ties have whole numbers too.
struct Table {
    /// The candidate's samples.
    m: usize,
    /// The other side's.
    n: usize,
    /// How many values of both sides are equal, from the smallest value on.
    ties: Vec<usize>,
    /// Twice the U of the candidate.
    u: u64,
}

impl Table {
    /// `None` if a side has no value.
    fn new(sides: &Sides) -> Option<Self> {
        let (m, n) = (sides.candidate.len(), sides.baseline.len());
        if m == 0 || n == 0 {
            return None;
        }
        // Minus zero is zero.
        let candidate = sides.candidate.iter().map(|value| (value + 0.0, true));
        let baseline = sides.baseline.iter().map(|value| (value + 0.0, false));
        let mut all: Vec<(f64, bool)> = candidate.chain(baseline).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut below = 0_u64;
        let mut u = 0_u64;
        let mut ties = Vec::new();
        for group in all.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
            let own = group.iter().filter(|(_, own)| *own).count();
            let other = whole(group.len() - own);
            u += whole(own) * (2 * below + other);
            below += other;
            ties.push(group.len());
        }
        Some(Self { m, n, ties, u })
    }

    fn pairs(&self) -> f64 {
        real(whole(self.m)) * real(whole(self.n))
    }

    /// The numbers that twice U can be.
    fn width(&self) -> u64 {
        2 * whole(self.m) * whole(self.n) + 1
    }

    /// The additions of [`null`](Self::null): each group of ties of size t adds up to t + 1 choices
    /// to every number of samples chosen so far and every sum.
    fn cost(&self) -> u64 {
        let choices: u64 = self.ties.iter().map(|ties| whole(*ties)).sum();
        choices
            .saturating_mul(whole(self.m.min(self.n)))
            .saturating_mul(self.width())
            / 2
    }

    /// How twice U is distributed if which samples are the candidate's is chance: over all ways to
    /// choose them, group by group of equal values, with how many are chosen and what they sum to.
    fn null(&self) -> Distribution {
        let width = usize::try_from(self.width()).unwrap_or(usize::MAX);
        // Rows by how many of the values so far are the candidate's.
        let mut rows: Vec<Vec<f64>> = vec![Vec::new(); self.m + 1];
        if let Some(row) = rows.first_mut() {
            *row = vec![1.0];
        }
        let mut seen = 0;
        for ties in &self.ties {
            rows = self.grow(&rows, seen, *ties, width);
            seen += ties;
        }
        let last = rows.pop().unwrap_or_default();
        Distribution::of(last)
    }

    /// Adds a group of equal values. If `own` of them are the candidate's and `chosen` before them
    /// were, then `seen - chosen` of the other side are below, and the rest of the group is equal.
    fn grow(&self, rows: &[Vec<f64>], seen: usize, ties: usize, width: usize) -> Vec<Vec<f64>> {
        let mut grown: Vec<Vec<f64>> = vec![Vec::new(); self.m + 1];
        // Weights only matter in proportion, and powers of two cost no digit.
        let scale = 0.5_f64.powi(i32::try_from(ties).unwrap_or(i32::MAX));
        for (chosen, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
            let below = seen - chosen;
            for own in 0..=ties.min(self.m - chosen) {
                let other = ties - own;
                if below + other > self.n {
                    continue;
                }
                let add = own * (2 * below + other);
                let ways = binomial(ties, own) * scale;
                let Some(into) = grown.get_mut(chosen + own) else {
                    continue;
                };
                into.resize(into.len().max((row.len() + add).min(width)), 0.0);
                let window = into.iter_mut().skip(add);
                for (sum, weight) in window.zip(row) {
                    *sum += ways * weight;
                }
            }
        }
        grown
    }

    /// The variance of U, with the correction for ties.
    fn variance(&self) -> f64 {
        let all = real(whole(self.m + self.n));
        let ties: f64 = self
            .ties
            .iter()
            .map(|ties| real(whole(*ties)))
            .map(|ties| ties * ties * ties - ties)
            .sum();
        self.pairs() / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)))
    }
}

/// What summing the blocks costs.
fn sum_cost(tables: &[Table]) -> u64 {
    let mut width = 0_u64;
    let mut cost = 0_u64;
    for table in tables {
        cost = cost.saturating_add(width.saturating_mul(table.width()));
        width = width.saturating_add(table.width());
    }
    cost
}

fn exactly(tables: &[Table], sum: u64) -> (f64, f64) {
    let zero = Distribution::zero();
    let null = tables
        .iter()
        .fold(zero, |all, table| all.plus(&table.null()));
    let sum = usize::try_from(sum).unwrap_or(usize::MAX);
    (null.at_least(sum), null.at_most(sum))
}

fn approximately(tables: &[Table], u: f64) -> (f64, f64) {
    let mean: f64 = tables.iter().map(|table| table.pairs() / 2.0).sum();
    let variance: f64 = tables.iter().map(Table::variance).sum();
    if variance <= 0.0 {
        return (1.0, 1.0);
    }
    let deviation = variance.sqrt();
    let higher = above((u - mean - 0.5) / deviation);
    let lower = above((mean - u - 0.5) / deviation);
    (higher, lower)
}

/// In how many ways `k` of `n` can be chosen.
fn binomial(n: usize, k: usize) -> f64 {
    (0..k.min(n - k)).fold(1.0, |ways, i| {
        ways * real(whole(n - i)) / real(whole(i + 1))
    })
}

fn whole(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of samples are far below 2⁵³"
)]
pub(super) fn real(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(candidate: &[f64], baseline: &[f64]) -> Vec<Sides> {
        vec![Sides {
            candidate: candidate.to_vec(),
            baseline: baseline.to_vec(),
        }]
    }

    #[test]
    fn three_above_three_is_one_in_twenty() {
        let ranks = test(&one(&[4.0, 5.0, 6.0], &[1.0, 2.0, 3.0]));
        assert!((ranks.p_higher - 0.05).abs() < 1e-15);
        assert!((ranks.p_lower - 1.0).abs() < 1e-15);
        assert!((ranks.superiority - 1.0).abs() < 1e-15);
        assert!(ranks.exact);
    }

    #[test]
    fn what_is_all_the_same_is_not_unlikely() {
        let ranks = test(&one(&[1.0; 5], &[1.0; 7]));
        assert!((ranks.p_higher - 1.0).abs() < 1e-15);
        assert!((ranks.p_lower - 1.0).abs() < 1e-15);
        assert!((ranks.superiority - 0.5).abs() < 1e-15);
        let nothing = test(&[]);
        assert!((nothing.p_higher - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_day_on_which_everything_was_slow_counts_for_neither_side() {
        let calm = Sides {
            candidate: vec![1.0, 2.0, 3.0],
            baseline: vec![1.5, 2.5, 2.9],
        };
        let wild = Sides {
            candidate: vec![101.0, 102.0, 103.0],
            baseline: vec![101.5],
        };
        let blocked = test(&[calm.clone(), wild.clone()]);
        let mixed = test(&one(
            &[calm.candidate, wild.candidate].concat(),
            &[calm.baseline, wild.baseline].concat(),
        ));
        assert!(blocked.p_higher > mixed.p_higher);
    }

    #[test]
    fn exact_and_approximate_agree_where_both_can_be_had() {
        let candidate: Vec<f64> = (0..60).map(|i| f64::from(i * 7 % 61) + 4.0).collect();
        let baseline: Vec<f64> = (0..60).map(|i| f64::from(i * 11 % 61) + 0.5).collect();
        let tables: Vec<Table> = one(&candidate, &baseline)
            .iter()
            .filter_map(Table::new)
            .collect();
        let u = tables.iter().map(|table| table.u).sum();
        let (exact, _) = exactly(&tables, u);
        let (near, _) = approximately(&tables, real(u) / 2.0);
        assert!((exact - near).abs() < 2e-3, "{exact} {near}");
    }

    #[test]
    fn too_many_samples_are_told_to_be_approximate() {
        let candidate: Vec<f64> = (0..900).map(|i| f64::from(i) + 0.3).collect();
        let baseline: Vec<f64> = (0..900).map(f64::from).collect();
        let ranks = test(&one(&candidate, &baseline));
        assert!(!ranks.exact);
        assert!(ranks.p_higher > 0.4);
    }

    #[test]
    fn the_shift_is_the_median_difference() {
        let blocks = one(&[3.0, 5.0], &[1.0, 2.0, 2.5]);
        assert_eq!(shift(&blocks), Some(2.25));
        assert_eq!(shift(&[]), None);
    }

    proptest! {
        #[test]
        fn the_order_of_samples_says_nothing(
            mut a in prop::collection::vec(0_i32..6, 1..9),
            b in prop::collection::vec(0_i32..6, 1..9),
        ) {
            let real = |values: &[i32]| values.iter().copied().map(f64::from).collect::<Vec<_>>();
            let before = test(&one(&real(&a), &real(&b)));
            a.reverse();
            prop_assert_eq!(before, test(&one(&real(&a), &real(&b))));
        }

        #[test]
        fn changing_sides_changes_sides(
            a in prop::collection::vec(0_i32..6, 1..9),
            b in prop::collection::vec(0_i32..6, 1..9),
        ) {
            let real = |values: &[i32]| values.iter().copied().map(f64::from).collect::<Vec<_>>();
            let there = test(&one(&real(&a), &real(&b)));
            let back = test(&one(&real(&b), &real(&a)));
            prop_assert!((there.p_higher - back.p_lower).abs() < 1e-12);
            prop_assert!((there.superiority + back.superiority - 1.0).abs() < 1e-12);
            prop_assert!(there.p_higher + there.p_lower >= 1.0 - 1e-12);
        }
    }
}
