//! kubectl's scalar dialect: which plain text is which value.
//!
//! kubectl reads YAML through `sigs.k8s.io/yaml`, which resolves scalars by go-yaml v2's table (a
//! YAML 1.1 table without sexagesimals) and then turns the result into JSON. This is that table,
//! with that turn: a whole number written as a float (`1.0`, `1e3`) is an integer, because it is
//! one by the time the API server sees it. Dates stay text.

use serde_json::Number;

use super::Value;
use super::binary;

/// What a scalar's style and tag say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// Plain and untagged: the table decides.
    Plain,
    /// Quoted, a block, or tagged `!` or `!!str`: a text, whatever it says.
    Text,
    /// `!!bool`.
    Bool,
    /// `!!int`.
    Int,
    /// `!!float`.
    Float,
    /// `!!null`.
    Null,
    /// `!!timestamp`, which stays a text.
    Timestamp,
    /// `!!binary`: base64.
    Binary,
}

/// Why a scalar has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// `.inf` or `.nan`, which JSON cannot hold.
    NotFinite,
    /// The text is not what its tag claims.
    Mismatch(&'static str),
    /// `!!binary` is not base64, or what it encodes is not UTF-8.
    Binary(&'static str),
}

/// What the table makes of a plain text.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Plain {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text,
}

/// The value of a scalar.
pub(super) fn resolve(tag: Tag, text: &str) -> Result<Value, Refusal> {
    match tag {
        Tag::Plain => value(plain(text), text),
        Tag::Text | Tag::Timestamp => Ok(Value::Text(text.to_owned())),
        Tag::Bool => match plain(text) {
            Plain::Bool(value) => Ok(Value::Bool(value)),
            _ => Err(Refusal::Mismatch("a truth value")),
        },
        Tag::Int => match plain(text) {
            resolved @ (Plain::Signed(_) | Plain::Unsigned(_)) => value(resolved, text),
            _ => Err(Refusal::Mismatch("an integer")),
        },
        Tag::Float => match plain(text) {
            resolved @ (Plain::Signed(_) | Plain::Unsigned(_) | Plain::Float(_)) => {
                value(resolved, text)
            }
            _ => Err(Refusal::Mismatch("a number")),
        },
        Tag::Null => match plain(text) {
            Plain::Null => Ok(Value::Null),
            _ => Err(Refusal::Mismatch("null")),
        },
        Tag::Binary => binary::decode(text)
            .map(Value::Text)
            .map_err(Refusal::Binary),
    }
}

fn value(plain: Plain, text: &str) -> Result<Value, Refusal> {
    Ok(match plain {
        Plain::Null => Value::Null,
        Plain::Bool(value) => Value::Bool(value),
        Plain::Signed(value) => Value::Number(value.into()),
        Plain::Unsigned(value) => Value::Number(value.into()),
        Plain::Float(value) => Value::Number(number(value).ok_or(Refusal::NotFinite)?),
        Plain::Text => Value::Text(text.to_owned()),
    })
}

/// A float as JSON's number: an integer when it is whole and fits, as Go's encoder writes it.
pub(super) fn number(value: f64) -> Option<Number> {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "both casts are of whole numbers inside the type's range"
    )]
    match value {
        whole if whole.fract() != 0.0 => Number::from_f64(whole),
        whole if (-TWO_TO_63..TWO_TO_63).contains(&whole) => Some((whole as i64).into()),
        whole if (0.0..TWO_TO_64).contains(&whole) => Some((whole as u64).into()),
        other => Number::from_f64(other),
    }
}

fn plain(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Plain::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Plain::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Plain::Bool(false)
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Plain::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Plain::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => Plain::Float(f64::NAN),
        text if text.starts_with('.') => point_first(text),
        text if text.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-') => {
            numeric(text)
        }
        _ => Plain::Text,
    }
}

/// Underscores may stand only between digits in a number that begins with its point.
fn point_first(text: &str) -> Plain {
    let mut parts = text.split('_').peekable();
    let mut is_separated = true;
    while let Some(part) = parts.next() {
        is_separated &= parts.peek().is_none_or(|next| {
            let digit = |c: char| c.is_ascii_digit();
            part.ends_with(digit) && next.starts_with(digit)
        });
    }
    if !is_separated {
        return Plain::Text;
    }
    float(&text.replace('_', "")).unwrap_or(Plain::Text)
}

/// Underscores may stand anywhere in a number that begins with a digit or a sign.
fn numeric(text: &str) -> Plain {
    let digits = text.replace('_', "");
    integer(&digits)
        .or_else(|| float(&digits))
        .unwrap_or(Plain::Text)
}

/// Go's `ParseInt` and `ParseUint` with base 0: the prefix tells the base, a leading zero is octal.
fn integer(text: &str) -> Option<Plain> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (digits, radix) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (unsigned.get(2..)?, 16),
        [b'0', b'o' | b'O', ..] => (unsigned.get(2..)?, 8),
        [b'0', b'b' | b'B', ..] => (unsigned.get(2..)?, 2),
        [b'0', _, ..] => (unsigned.get(1..)?, 8),
        _ => (unsigned, 10),
    };
    // The standard library would take a second sign here.
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if text.starts_with('-') {
        return 0i64.checked_sub_unsigned(magnitude).map(Plain::Signed);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Plain::Signed(value)),
        Err(_) if text.starts_with('+') => None,
        Err(_) => Some(Plain::Unsigned(magnitude)),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, unless it is too large for a float.
fn float(text: &str) -> Option<Plain> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        None => (unsigned, "0"),
        Some((mantissa, exponent)) => (
            mantissa,
            exponent.strip_prefix(['+', '-']).unwrap_or(exponent),
        ),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let well_formed = is_digits(whole)
        && is_digits(fraction)
        && is_digits(exponent)
        && !exponent.is_empty()
        && !(whole.is_empty() && fraction.is_empty());
    if !well_formed {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(Plain::Float(value))
}

#[cfg(test)]
mod tests;
