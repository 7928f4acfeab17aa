//! How far a reconcile is, on a terminal: a bar, and what it waits for.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Screen;
use crate::daemon::Counts;

/// A bar on stderr, when a person watches.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar, hidden when nobody watches.
    pub(super) fn new(screen: Screen) -> Self {
        let target = if screen.is_watched() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let style =
            ProgressStyle::with_template("{bar:30} {pos}/{len} ready  {elapsed}  {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }

    /// Shows how far it is.
    pub(super) fn show(&self, counts: Counts<'_>) {
        self.0.set_length(counts.all as u64);
        self.0.set_position(counts.ready as u64);
        let first = counts.first;
        self.0.set_message(
            first
                .map(|unit| format!("{}: {}", unit.unit, unit.why))
                .unwrap_or_default(),
        );
    }

    /// Takes it away.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
