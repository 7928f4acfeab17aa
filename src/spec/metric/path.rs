//! Places in a JSON document.

use std::fmt;
use std::str::FromStr;

use jsonpath_rust::parser::parse_json_path;
use serde::Deserialize;

use crate::spec::text::{text_type, written_as_displayed};

/// A JSONPath (RFC 9535), such as `$.orders.rejectRatio`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct JsonPath(String);

text_type!(
    JsonPath,
    "json-path",
    "A JSONPath (RFC 9535) to one number, such as `$.orders.rejectRatio`."
);
written_as_displayed!(JsonPath);

/// Why a text is no JSONPath.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a JSONPath: write one that begins with `$`, such as `$.orders.rejectRatio`")]
pub struct ParseJsonPathError(String);

impl JsonPath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for JsonPath {
    type Err = ParseJsonPathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match parse_json_path(text) {
            Ok(_) if text.len() <= 512 => Ok(Self(text.to_owned())),
            _ => Err(ParseJsonPathError(text.to_owned())),
        }
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_at_the_root() {
        for text in ["$.a.b", "$['a b'][0]", "$.orders[-1].ratio"] {
            assert_eq!(text.parse::<JsonPath>().unwrap().as_str(), text);
        }
        for text in ["", "a.b", "$.", "$[", "$..", ".a"] {
            let error = text.parse::<JsonPath>().unwrap_err().to_string();
            assert!(error.contains("is not a JSONPath"), "{text}: {error}");
        }
    }
}
