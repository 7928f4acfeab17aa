//! Names that others gave: Kubernetes objects that a fleet refers to, and environment variables.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::text::{text_type, written_as_displayed};

/// The name of an object that is not the fleet's own: a Secret, a storage class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ObjectName(String);

text_type!(
    ObjectName,
    "object-name",
    "The name of a Kubernetes object, such as `binance-read`."
);

/// Why a text is no object's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the name of an object: use lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit"
)]
pub struct ParseObjectNameError(String);

written_as_displayed!(ObjectName, EnvName);

impl ObjectName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectName {
    type Err = ParseObjectNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let is_label = |label: &str| {
            label.bytes().next().is_some_and(inner)
                && label.bytes().next_back().is_some_and(inner)
                && label.bytes().all(|b| inner(b) || b == b'-')
        };
        if text.len() <= 253 && text.split('.').all(is_label) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseObjectNameError(text.to_owned()))
        }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct EnvName(String);

text_type!(
    EnvName,
    "env-name",
    "The name of an environment variable, such as `HBOT_PASSWORD`."
);

/// Why a text is no environment variable's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the name of an environment variable: use letters, digits and `_`, not beginning with a digit"
)]
pub struct ParseEnvNameError(String);

impl EnvName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EnvName {
    type Err = ParseEnvNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let first = text.bytes().next();
        if first.is_some_and(|b| !b.is_ascii_digit()) && text.bytes().all(word) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseEnvNameError(text.to_owned()))
        }
    }
}

impl fmt::Display for EnvName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_have_dns_names() {
        for text in ["a", "binance-read", "premium.ssd.example"] {
            assert_eq!(text.parse::<ObjectName>().unwrap().as_str(), text);
        }
        for text in ["", "Binance", "a_b", "-a", "a..b", "a.", &"a".repeat(254)] {
            let error = text.parse::<ObjectName>().unwrap_err().to_string();
            assert!(error.contains("is not the name of an object"), "{error}");
        }
    }

    #[test]
    fn variables_have_names_that_shells_take() {
        for text in ["A", "_a1", "FREQTRADE__DRY_RUN"] {
            assert_eq!(text.parse::<EnvName>().unwrap().as_str(), text);
        }
        for text in ["", "1A", "A-B", "A B", "A="] {
            assert!(text.parse::<EnvName>().is_err(), "{text}");
        }
    }
}
