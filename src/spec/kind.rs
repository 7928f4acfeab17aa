//! The kinds of documents and where each belongs.

use std::fmt;

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The whole repository.
    Fleet,
    /// A team.
    Desk,
    /// A venue account.
    Account,
    /// An engine profile.
    Engine,
    /// When a venue trades.
    Calendar,
    /// A deployable unit.
    Strategy,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Fleet,
        Self::Desk,
        Self::Account,
        Self::Engine,
        Self::Calendar,
        Self::Strategy,
    ];

    /// The kind of a word in a `kind` field.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The word in a `kind` field.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fleet => "Fleet",
            Self::Desk => "Desk",
            Self::Account => "Account",
            Self::Engine => "Engine",
            Self::Calendar => "Calendar",
            Self::Strategy => "Strategy",
        }
    }

    /// The name of its schema's file.
    pub fn schema_file(self) -> &'static str {
        match self {
            Self::Fleet => "fleet.json",
            Self::Desk => "desk.json",
            Self::Account => "account.json",
            Self::Engine => "engine.json",
            Self::Calendar => "calendar.json",
            Self::Strategy => "strategy.json",
        }
    }

    /// Where its documents belong.
    pub fn home(self) -> &'static str {
        match self {
            Self::Fleet => "tidegate.yaml",
            Self::Desk => "desks/<desk>/desk.yaml",
            Self::Account => "accounts/*.yaml",
            Self::Engine => "engines/*.yaml",
            Self::Calendar => "calendars/*.yaml",
            Self::Strategy => "desks/<desk>/*.yaml",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
