//! The edge of a trading session, from which runs are reckoned: `close(XNYS)+30m`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::calendar::{CalendarName, ParseCalendarError};
use super::measure::{Duration, ParseDurationError};
use super::text::text_type;

/// The longest distance from an edge: what is further belongs to another session.
const MAX_OFFSET: u32 = 7 * 86_400;

/// The open or close of a session, some time before or after it. Breaks are no edges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EdgeExpr {
    text: String,
    edge: Edge,
    calendar: CalendarName,
    offset_seconds: i64,
}

text_type!(
    EdgeExpr,
    "edge",
    "The edge of a session, such as `close(XNYS)+30m` or `open(XNYS)-60m`."
);

/// An edge of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Its first open.
    Open,
    /// Its last close.
    Close,
}

/// Why a text is no edge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseEdgeError {
    /// It has not the form.
    #[error("`{0}` is not the edge of a session: write for example `close(XNYS)+30m`")]
    Form(String),
    /// It names no calendar.
    #[error(transparent)]
    Calendar(ParseCalendarError),
    /// What is added is no span.
    #[error(transparent)]
    Offset(ParseDurationError),
    /// What is added is too long.
    #[error("`{0}` is more than 7 days from the session's edge")]
    Far(String),
}

impl EdgeExpr {
    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Which edge.
    pub fn edge(&self) -> Edge {
        self.edge
    }

    /// Whose session.
    pub fn calendar(&self) -> &CalendarName {
        &self.calendar
    }

    /// How long after the edge, in seconds; negative before it.
    pub fn offset_seconds(&self) -> i64 {
        self.offset_seconds
    }
}

impl FromStr for EdgeExpr {
    type Err = ParseEdgeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let form = || ParseEdgeError::Form(text.to_owned());
        let (word, rest) = text.split_once('(').ok_or_else(form)?;
        let (calendar, offset) = rest.split_once(')').ok_or_else(form)?;
        let edge = match word.trim() {
            "open" => Edge::Open,
            "close" => Edge::Close,
            _ => return Err(form()),
        };
        let calendar = calendar.trim().parse().map_err(ParseEdgeError::Calendar)?;
        Ok(Self {
            text: text.to_owned(),
            edge,
            calendar,
            offset_seconds: offset_of(text, offset.trim())?,
        })
    }
}

fn offset_of(text: &str, offset: &str) -> Result<i64, ParseEdgeError> {
    let (sign, span) = match offset.split_at_checked(1) {
        None if offset.is_empty() => return Ok(0),
        Some(("+", span)) => (1, span),
        Some(("-", span)) => (-1, span),
        _ => return Err(ParseEdgeError::Form(text.to_owned())),
    };
    let span: Duration = span.trim().parse().map_err(ParseEdgeError::Offset)?;
    if span.seconds() > MAX_OFFSET {
        return Err(ParseEdgeError::Far(text.to_owned()));
    }
    Ok(sign * i64::from(span.seconds()))
}

impl From<EdgeExpr> for String {
    fn from(edge: EdgeExpr) -> Self {
        edge.text
    }
}

impl fmt::Display for EdgeExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_an_offset() {
        for (text, edge, offset) in [
            ("close(XNYS)+30m", Edge::Close, 1800),
            ("open(XNYS)-60m", Edge::Open, -3600),
            ("open( XNYS )", Edge::Open, 0),
            ("close(crypto:coinbase) + 2h", Edge::Close, 7200),
        ] {
            let parsed: EdgeExpr = text.parse().unwrap();
            assert_eq!((parsed.edge(), parsed.offset_seconds()), (edge, offset));
            assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (text, reason) in [
            ("", "is not the edge of a session"),
            ("close XNYS", "is not the edge of a session"),
            ("closed(XNYS)", "is not the edge of a session"),
            ("close(XNYS)30m", "is not the edge of a session"),
            ("close(nyse)", "is not a calendar"),
            ("close(XNYS)+30", "is not a span of time"),
            ("close(XNYS)+8d", "more than 7 days"),
        ] {
            let error = text.parse::<EdgeExpr>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
