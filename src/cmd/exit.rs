//! How a command ends: the table that scripts hold on to.

use std::fmt;

use crate::error::chain;

/// Exit codes, strongest first: when several apply, the first of them counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// The command line made no sense.
    Usage,
    /// Git, the cluster or the network failed.
    World,
    /// The specs have errors, and the command could not do all of its work for that.
    SpecErrors,
    /// It cannot be told whether something differs.
    CannotTell,
    /// Not as Git says within the time allowed.
    NotConverged,
    /// Findings, or differences.
    Found,
    /// Done, or the same.
    Done,
}

impl Exit {
    /// The process' exit code.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::World => 3,
            Self::SpecErrors => 6,
            Self::CannotTell => 4,
            Self::NotConverged => 5,
            Self::Found => 1,
            Self::Done => 0,
        }
    }

    /// The stronger of two.
    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        self.min(other)
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(super) struct Failure {
    /// The exit code.
    pub(super) exit: Exit,
    /// What failed, cause by cause.
    pub(super) message: String,
    /// What to do.
    pub(super) help: Option<String>,
}

impl Failure {
    /// Git, the cluster or the network failed.
    pub(super) fn world(error: &(dyn std::error::Error + 'static)) -> Self {
        // Tidegate's own errors complete "failed to …"; those of the operating system stand alone.
        let message = if error.is::<std::io::Error>() {
            chain(error)
        } else {
            format!("failed to {}", chain(error))
        };
        Self {
            exit: Exit::World,
            message,
            help: None,
        }
    }

    /// The command line made no sense.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
            help: None,
        }
    }

    /// Adds what to do.
    #[must_use]
    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        match &self.help {
            Some(help) => write!(f, "\n  = help: {help}"),
            None => Ok(()),
        }
    }
}

impl<E: std::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::world(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence_is_2_3_6_4_5_1_0() {
        let order = [
            Exit::Usage,
            Exit::World,
            Exit::SpecErrors,
            Exit::CannotTell,
            Exit::NotConverged,
            Exit::Found,
            Exit::Done,
        ];
        assert_eq!(order.map(Exit::code), [2, 3, 6, 4, 5, 1, 0]);
        for pair in order.windows(2) {
            assert_eq!(pair[1].and(pair[0]), pair[0]);
        }
    }
}
