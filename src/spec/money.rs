//! Money: an amount that always carries its currency.

use std::str::FromStr;

use serde::Deserialize;

use super::text::text_type;

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Money {
    /// The amount in billionths of the currency.
    pub nanos: u128,
    /// The currency or coin, for example `USDT`.
    pub currency: String,
}

text_type!(
    Money,
    "money",
    "Money with its currency, such as `50k USDT` or `1.5M USD`. `k`, `M` and `B` are the only suffixes."
);

/// Why a text is no money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseMoneyError {
    /// It does not begin with a number.
    #[error(
        "`{0}` is not an amount of money: write a number, `k`, `M` or `B` if you like, and a currency, such as `50k USDT`"
    )]
    NotAnAmount(String),
    /// It ends behind the number.
    #[error("`{text}` has no currency: write `{amount} USDT`, or whichever currency is meant")]
    NoCurrency {
        /// The text.
        text: String,
        /// An amount that could be meant.
        amount: String,
    },
    /// It is Kubernetes' milli, without a currency.
    #[error(
        "`{text}` has no currency, and Kubernetes' `m` is refused here: write `{number}M USDT` for millions, or `{number}k USDT` for thousands"
    )]
    MilliNoCurrency {
        /// The text.
        text: String,
        /// Its number.
        number: String,
    },
    /// It has a suffix that money has not.
    #[error(
        "`{suffix}` is not a suffix of money, which has `k`, `M` and `B` only: write `{number}M {currency}` for millions"
    )]
    Suffix {
        /// What stands there.
        suffix: String,
        /// The number before it.
        number: String,
        /// The currency behind it.
        currency: String,
    },
    /// What should be a currency is none.
    #[error("`{0}` is not a currency: write its code in capital letters, such as `USD` or `USDT`")]
    Currency(String),
    /// It is too long.
    #[error("`{0}` has too many digits")]
    TooPrecise(String),
}

impl FromStr for Money {
    type Err = ParseMoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number_end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, rest) = text.split_at(number_end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || fraction.contains('.') || number.ends_with('.') {
            return Err(ParseMoneyError::NotAnAmount(text.to_owned()));
        }
        let (suffix, currency) = rest.split_once(' ').unwrap_or((rest, ""));
        let power = match suffix {
            "" => 0,
            "k" => 3,
            "M" => 6,
            "B" => 9,
            other => return Err(wrong_suffix(text, number, other, currency)),
        };
        let currency = currency.trim();
        if currency.is_empty() {
            return Err(ParseMoneyError::NoCurrency {
                text: text.to_owned(),
                amount: format!("{number}{suffix}"),
            });
        }
        if !is_currency(currency) {
            return Err(ParseMoneyError::Currency(currency.to_owned()));
        }
        let nanos = nanos(whole, fraction, power)
            .ok_or_else(|| ParseMoneyError::TooPrecise(text.to_owned()))?;
        Ok(Self {
            nanos,
            currency: currency.to_owned(),
        })
    }
}

fn wrong_suffix(text: &str, number: &str, suffix: &str, currency: &str) -> ParseMoneyError {
    let number = number.to_owned();
    match (suffix, currency.trim()) {
        ("m", "") => ParseMoneyError::MilliNoCurrency {
            text: text.to_owned(),
            number,
        },
        (suffix, "") if is_currency(suffix) => ParseMoneyError::NoCurrency {
            text: text.to_owned(),
            amount: number,
        },
        (suffix, currency) => ParseMoneyError::Suffix {
            suffix: suffix.to_owned(),
            number,
            currency: if currency.is_empty() {
                "USDT"
            } else {
                currency
            }
            .to_owned(),
        },
    }
}

fn is_currency(text: &str) -> bool {
    (2..=12).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_uppercase())
}

fn nanos(whole: &str, fraction: &str, power: usize) -> Option<u128> {
    let places = 9 + power;
    if fraction.len() > places {
        return None;
    }
    format!("{whole}{fraction:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_carry_their_currency() {
        for (text, units, currency) in [
            ("50k USDT", 50_000, "USDT"),
            ("1.5M USD", 1_500_000, "USD"),
            ("2B JPY", 2_000_000_000, "JPY"),
            ("15 EUR", 15, "EUR"),
        ] {
            let money: Money = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(money.nanos, units * 1_000_000_000, "{text}");
            assert_eq!(money.currency, currency);
        }
    }

    #[test]
    fn other_texts_are_refused_with_what_to_write() {
        for (text, message) in [
            (
                "1m",
                "`1m` has no currency, and Kubernetes' `m` is refused here: write `1M USDT` for millions, or `1k USDT` for thousands",
            ),
            (
                "1m USD",
                "`m` is not a suffix of money, which has `k`, `M` and `B` only: write `1M USD` for millions",
            ),
            (
                "100",
                "`100` has no currency: write `100 USDT`, or whichever currency is meant",
            ),
            (
                "50k",
                "`50k` has no currency: write `50k USDT`, or whichever currency is meant",
            ),
            (
                "50k usdt",
                "`usdt` is not a currency: write its code in capital letters, such as `USD` or `USDT`",
            ),
        ] {
            assert_eq!(text.parse::<Money>().unwrap_err().to_string(), message);
        }
        for text in ["", "USDT", "-5 USD", "1.2.3 USD", "1. USD"] {
            let error = text.parse::<Money>().unwrap_err().to_string();
            assert!(error.contains("is not an amount of money"), "{error}");
        }
    }
}
