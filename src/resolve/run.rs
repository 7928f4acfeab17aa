//! When a strategy runs, settled.
//!
//! A bundle keeps what the cluster cannot do by itself: sessions are no cron fields.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Class;
use super::case::Case;
use super::later::Watched;
use crate::spec::edge::EdgeExpr;
use crate::spec::run::{OnLate, RunAtSpec, RunSpec};
use crate::spec::window::WindowExpr;

/// When a strategy runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    /// A job: by cron fields, which the cluster goes by itself.
    Cron(Schedule),
    /// A job: after the edge of each trading session.
    Session(SessionRun),
    /// A singleton: as long as a window is open.
    While(WindowExpr),
}

/// Cron fields on a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Schedule {
    /// Five cron fields.
    pub cron: String,
    /// An IANA time zone.
    pub time_zone: String,
}

/// A run for each trading session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionRun {
    /// When it is due.
    pub after: EdgeExpr,
    /// Until when it must be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_before: Option<EdgeExpr>,
    /// What happens to a run that is not.
    #[serde(default)]
    pub on_late: OnLate,
}

impl When {
    /// Whether it is Tidegate that starts it, and not the cluster.
    pub fn is_driven(&self) -> bool {
        match self {
            Self::Cron(_) => false,
            Self::Session(_) | Self::While(_) => true,
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cron(Schedule { cron, time_zone }) => write!(f, "{cron} {time_zone}"),
            Self::Session(run) => write!(f, "{run}"),
            Self::While(window) => write!(f, "while {window}"),
        }
    }
}

impl fmt::Display for SessionRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {}", self.after)?;
        match &self.finish_before {
            Some(edge) => write!(f, ", finished before {edge}"),
            None => Ok(()),
        }
    }
}

/// When the strategy runs; `None` for a job that runs once, and for what always runs.
pub(super) fn settle(case: &mut Case) -> Option<When> {
    let is_job = case.spec.class == Class::Job;
    match case.spec.run.clone()? {
        RunSpec::At(spec) if is_job => at(case, spec),
        RunSpec::While(window) if !is_job => {
            watch(case, &window);
            Some(When::While(window))
        }
        RunSpec::While(_) => {
            case.error(
                "wrong-class",
                "/run",
                "a job runs to its end, and not for as long as a window is open",
                "write `{after: open(XNYS)}`, or `cron: …` and `timeZone: …`",
            );
            None
        }
        RunSpec::At(_) => {
            case.error(
                "wrong-class",
                "/run",
                "only a job runs again and again: everything else runs for as long as a window is open",
                "write the window, such as `run: open(XNYS)`",
            );
            None
        }
    }
}

/// A run has to have something to run in now and then. What names no calendar is told already.
fn watch(case: &mut Case, window: &WindowExpr) {
    if case.failed() {
        return;
    }
    let watched = Watched {
        span: case.span("/run"),
        strategy: case.document.name.to_string(),
        window: window.clone(),
        finish: None,
    };
    case.later.windows.push(watched);
}

fn at(case: &mut Case, spec: RunAtSpec) -> Option<When> {
    let Some(after) = spec.after.clone() else {
        return by_cron(case, spec);
    };
    for (field, is_there) in [
        ("cron", spec.cron.is_some()),
        ("timeZone", spec.time_zone.is_some()),
    ] {
        if is_there {
            case.error(
                "invalid-value",
                &format!("/run/{field}"),
                format!("`{field}` means nothing beside `after`: sessions are on the clock of their calendar"),
                format!("remove `{field}`, or `after`"),
            );
        }
    }
    if spec.on_late.is_some() && spec.finish_before.is_none() {
        case.error(
            "missing-field",
            "/run/onLate",
            "a run without `finishBefore` is never late",
            "add `finishBefore: …`, such as `open(XNYS)-60m`, or remove `onLate`",
        );
    }
    Some(When::Session(SessionRun {
        after,
        finish_before: spec.finish_before,
        on_late: spec.on_late.unwrap_or_default(),
    }))
}

fn by_cron(case: &mut Case, spec: RunAtSpec) -> Option<When> {
    let Some(cron) = spec.cron else {
        case.error(
            "missing-field",
            "/run",
            "the run has neither `cron` nor `after`",
            "add `cron: …` and `timeZone: …`, or `after: close(XNYS)+30m`, or leave `run` out for a job that runs once",
        );
        return None;
    };
    let Some(zone) = spec.time_zone else {
        case.error(
            "missing-field",
            "/run",
            "the cron fields have no `timeZone`, so that it is not known when they are",
            "add `timeZone: …`, such as `America/New_York` or `Etc/UTC`",
        );
        return None;
    };
    Some(When::Cron(Schedule {
        cron: cron.to_string(),
        time_zone: zone.to_string(),
    }))
}
