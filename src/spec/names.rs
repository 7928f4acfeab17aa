//! The names of the domain, each checked once, where it enters.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Why a text cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is not a DNS label.
    #[error(
        "`{text}` is not a DNS label: use lower-case letters, digits and `-`, starting with a letter and ending with a letter or digit"
    )]
    NotALabel {
        /// The text.
        text: String,
    },
    /// It is too long for the names that are derived from it.
    #[error(
        "`{text}` has {length} characters; {what} may have {max}, because longer names are derived from it"
    )]
    TooLong {
        /// The text.
        text: String,
        /// Its length.
        length: usize,
        /// What it names.
        what: &'static str,
        /// The longest allowed.
        max: usize,
    },
}

fn check(text: &str, what: &'static str, max: usize) -> Result<(), NameError> {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut bytes = text.bytes();
    let label = bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && text.bytes().all(|b| inner(b) || b == b'-')
        && text.bytes().next_back().is_some_and(inner);
    if !label {
        return Err(NameError::NotALabel {
            text: text.to_owned(),
        });
    }
    if text.len() > max {
        return Err(NameError::TooLong {
            text: text.to_owned(),
            length: text.len(),
            what,
            max,
        });
    }
    Ok(())
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $max:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The longest allowed, in characters.
            pub const MAX: usize = $max;

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                check(text, $what, $max)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "format": concat!("name-", stringify!($name)),
                    "description": concat!("The name of ", $what, ": a DNS label."),
                })
            }
        }
    )+};
}

names! {
    /// A fleet's name.
    FleetName, "a fleet", 40;
    /// A cluster's name.
    ClusterName, "a cluster", 40;
    /// A desk's name; its namespace is derived from it.
    DeskName, "a desk", 40;
    /// An account's name.
    AccountName, "an account", 63;
    /// An engine profile's name.
    EngineName, "an engine", 40;
    /// A strategy's name, unique in its fleet. StatefulSet and CronJob names end at 52 characters.
    StrategyName, "a strategy", 36;
    /// What a strategy calls a volume or a model; the claim's name is derived from it.
    VolumeName, "a volume", 24;
    /// A port's name.
    PortName, "a port", 15;
    /// What a person may do, such as `risk` or `trader`: part of the name of a right in clusters.
    RoleName, "a role", 40;
    /// A namespace.
    NamespaceName, "a namespace", 63;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_accepted() {
        for text in ["a", "mm-btc", "a1-b2", &"a".repeat(36)] {
            text.parse::<StrategyName>().unwrap();
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_rule() {
        for text in ["", "MM", "1a", "-a", "a-", "a.b", "a_b", "ä"] {
            let error = text.parse::<StrategyName>().unwrap_err().to_string();
            assert!(error.contains("is not a DNS label"), "{error}");
        }
        let error = "a"
            .repeat(37)
            .parse::<StrategyName>()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("37 characters; a strategy may have 36"),
            "{error}"
        );
    }
}
