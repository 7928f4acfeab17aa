//! Why nothing, or nothing more, happens.

use jiff::Timestamp;

use crate::compile::UnitId;
use crate::release::{ApprovalWanted, WaitingOn, WindowShut};

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
    approval: Option<Box<ApprovalWanted>>,
    window: Option<Box<WindowShut>>,
    consent: Option<String>,
    unit: Option<String>,
    commands: &'static [&'static str],
}

impl Wait {
    pub(super) fn new(by: By, what: impl Into<String>, until: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            until: until.into(),
            by,
            approval: None,
            window: None,
            consent: None,
            unit: None,
            commands: &[],
        }
    }

    /// A wait that a person ends with one of these subcommands.
    pub(super) fn for_person(
        what: impl Into<String>,
        until: impl Into<String>,
        commands: &'static [&'static str],
    ) -> Self {
        Self {
            commands,
            ..Self::new(By::Others, what, until)
        }
    }

    /// A wait that this entry of `consents:` ends.
    pub(super) fn for_consent(by: By, what: impl Into<String>, entry: String) -> Self {
        let until = format!("`consents:` of `tidegate.yaml` has {entry}");
        Self {
            consent: Some(entry),
            ..Self::new(by, what, until)
        }
    }

    /// A wait that somebody's approval ends.
    pub(super) fn for_approval(
        wanted: ApprovalWanted,
        what: impl Into<String>,
        until: impl Into<String>,
    ) -> Self {
        Self {
            approval: Some(Box::new(wanted)),
            commands: &["approve"],
            ..Self::new(By::Others, what, until)
        }
    }

    /// A wait that the calendars end, or an override.
    pub(super) fn for_window(
        shut: Option<WindowShut>,
        what: impl Into<String>,
        until: impl Into<String>,
    ) -> Self {
        Self {
            window: shut.map(Box::new),
            ..Self::new(By::Others, what, until)
        }
    }

    /// A wait that another unit ends.
    pub(super) fn for_unit(
        unit: &UnitId,
        what: impl Into<String>,
        until: impl Into<String>,
    ) -> Self {
        Self {
            unit: Some(unit.release_name()),
            ..Self::new(By::Others, what, until)
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
            consent: self.consent,
            unit: self.unit,
            commands: self.commands.iter().map(|it| (*it).to_owned()).collect(),
            approval: self.approval.map(|it| *it),
            window: self.window.map(|it| *it),
        }
    }
}
