//! What is wrong with the windows of a strategy, wherever they stand in its `rollout`, `run` and `sessions`.

use jiff::{Timestamp, ToSpan};

use super::case::{Case, has_errors};
use super::later::Watched;
use crate::calendar::Calendar;
use crate::diagnostic::{Diagnostic, Span};
use crate::spec::calendar::CalendarName;
use crate::spec::class::Class;
use crate::spec::edge::EdgeExpr;
use crate::spec::window::{Condition, WindowExpr};
use crate::yaml::Node;

/// How long before a calendar ends somebody is told.
const NOTICE_DAYS: i64 = 60;

/// Something that asks a calendar, and where it stands.
struct Asks {
    span: Span,
    calendar: CalendarName,
    /// The words that ask for maintenance.
    maintenance: Option<String>,
}

/// Tells what is wrong with them, and keeps what only an instant can tell.
pub(super) fn check(case: &mut Case) {
    let mut asks = Vec::new();
    for block in ["/rollout", "/run"] {
        if let Some(node) = case.node.pointer(block) {
            if let Ok(window) = node.as_str().unwrap_or_default().parse() {
                asks.extend(asked(&window, &node.span));
            }
            collect(node, &mut asks);
        }
    }
    if case.spec.class == Class::Service
        && let Some(sessions) = case.node.pointer("/sessions")
    {
        asks.extend(sessions.items().iter().filter_map(followed));
    }
    for one in asks {
        ask(case, &one);
    }
    watch(case);
}

/// A session that is followed.
fn followed(node: &Node) -> Option<Asks> {
    Some(Asks {
        span: node.span.clone(),
        calendar: node.as_str()?.parse().ok()?,
        maintenance: None,
    })
}

/// Everything below a node that asks a calendar.
fn collect(node: &Node, asks: &mut Vec<Asks>) {
    for item in node.items() {
        collect(item, asks);
    }
    for entry in node.entries() {
        let span = &entry.node.span;
        let plain = |calendar: CalendarName| Asks {
            span: span.clone(),
            calendar,
            maintenance: None,
        };
        let text = entry.node.as_str().unwrap_or_default();
        match entry.key.as_str() {
            "window" | "during" => {
                if let Ok(window) = text.parse::<WindowExpr>() {
                    asks.extend(asked(&window, span));
                }
            }
            "of" => asks.extend(text.parse().ok().map(plain)),
            "after" | "finishBefore" => {
                let edge = text.parse().ok();
                asks.extend(edge.map(|edge: EdgeExpr| plain(edge.calendar().clone())));
            }
            _ => {}
        }
        collect(&entry.node, asks);
    }
}

fn asked(window: &WindowExpr, span: &Span) -> Vec<Asks> {
    let atoms = window.atoms().into_iter();
    atoms
        .filter_map(|atom| {
            let maintenance = matches!(atom.condition, Condition::Maintenance { .. });
            Some(Asks {
                span: span.clone(),
                calendar: atom.condition.calendar()?.clone(),
                maintenance: maintenance.then(|| window.words(atom).to_owned()),
            })
        })
        .collect()
}

fn ask(case: &mut Case, asks: &Asks) {
    let calendars = case.tables.calendars;
    if let Some(place) = calendars.broken.get(&asks.calendar) {
        let what = format!("the calendar `{}`", asks.calendar);
        let finding = has_errors(asks.span.clone(), &what, place.clone());
        return case.findings.push(finding);
    }
    let Some(calendar) = calendars.tables.get(&asks.calendar) else {
        let message = format!("there is no calendar `{}`", asks.calendar);
        let finding = Diagnostic::error("unknown-calendar", asks.span.clone(), message);
        let finding = match calendars.tables.meant(&asks.calendar) {
            Some(meant) => finding.with_help(format!("did you mean `{meant}`?")),
            None => finding.with_help(format!(
                "correct the name, or add `calendars/*.yaml` with `kind: Calendar` and the name `{}`",
                asks.calendar
            )),
        };
        return case.findings.push(finding);
    };
    if let Some(words) = &asks.maintenance
        && !calendar.lists_maintenance()
    {
        let message = format!("`{words}` never holds: the calendar lists no maintenance");
        let finding = Diagnostic::warning("no-maintenance-known", asks.span.clone(), message);
        let name = &calendar.name;
        case.findings.push(finding.with_help(format!(
            "add what the venue announces under `maintenance` in `calendars/*.yaml` with the name `{name}`"
        )));
    }
    case.later.due.extend(ending(calendar, &asks.span));
}

/// The finding of a calendar that comes to its end, from some time before it on.
fn ending(calendar: &Calendar, span: &Span) -> Option<(Timestamp, Diagnostic)> {
    let (_, end) = calendar.known();
    let notice = end.saturating_sub((NOTICE_DAYS * 24).hours()).ok()?;
    let (_, last) = calendar.valid;
    let name = &calendar.name;
    let message = format!(
        "the calendar {name} knows no day after {last}: what asks for it stays closed from then on"
    );
    let finding = Diagnostic::warning("calendar-ends", span.clone(), message).with_help(format!(
        "upgrade Tidegate, or add the days to come in `calendars/*.yaml` with the name `{name}` and a later `validTo`"
    ));
    Some((notice, finding))
}

/// Keeps the window of the rollout, which should open now and then.
fn watch(case: &mut Case) {
    // What names no calendar never opens, and is told already.
    if case.failed() {
        return;
    }
    let Some(rollout) = &case.spec.rollout else {
        return;
    };
    let Some(window) = rollout.window.clone() else {
        return;
    };
    let watched = Watched {
        span: case.span("/rollout/window"),
        strategy: case.document.name.to_string(),
        window,
        finish: rollout.must_finish_within,
    };
    case.later.windows.push(watched);
}
