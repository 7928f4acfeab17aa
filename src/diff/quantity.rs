//! Kubernetes quantities, compared by what they amount to: `1000m` is `1`, `1024Mi` is `1Gi`.

use std::str::FromStr;

use serde_json::Value;

const NANO: i128 = 1_000_000_000;

/// An amount, in billionths, rounded up as the API server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i128);

/// The text is no quantity, or one beyond any machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("parse the quantity")]
pub struct NotAQuantity;

impl Quantity {
    /// The amount in billionths.
    pub fn nanos(self) -> i128 {
        self.0
    }
}

impl FromStr for Quantity {
    type Err = NotAQuantity;

    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        parse(text).map(Self).ok_or(NotAQuantity)
    }
}

/// Whether two values, texts or numbers, are the same amount.
pub fn same(a: &Value, b: &Value) -> bool {
    match (amount(a), amount(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// Whether two scalars are equal; a number's spelling does not count, `1.0` is `1`.
pub(crate) fn same_scalar(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || whole(a).is_some_and(|n| Some(n) == whole(b))
        }
        (a, b) => a == b,
    }
}

/// A number without a fraction, whichever way it is written.
fn whole(number: &serde_json::Number) -> Option<i128> {
    // Beyond 2^53 a float no longer tells neighbouring whole numbers apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(number) = number.as_i128() {
        return Some(number);
    }
    let float = number.as_f64()?;
    (float.fract() == 0.0 && float.abs() <= EXACT)
        .then(|| format!("{float:.0}").parse().ok())
        .flatten()
}

fn amount(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

fn parse(text: &str) -> Option<i128> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (integer, fraction) = number.split_once('.').unwrap_or((number, ""));
    if integer.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let (factor, exponent) = scale(suffix)?;
    let fraction = fraction.trim_end_matches('0');
    let digits: i128 = match format!("{integer}{fraction}").as_str() {
        "" => 0,
        digits => digits.parse().ok()?,
    };
    let exponent = exponent - i32::try_from(fraction.len()).ok()?;
    let nanos = scaled(digits.checked_mul(factor)?.checked_mul(NANO)?, exponent)?;
    Some(if negative { -nanos } else { nanos })
}

/// A factor and a power of ten.
fn scale(suffix: &str) -> Option<(i128, i32)> {
    Some(match suffix {
        "" => (1, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        "Ei" => (1 << 60, 0),
        exponent => {
            let digits = exponent.strip_prefix(['e', 'E'])?;
            (1, digits.parse::<i8>().ok()?.into())
        }
    })
}

fn scaled(number: i128, exponent: i32) -> Option<i128> {
    let power = 10_i128.checked_pow(exponent.unsigned_abs());
    if exponent >= 0 {
        return number.checked_mul(power?);
    }
    Some(match power {
        Some(power) => number / power + i128::from(number % power != 0),
        None => i128::from(number != 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn spellings_of_one_amount_are_equal() {
        for (a, b) in [
            ("1000m", "1"),
            ("0.1", "100m"),
            ("1024Mi", "1Gi"),
            ("3072Mi", "3Gi"),
            ("1.5Gi", "1536Mi"),
            ("1e3", "1k"),
            ("12E", "12000P"),
            (".5", "500m"),
            ("1.", "1"),
            ("0", "0Gi"),
            ("+1", "1"),
            ("0.1n", "1n"),
        ] {
            assert_eq!(a.parse::<Quantity>(), b.parse(), "{a} and {b}");
            assert!(a.parse::<Quantity>().is_ok(), "{a}");
        }
    }

    #[test]
    fn amounts_differ() {
        for (a, b) in [("1", "1m"), ("1G", "1Gi"), ("-1", "1"), ("1E", "1e1")] {
            assert_ne!(a.parse::<Quantity>(), b.parse(), "{a} and {b}");
        }
    }

    #[test]
    fn other_texts_are_no_quantities() {
        for text in [
            "", ".", "-", "1.2.3", "1 Gi", "Gi", "1gi", "1e", "0x10", "1e99",
        ] {
            assert_eq!(text.parse::<Quantity>(), Err(NotAQuantity), "{text}");
        }
    }

    #[test]
    fn numbers_and_texts_compare_as_amounts() {
        assert!(same(&json!(1), &json!("1000m")));
        assert!(same(&json!(0.5), &json!("500m")));
        assert!(!same(&json!("x"), &json!("y")));
        assert!(same(&json!("x"), &json!("x")));
    }

    #[test]
    fn a_whole_float_is_its_integer() {
        assert!(same_scalar(&json!(1.0), &json!(1)));
        assert!(!same_scalar(&json!(1.5), &json!(1)));
        assert!(!same_scalar(&json!("1"), &json!(1)));
    }
}
