//! Findings that depend on the instant at which somebody looks.

use jiff::{Timestamp, ToSpan};

use super::outcome::order;
use crate::calendar::{Tables, Window};
use crate::diagnostic::{Diagnostic, Span};
use crate::spec::measure::Duration;
use crate::spec::window::WindowExpr;

/// How long a window may stay closed before somebody is told.
const PATIENCE_DAYS: i64 = 30;

/// What only an instant can tell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Later {
    /// Findings, each from an instant on.
    pub due: Vec<(Timestamp, Diagnostic)>,
    /// Windows that should open now and then.
    pub windows: Vec<Watched>,
    /// The calendars that they ask.
    pub calendars: Tables,
}

/// A window that should open now and then.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// Where it stands.
    pub span: Span,
    /// Whose it is.
    pub strategy: String,
    /// The window.
    pub window: WindowExpr,
    /// How long what begins in it may take.
    pub finish: Option<Duration>,
}

impl Later {
    /// Some findings with those that hold at an instant, in the order of places.
    pub fn with(&self, findings: &[Diagnostic], now: Timestamp) -> Vec<Diagnostic> {
        let due = self.due.iter().filter(|(from, _)| *from <= now);
        let closed = self.windows.iter().filter_map(|it| self.closed(it, now));
        let mut all = findings.to_vec();
        all.extend(due.map(|(_, finding)| finding.clone()));
        all.extend(closed);
        order(&mut all);
        all
    }

    /// Adds what another one has.
    pub(super) fn merge(&mut self, other: Self) {
        self.due.extend(other.due);
        self.windows.extend(other.windows);
    }

    fn closed(&self, watched: &Watched, now: Timestamp) -> Option<Diagnostic> {
        let window = Window::new(&watched.window).finishing_within(watched.finish);
        let end = now.saturating_add((PATIENCE_DAYS * 24).hours()).ok()?;
        if window.opens_between(&self.calendars, now, end) {
            return None;
        }
        let message = format!("this window does not open within {PATIENCE_DAYS} days");
        let remedy = format!(
            "`tidegate window explain {}` says why; correct it, or the calendars it asks",
            watched.strategy
        );
        let finding = Diagnostic::warning("window-stays-closed", watched.span.clone(), message);
        Some(finding.with_help(remedy))
    }
}
