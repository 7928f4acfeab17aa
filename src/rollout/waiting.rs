//! Why nothing, or nothing more, happens.

use jiff::Timestamp;

use crate::release::WaitingOn;

/// Who or what ends a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The cluster gets there by itself.
    Itself,
    /// A person, or another unit.
    Others,
    /// Nobody need do anything: what waits does not keep the unit from being ready.
    Nobody,
}

/// Something that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) what: String,
    pub(super) until: String,
    pub(super) by: By,
}

impl Wait {
    pub(super) fn new(by: By, what: impl Into<String>, until: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            until: until.into(),
            by,
        }
    }

    /// For the record; since when, if the record already says that this is waited for.
    pub(super) fn recorded(self, before: &[WaitingOn], now: Timestamp) -> WaitingOn {
        let since = before
            .iter()
            .find(|waiting| waiting.what == self.what)
            .map_or(now, |waiting| waiting.since);
        WaitingOn {
            what: self.what,
            since,
            unblocks_when: self.until,
        }
    }
}
