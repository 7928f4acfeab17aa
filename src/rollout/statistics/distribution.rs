//! Distributions over whole numbers from 0 on.

/// How likely each number is, up to a common factor.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Distribution {
    weights: Vec<f64>,
}

impl Distribution {
    /// It is always 0.
    pub(super) fn zero() -> Self {
        Self { weights: vec![1.0] }
    }

    /// The weights of 0, 1, 2, …, of which at least one is above zero.
    pub(super) fn of(weights: Vec<f64>) -> Self {
        let total: f64 = weights.iter().sum();
        let weights = weights.into_iter().map(|weight| weight / total).collect();
        Self { weights }
    }

    /// How many numbers it covers.
    pub(super) fn len(&self) -> usize {
        self.weights.len()
    }

    /// The distribution of the sum of two independent numbers.
    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut weights = vec![0.0; self.len() + other.len() - 1];
        for (at, a) in self.weights.iter().enumerate() {
            let window = weights.iter_mut().skip(at);
            for (sum, b) in window.zip(&other.weights) {
                *sum += a * b;
            }
        }
        Self { weights }
    }

    /// The distribution with one more event of this probability.
    pub(super) fn with_event(&self, probability: f64) -> Self {
        let mut weights = vec![0.0; self.len() + 1];
        for (at, weight) in self.weights.iter().enumerate() {
            if let Some(no) = weights.get_mut(at) {
                *no += weight * (1.0 - probability);
            }
            if let Some(yes) = weights.get_mut(at + 1) {
                *yes += weight * probability;
            }
        }
        Self { weights }
    }

    /// How likely a number is at least this.
    pub(super) fn at_least(&self, number: usize) -> f64 {
        // From the small end, so that nothing is lost in the sum.
        let tail: f64 = self.weights.iter().skip(number).rev().sum();
        tail.min(1.0)
    }

    /// How likely a number is at most this.
    pub(super) fn at_most(&self, number: usize) -> f64 {
        let head: f64 = self.weights.iter().take(number.saturating_add(1)).sum();
        head.min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_dice_make_seven_most_often() {
        let die = Distribution::of(vec![0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        let two = die.plus(&die);
        assert!((two.at_least(7) - two.at_least(8) - 1.0 / 6.0).abs() < 1e-12);
        assert!((two.at_most(3) - 3.0 / 36.0).abs() < 1e-12);
        assert!((two.at_least(0) - 1.0).abs() < 1e-12);
        assert!(two.at_least(13).abs() < 1e-12);
    }

    #[test]
    fn coins_of_one_kind_are_binomial() {
        let coins = (0..4).fold(Distribution::zero(), |all, _| all.with_event(0.25));
        assert!((coins.at_least(4) - 0.25_f64.powi(4)).abs() < 1e-15);
        assert!((coins.at_most(0) - 0.75_f64.powi(4)).abs() < 1e-15);
    }
}
