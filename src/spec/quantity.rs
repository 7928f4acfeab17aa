//! Kubernetes quantities in the form in which the API server gives them back.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};

/// A Kubernetes quantity in canonical form: what the API server would give back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(pub(crate) String);

/// Why a text is no quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseQuantityError {
    /// It has no number.
    #[error("`{0}` is not a quantity: write a number and a unit, such as `500m`, `2` or `4Gi`")]
    NotANumber(String),
    /// It has a number and then something that is no unit.
    #[error(
        "`{text}` has the unknown unit `{unit}`: use `m`, `k`, `M`, `G`, `T`, `P`, `E`, or `Ki`, `Mi`, `Gi`, `Ti`, `Pi`, `Ei`"
    )]
    Unit {
        /// The text.
        text: String,
        /// What stands where a unit should.
        unit: String,
    },
    /// It is below zero.
    #[error("`{0}` is below zero")]
    Negative(String),
    /// It is larger than the API server can hold.
    #[error("`{0}` is larger than any cluster: at most `8Ei` is meant anywhere")]
    TooLarge(String),
}

/// How a quantity was written, and so how it is written back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notation {
    Binary,
    Decimal,
    Exponent,
}

/// One billionth is the finest step that a quantity has.
const NANO: u128 = 1_000_000_000;

/// The API server caps at 2⁶³ − 1.
const MAX: u128 = (i64::MAX as u128) * NANO;

impl Quantity {
    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The amount in billionths, which is exact for every quantity.
    pub fn nanos(&self) -> u128 {
        parse(&self.0).map_or(0, |(nanos, _)| nanos)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Quantity {
    type Err = ParseQuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (nanos, notation) = parse(text)?;
        Ok(Self(write(nanos, notation)))
    }
}

fn parse(text: &str) -> Result<(u128, Notation), ParseQuantityError> {
    if text.starts_with('-') {
        return Err(ParseQuantityError::Negative(text.to_owned()));
    }
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let number_end = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(unsigned.len());
    let (number, unit) = unsigned.split_at(number_end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return Err(ParseQuantityError::NotANumber(text.to_owned()));
    }
    let (multiplier, notation) = multiplier(unit).ok_or_else(|| ParseQuantityError::Unit {
        text: text.to_owned(),
        unit: unit.to_owned(),
    })?;
    let nanos = scale(whole, fraction, &multiplier)
        .filter(|nanos| *nanos <= MAX)
        .ok_or_else(|| ParseQuantityError::TooLarge(text.to_owned()))?;
    // The API server keeps no binary fraction: `0.5Ki` is read back as decimal.
    let fine = notation == Notation::Binary && (nanos < 1024 * NANO || !nanos.is_multiple_of(NANO));
    Ok((nanos, if fine { Notation::Decimal } else { notation }))
}

/// What a unit stands for.
enum Multiplier {
    /// A power of ten.
    Ten(i32),
    /// A power of two.
    Two(u32),
}

fn multiplier(unit: &str) -> Option<(Multiplier, Notation)> {
    let ten = |power| Some((Multiplier::Ten(power), Notation::Decimal));
    let two = |power| Some((Multiplier::Two(power), Notation::Binary));
    match unit {
        "n" => ten(-9),
        "u" => ten(-6),
        "m" => ten(-3),
        "" => ten(0),
        "k" => ten(3),
        "M" => ten(6),
        "G" => ten(9),
        "T" => ten(12),
        "P" => ten(15),
        "E" => ten(18),
        "Ki" => two(10),
        "Mi" => two(20),
        "Gi" => two(30),
        "Ti" => two(40),
        "Pi" => two(50),
        "Ei" => two(60),
        exponent => {
            let power = exponent.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?;
            (-30..=30)
                .contains(&power)
                .then_some((Multiplier::Ten(power), Notation::Exponent))
        }
    }
}

/// The number in billionths; what is finer is rounded up, as the API server does.
fn scale(whole: &str, fraction: &str, multiplier: &Multiplier) -> Option<u128> {
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    if digits.len() > 38 {
        return None;
    }
    let mut nanos: u128 = digits.parse().ok()?;
    let mut power = 9 - i32::try_from(fraction.len()).ok()?;
    match multiplier {
        Multiplier::Ten(ten) => power += *ten,
        Multiplier::Two(two) => nanos = nanos.checked_mul(1 << *two)?,
    }
    let factor = 10_u128.checked_pow(power.unsigned_abs());
    if power >= 0 {
        nanos.checked_mul(factor?)
    } else {
        Some(factor.map_or(1, |factor| nanos.div_ceil(factor)))
    }
}

fn write(nanos: u128, notation: Notation) -> String {
    match notation {
        Notation::Binary => write_binary(nanos / NANO),
        Notation::Decimal => {
            let (mantissa, power) = strip_thousands(nanos);
            let unit = match power {
                -9 => "n",
                -6 => "u",
                -3 => "m",
                3 => "k",
                6 => "M",
                9 => "G",
                12 => "T",
                15 => "P",
                18 => "E",
                _ => "",
            };
            format!("{mantissa}{unit}")
        }
        Notation::Exponent => match strip_thousands(nanos) {
            (mantissa, 0) => mantissa.to_string(),
            (mantissa, power) => format!("{mantissa}e{power}"),
        },
    }
}

fn write_binary(mut value: u128) -> String {
    let units = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let mut unit = "";
    for next in units {
        unit = next;
        if value == 0 || !value.is_multiple_of(1024) {
            break;
        }
        if next != "Ei" {
            value /= 1024;
        }
    }
    format!("{value}{unit}")
}

/// Takes groups of three zeros off a number of billionths, up to 10¹⁸.
fn strip_thousands(nanos: u128) -> (u128, i32) {
    if nanos == 0 {
        return (0, 0);
    }
    let (mut mantissa, mut power) = (nanos, -9);
    while mantissa.is_multiple_of(1000) && power < 18 {
        mantissa /= 1000;
        power += 3;
    }
    (mantissa, power)
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuantityVisitor)
    }
}

