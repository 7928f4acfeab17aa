//! What is to come: the stages that a change goes through, before anything is done about it.
//!
//! The stages are those of the rollout itself ([`ahead`]): nothing here has an idea of its own of
//! what a stage is or when it is left. Where a plan cannot know, it takes the best case, so that
//! every time in it is an earliest one, and says what that rests on.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod ideal;
mod json;
mod pods;
mod sight;
mod svg;
mod text;
mod unit;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::build::Build;
use crate::calendar::human_span;
use crate::compile::{Bundle, UnitId};
use crate::preview::{Preview, Row};
use crate::release::ReleaseStatus;
use crate::resolve::Fleet;
use crate::rollout::Kept;
use crate::rollout::ahead::{Journey, Outset, ahead};
use crate::spec::metric::MetricName;

pub use json::json;
pub use sight::Sight;
pub use svg::svg;
pub use text::text;
pub use unit::{Coming, Step};

/// What a plan goes by besides the two revisions.
#[derive(Debug, Clone, Copy)]
pub struct Premise<'a> {
    /// When the change is pushed.
    pub at: Timestamp,
    /// How many samples of a metric come together in a session, over all requests.
    pub rates: &'a BTreeMap<MetricName, f64>,
}

/// The rollouts to come.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// When the change is pushed.
    pub at: Timestamp,
    /// What changes, the riskiest first.
    pub units: Vec<Coming>,
    /// How many units do not.
    pub unchanged: usize,
}

/// What is known of a unit in a cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// Its record.
    pub record: ReleaseStatus,
    /// The bundles that the record names, besides the one that Git says.
    pub kept: Kept,
}

/// How far ahead is looked: as far as calendars are.
const HORIZON: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Foresees what comes of a change, as if its base were what runs.
pub fn forecast(preview: Preview, base: &Build, head: &Build, premise: Premise<'_>) -> Forecast {
    let before = |unit: &UnitId| base.bundles.iter().find(|it| it.unit == *unit);
    let coming = preview.rows.into_iter().map(|row| {
        let standing = before(&row.unit).map(Standing::running).unwrap_or_default();
        coming(row, head, &standing, premise)
    });
    Forecast {
        at: premise.at,
        units: coming.collect(),
        unchanged: preview.unchanged,
    }
}

/// Foresees what comes of one unit.
pub fn coming(row: Row, head: &Build, standing: &Standing, premise: Premise<'_>) -> Coming {
    let git = head.bundles.iter().find(|it| it.unit == row.unit);
    let journey = git.zip(head.fleet.as_ref());
    let journey = journey.map(|(git, fleet)| journey_of(git, fleet, standing, premise.at));
    let rollout = git.and_then(|git| git.rollout.clone());
    Coming::of(row, rollout, git, journey, premise)
}

fn journey_of(git: &Bundle, fleet: &Fleet, standing: &Standing, at: Timestamp) -> Journey {
    let outset = Outset {
        git,
        record: &standing.record,
        kept: &standing.kept,
        calendars: &fleet.calendars,
        freezes: &fleet.freezes,
        from: at,
        until: at.saturating_add(HORIZON).unwrap_or(Timestamp::MAX),
    };
    ahead(&outset, &mut ideal::Ideal)
}

/// From one instant to another, in words.
pub(crate) fn human(from: Timestamp, to: Timestamp) -> String {
    match human_span(to.duration_since(from)) {
        span if span.is_empty() => "0s".to_owned(),
        span => span,
    }
}

/// How much later something is, if it is.
fn later(from: Timestamp, at: Timestamp) -> Option<String> {
    (at > from).then(|| format!("+{}", human(from, at)))
}

impl Standing {
    /// A unit that runs a bundle, with nothing on its way.
    pub fn running(bundle: &Bundle) -> Self {
        Self {
            record: ReleaseStatus {
                stable: Some(crate::release::Revision {
                    bundle: bundle.bundle.to_string(),
                    behaviour: bundle.behaviour.to_string(),
                    commit: None,
                }),
                ..ReleaseStatus::default()
            },
            kept: Kept::from([(bundle.bundle.to_string(), bundle.clone())]),
        }
    }
}
