//! The name of a calendar.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::spec::net::{ParseVenueError, Venue};
use crate::spec::text::text_type;

/// The name of a calendar: a MIC such as `XNYS`, `24x7`, or a kind and a name such as
/// `crypto:coinbase`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CalendarName(String);

text_type!(
    CalendarName,
    "calendar",
    "A calendar: a MIC such as `XNYS`, `24x7`, or a kind and a name such as `crypto:coinbase`."
);

/// Why a text is no name of a calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseCalendarError {
    /// It has none of the forms.
    #[error(
        "`{0}` is not a calendar: write a MIC such as `XNYS`, `24x7`, or a kind and a name such as `crypto:coinbase`"
    )]
    Form(String),
    /// It is a MIC that does not mean what calendars' authors think.
    #[error(transparent)]
    Trap(ParseVenueError),
}

/// The market that never closes.
const ALWAYS: &str = "24x7";

impl CalendarName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CalendarName {
    type Err = ParseCalendarError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == ALWAYS {
            return Ok(Self(text.to_owned()));
        }
        match text.parse::<Venue>() {
            Ok(venue) => Ok(Self(venue.to_string())),
            Err(ParseVenueError::Form(text)) => Err(ParseCalendarError::Form(text)),
            Err(trap @ ParseVenueError::Trap { .. }) => Err(ParseCalendarError::Trap(trap)),
        }
    }
}

impl From<CalendarName> for String {
    fn from(name: CalendarName) -> Self {
        name.0
    }
}

impl fmt::Display for CalendarName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendars_are_mics_or_named() {
        for text in ["XNYS", "24x7", "crypto:coinbase", "events:fomc"] {
            assert_eq!(text.parse::<CalendarName>().unwrap().as_str(), text);
        }
        for (text, reason) in [
            ("nyse", "is not a calendar"),
            ("25x7", "is not a calendar"),
            ("crypto:", "is not a calendar"),
            ("GLBX", "write `XCME`"),
        ] {
            let error = text.parse::<CalendarName>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