/// Takes a text, or a plain number as YAML reads `cpu: 1`.
struct QuantityVisitor;

impl Visitor<'_> for QuantityVisitor {
    type Value = Quantity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quantity such as `500m`, `2` or `4Gi`")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Quantity, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number"],
            "format": "quantity",
            "minimum": 0,
            "description": "A Kubernetes quantity, such as `500m`, `2` or `4Gi`.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, canonical: &str) {
        let quantity: Quantity = text.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(quantity.as_str(), canonical, "{text}");
        assert_eq!(quantity.as_str().parse::<Quantity>().unwrap(), quantity);
    }

    #[test]
    fn decimal_quantities_take_the_largest_unit_that_leaves_an_integer() {
        for (text, canonical) in [
            ("0", "0"),
            ("1", "1"),
            ("1000m", "1"),
            ("0.5", "500m"),
            (".5", "500m"),
            ("5.", "5"),
            ("0.0005", "500u"),
            ("1.5k", "1500"),
            ("2000", "2k"),
            ("1000k", "1M"),
            ("1500M", "1500M"),
            ("0.000000001", "1n"),
            ("0.0000000001", "1n"),
            ("100m", "100m"),
            ("+3", "3"),
            ("007", "7"),
        ] {
            check(text, canonical);
        }
    }

    #[test]
    fn binary_quantities_stay_binary_while_they_are_whole() {
        for (text, canonical) in [
            ("1Ki", "1Ki"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1000Mi", "1000Mi"),
            ("2048Ki", "2Mi"),
            ("0.5Mi", "512Ki"),
            ("0.5Ki", "512"),
            ("0Gi", "0"),
            ("1.1Ki", "1126400m"),
        ] {
            check(text, canonical);
        }
    }

    #[test]
    fn exponents_are_kept_in_steps_of_three() {
        for (text, canonical) in [
            ("1e3", "1e3"),
            ("1e4", "10e3"),
            ("12E0", "12"),
            ("1e-3", "1e-3"),
            ("128974848", "128974848"),
            ("129e6", "129e6"),
        ] {
            check(text, canonical);
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (text, reason) in [
            ("", "is not a quantity"),
            ("Gi", "is not a quantity"),
            ("1.2.3", "is not a quantity"),
            ("1GB", "the unknown unit `GB`"),
            ("1 Gi", "the unknown unit ` Gi`"),
            ("1K", "the unknown unit `K`"),
            ("-1", "below zero"),
            ("16Ei", "larger than any cluster"),
            ("1e30", "larger than any cluster"),
        ] {
            let error = text.parse::<Quantity>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn plain_numbers_are_quantities_too() {
        let quantity: Quantity = serde_json::from_str("0.25").unwrap();
        assert_eq!(quantity.as_str(), "250m");
        assert_eq!(serde_json::from_str::<Quantity>("3").unwrap().as_str(), "3");
    }
}
