//! What the calendars say: when a change may begin and go on, and how long a market was open.

use jiff::{SignedDuration, Timestamp};

use super::gates::{self, OpenTime, WindowSeen, WindowState};
use super::overrides;
use super::waiting::{By, Wait};
use crate::calendar::{State, Tables, Verdict, Window};
use crate::compile::Bundle;
use crate::halt::Touches;
use crate::resolve::rollout::Rollout;
use crate::resolve::{Freeze, When};
use crate::spec::gate::{Bake, Gate, GateKind};
use crate::spec::measure::Duration;
use crate::spec::net::Venue;

/// What calendars are read against.
#[derive(Debug, Clone, Copy)]
pub struct Clock<'a> {
    /// When venues trade.
    pub calendars: &'a Tables,
    /// Times in which no rollout begins or goes on.
    pub freezes: &'a [Freeze],
    /// The time.
    pub now: Timestamp,
}

/// How far around a stage sessions are looked for: no market is closed for longer.
const AROUND: SignedDuration = SignedDuration::from_hours(24 * 15);

/// Why a change may not begin now, or go to its next stage, and when that changes.
#[derive(Debug, Clone)]
pub(super) struct Shut {
    pub(super) wait: Wait,
    pub(super) until: Option<Timestamp>,
}

impl From<Wait> for Shut {
    fn from(wait: Wait) -> Self {
        Self { wait, until: None }
    }
}

/// What holds of a rollout's own window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// What the calendars say.
    Holds,
    /// Nothing: people pass it.
    Overridden,
}

/// Whether a rollout's own window keeps a change from beginning.
pub(super) fn to_begin(
    bundle: &Bundle,
    traded: &Touches,
    clock: Clock<'_>,
    window: Rule,
) -> Option<Shut> {
    let rollout = bundle.rollout.as_ref()?;
    let frozen = frozen(bundle, traded, clock).into_iter().next().map(held);
    frozen.or_else(|| shut((bundle, rollout), rollout.must_finish_within, clock, window))
}

/// Whether it keeps one that is under way from its next stage.
pub(super) fn to_go_on(
    bundle: &Bundle,
    traded: &Touches,
    clock: Clock<'_>,
    window: Rule,
) -> Option<Shut> {
    let rollout = bundle.rollout.as_ref()?;
    let frozen = frozen(bundle, traded, clock).into_iter().next().map(held);
    frozen.or_else(|| shut((bundle, rollout), None, clock, window))
}

/// The freezes that concern a change now: of the fleet, of its desk, or of a venue on which the
/// strategy traded or will.
pub(super) fn frozen(bundle: &Bundle, traded: &Touches, clock: Clock<'_>) -> Vec<gates::Freeze> {
    let trades = |venue: &Venue| {
        let mut touches = [traded, &bundle.touches].into_iter();
        touches.any(|it| it.venues.contains(venue.as_str()))
    };
    let concerns = |freeze: &&Freeze| {
        freeze.desk.as_ref().is_none_or(|of| *of == bundle.desk)
            && freeze.venue.as_ref().is_none_or(trades)
            && freeze.until.is_none_or(|until| clock.now < until)
    };
    let freezes = clock.freezes.iter().filter(concerns);
    freezes
        .map(|freeze| gates::Freeze {
            scope: match (&freeze.desk, &freeze.venue) {
                (Some(desk), Some(venue)) => format!("desk {desk} at venue {venue}"),
                (Some(desk), None) => format!("desk {desk}"),
                (None, Some(venue)) => format!("venue {venue}"),
                (None, None) => "fleet".to_owned(),
            },
            reason: freeze.reason.clone(),
            until: freeze.until,
        })
        .collect()
}

fn held(freeze: gates::Freeze) -> Shut {
    let gates::Freeze {
        scope,
        reason,
        until,
    } = freeze;
    let when = match until {
        Some(until) => format!("it is over at {until}, or is taken out of `tidegate.yaml`"),
        None => "it is taken out of `tidegate.yaml`".to_owned(),
    };
    Shut {
        wait: Wait::new(By::Others, format!("the freeze of {scope}: {reason}"), when),
        until,
    }
}

fn shut(
    (bundle, rollout): (&Bundle, &Rollout),
    finish: Option<Duration>,
    clock: Clock<'_>,
    rule: Rule,
) -> Option<Shut> {
    if rule == Rule::Overridden {
        return None;
    }
    let expression = rollout.window.as_ref()?;
    let window = Window::new(expression).finishing_within(finish);
    let State { verdict, until, .. } = window.state(clock.calendars, clock.now);
    if verdict.allows() {
        return None;
    }
    let word = verdict.as_str();
    let when = match until {
        Some(until) => format!("it opens; what it says changes at {until}"),
        None => "a calendar or the window is changed in Git".to_owned(),
    };
    Some(Shut {
        wait: Wait::for_window(
            overrides::of_window(bundle),
            format!("the window `{expression}`, which is {word}"),
            when,
        ),
        until,
    })
}

/// What the window says that a bundle's pod runs in; `None` for one that always runs.
pub(super) fn running(bundle: &Bundle, clock: Clock<'_>) -> Option<State> {
    let Some(When::While(expression)) = &bundle.run else {
        return None;
    };
    Some(Window::new(expression).state(clock.calendars, clock.now))
}

/// What a gate's own window says.
pub(super) fn seen(gate: &Gate, clock: Clock<'_>) -> Option<WindowSeen> {
    let GateKind::Window(expression) = &gate.kind else {
        return None;
    };
    let State {
        verdict,
        why,
        until,
    } = Window::new(expression).state(clock.calendars, clock.now);
    Some(WindowSeen {
        state: match verdict {
            Verdict::Open => WindowState::Open,
            Verdict::Closed => WindowState::Closed,
            Verdict::Unknown => WindowState::Unknown,
        },
        why,
        changes_at: until,
    })
}

/// The sessions that the comparisons of a stage are blocked by, the one under way and the next one
/// included: as long as there was none, nothing is in any of them.
pub(super) fn sessions(
    rollout: &Rollout,
    since: Option<Timestamp>,
    clock: Clock<'_>,
) -> Vec<(Timestamp, Timestamp)> {
    let Some(since) = since else {
        return Vec::new();
    };
    let from = since.saturating_sub(AROUND).unwrap_or(since);
    let to = clock.now.saturating_add(AROUND).unwrap_or(clock.now);
    let calendars = rollout.sessions.iter();
    let calendars = calendars.filter_map(|name| clock.calendars.get(name));
    let mut sessions: Vec<_> = calendars
        .flat_map(|calendar| calendar.sessions(from, to))
        .filter(|(_, close)| *close > since)
        .collect();
    sessions.sort_unstable();
    sessions.dedup();
    let begun = sessions.partition_point(|(open, _)| *open <= clock.now);
    sessions.truncate(begun.saturating_add(1));
    sessions
}

/// How long the market of a gate was open since the stage was in place.
pub(super) fn open(gate: &Gate, since: Option<Timestamp>, clock: Clock<'_>) -> Option<OpenTime> {
    let GateKind::For(Bake::Open(bake)) = &gate.kind else {
        return None;
    };
    let calendar = clock.calendars.get(&bake.of)?;
    let since = since?;
    let seconds = calendar.open_time(since, clock.now)?.as_secs();
    let wanted = SignedDuration::from_secs(i64::from(bake.open.seconds()));
    Some(OpenTime {
        seconds: u64::try_from(seconds).unwrap_or(0),
        full_at: calendar.after_open_time(since, wanted),
    })
}
