//! The normal distribution.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// How likely a standard normal number is above `z`. To about twelve digits, also far out.
pub(super) fn above(z: f64) -> f64 {
    0.5 * erfc(z * FRAC_1_SQRT_2)
}

/// The complementary error function: a series near zero, a continued fraction far out.
fn erfc(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - erfc(-x);
    }
    if x < 2.5 {
        1.0 - series(x)
    } else {
        fraction(x)
    }
}

fn series(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for n in 1..100 {
        let n = f64::from(n);
        term *= -x * x / n;
        let part = term / (2.0 * n + 1.0);
        sum += part;
        if part.abs() < sum.abs() * 1e-17 {
            break;
        }
    }
    sum * 2.0 / PI.sqrt()
}

fn fraction(x: f64) -> f64 {
    let tail = (1..=60)
        .rev()
        .fold(0.0, |tail, n| f64::from(n) / 2.0 / (x + tail));
    (-x * x).exp() / PI.sqrt() / (x + tail)
}

/// The number that a standard normal one is below with this probability.
pub(super) fn quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if 1.0 - above(middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_agree_with_published_ones() {
        for (z, tail) in [
            (0.0, 0.5),
            (1.0, 0.158_655_253_931_457_05),
            (1.959_963_984_540_054, 0.025),
            (3.0, 1.349_898_031_630_094_6e-3),
            (4.0, 3.167_124_183_311_992e-5),
            (6.0, 9.865_876_450_376_946e-10),
            (-1.0, 0.841_344_746_068_542_9),
        ] {
            let relative = (above(z) - tail).abs() / tail;
            assert!(relative < 1e-10, "{z}: {}", above(z));
        }
        assert!((quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-9);
        assert!(quantile(0.5).abs() < 1e-9);
    }
}
