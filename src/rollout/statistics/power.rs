//! What a gate can see, for whoever plans a rollout: how many samples, and so how many sessions, a
//! verdict needs.

use super::normal::quantile;
use super::ranks::real;
use super::rates;

/// How likely what is there has to be seen.
pub const POWER: f64 = 0.8;

/// The most samples that are reckoned with: further than that, nobody waits.
const MOST: u64 = 1 << 40;

/// The samples among which events of this rate are surely seen: that none of them is one is less
/// likely than the risk.
pub fn to_see(rate: f64, risk: f64) -> Option<u64> {
    smallest(|trials| rates::at_most(0, trials, rate) <= risk)
}

/// The things on each side with which a rate of `bad` is told from `margin` times `usual`, by the
/// normal approximation of the test of counts.
pub fn to_tell_rates(usual: f64, bad: f64, margin: f64, risk: f64) -> Option<u64> {
    let limit = usual * margin;
    if !(usual > 0.0 && bad > limit) {
        return None;
    }
    // Of the events, this share is the candidate's at the margin, and this one if it is bad.
    let (even, odd) = (margin / (1.0 + margin), bad / (bad + usual));
    let spread = |share: f64| (share * (1.0 - share)).sqrt();
    let reach = quantile(1.0 - risk) * spread(even) + quantile(POWER) * spread(odd);
    let events = (reach / (odd - even)).powi(2);
    whole(events / (bad + usual))
}

/// The samples on each side with which a shift by so many standard deviations beyond the margin is
/// seen by ranks (Noether).
pub fn to_tell_shift(deviations: f64, risk: f64) -> Option<u64> {
    if deviations <= 0.0 {
        return None;
    }
    let superiority = 1.0 - super::normal::above(deviations / std::f64::consts::SQRT_2);
    let reach = quantile(1.0 - risk) + quantile(POWER);
    whole((reach / (superiority - 0.5)).powi(2) / 6.0)
}

/// The sessions in which so many samples come together.
pub fn sessions(samples: u64, per_session: f64) -> Option<u64> {
    if per_session <= 0.0 {
        return None;
    }
    (1_u64..=100_000).find(|sessions| real(*sessions) * per_session >= real(samples))
}

/// What a gate can see, in words: "at this rate it needs about 9 sessions to notice a reject rate
/// of 1 %".
pub fn sentence(what: &str, samples: Option<u64>, per_session: Option<f64>) -> String {
    let Some(samples) = samples else {
        return format!("no number of samples shows {what}");
    };
    let known = per_session.map(|rate| sessions(samples, rate));
    match known {
        None => format!("it needs about {samples} samples to notice {what}"),
        Some(None) => format!(
            "it needs about {samples} samples to notice {what}, which do not come together at this rate"
        ),
        Some(Some(1)) => format!("at this rate it needs about 1 session to notice {what}"),
        Some(Some(sessions)) => {
            format!("at this rate it needs about {sessions} sessions to notice {what}")
        }
    }
}

/// The smallest number for which something holds that goes on holding.
fn smallest(holds: impl Fn(u64) -> bool) -> Option<u64> {
    if !holds(MOST) {
        return None;
    }
    let (mut below, mut at) = (0, MOST);
    while at - below > 1 {
        let middle = u64::midpoint(below, at);
        if holds(middle) {
            at = middle;
        } else {
            below = middle;
        }
    }
    Some(at)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is not negative, and what is too large is refused"
)]
fn whole(number: f64) -> Option<u64> {
    (number.is_finite() && number < real(MOST)).then(|| number.ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeing_one_in_a_hundred_takes_about_three_hundred() {
        assert_eq!(to_see(0.01, 0.05), Some(299));
        assert_eq!(to_see(0.0, 0.05), None);
    }

    #[test]
    fn the_plan_says_it_in_sessions() {
        let text = sentence("a reject rate of 1 %", to_see(0.01, 0.05), Some(35.0));
        assert_eq!(
            text,
            "at this rate it needs about 9 sessions to notice a reject rate of 1 %"
        );
        assert!(sentence("x", None, None).starts_with("no number of samples"));
        assert!(sentence("x", Some(10), Some(0.0)).contains("do not come together"));
        assert_eq!(sessions(20, 20.0), Some(1));
    }

    #[test]
    fn smaller_differences_take_more_samples() {
        let one = to_tell_shift(1.0, 0.05).unwrap();
        let half = to_tell_shift(0.5, 0.05).unwrap();
        assert!((13..=20).contains(&one), "{one}");
        assert!(half > 3 * one);
        assert_eq!(to_tell_shift(0.0, 0.05), None);
        let double = to_tell_rates(0.01, 0.02, 1.0, 0.05).unwrap();
        let triple = to_tell_rates(0.01, 0.03, 1.0, 0.05).unwrap();
        assert!((1500..2500).contains(&double), "{double}");
        assert!(triple < double / 2);
        assert_eq!(to_tell_rates(0.01, 0.012, 1.5, 0.05), None);
    }
}
