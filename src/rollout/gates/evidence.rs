//! All that a gate may look at.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::digest::Digest;
use crate::object::Object;
use crate::rollout::approvals::Tally;
use crate::spec::gate::Severity;
use crate::spec::image::Image;
use crate::spec::metric::{Metric, MetricName, Placeholder, Template};
use crate::spec::names::{DeskName, StrategyName};

/// All that a gate may look at. What is `None` is not known, which no gate passes on.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// What is being rolled out.
    pub subject: &'a Subject,
    /// When the rollout began, and with it the first pod of the candidate.
    pub began: Timestamp,
    /// When the stage was begun.
    pub entered: Timestamp,
    /// When the stage was first seen in place: the target's digest everywhere, at the generation
    /// that its controllers have seen.
    pub settled_at: Option<Timestamp>,
    /// The target's workload and pods.
    pub target: Target<'a>,
    /// The images that its pods run.
    pub images: &'a [Image],
    /// The metrics that the strategy's gates name.
    pub metrics: &'a BTreeMap<MetricName, Metric>,
    /// The latest measurement for this gate.
    pub measurement: Option<&'a Measurement>,
    /// Who promoted this stage, if somebody did.
    pub promoted: Option<&'a Promotion>,
    /// How many people approved, where this gate asks for them.
    pub tally: Option<&'a Tally>,
    /// What the calendars say about this gate's window.
    pub window: Option<&'a WindowSeen>,
    /// How long this gate's market was open since the stage was in place.
    pub open: Option<&'a OpenTime>,
    /// The sessions since then, each from its open to its close: what blocks a comparison.
    pub sessions: &'a [(Timestamp, Timestamp)],
    /// How far other strategies' rollouts are.
    pub peers: &'a BTreeMap<StrategyName, Peer>,
    /// The freezes that concern the strategy now.
    pub freezes: Option<&'a [Freeze]>,
    /// This gate's Job, if it is there.
    pub job: Option<&'a Object>,
}

/// What is being rolled out, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The strategy.
    pub strategy: StrategyName,
    /// Its desk.
    pub desk: DeskName,
    /// Its namespace.
    pub namespace: String,
    /// The value of its owner label.
    pub owner: String,
    /// The track that is judged.
    pub track: String,
    /// The behaviour that is judged.
    pub behaviour: Digest,
    /// What ran before it, if something did.
    pub stable: Option<Stable>,
    /// The stage's name.
    pub stage: String,
    /// Which gate of the stage this is, from 0.
    pub gate: usize,
}

/// What ran before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stable {
    /// Its track.
    pub track: String,
    /// Its behaviour.
    pub behaviour: Digest,
}

/// The target's workload and pods, as they are now.
#[derive(Debug, Clone, Copy, Default)]
pub struct Target<'a> {
    /// The workload.
    pub workload: Option<&'a Object>,
    /// The pods of its track, whichever version they are of.
    pub pods: &'a [&'a Object],
}

/// Something measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// When it was asked for.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a measurement.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// One number.
    Value {
        /// The number.
        value: f64,
        /// How many samples it is about, if the metric says so.
        samples: Option<f64>,
    },
    /// A comparison.
    Compared(Compared),
    /// What the logs say.
    Logged(Logged),
    /// What a scanner knows, an image each.
    Scanned(Vec<Scanned>),
    /// A server's answer.
    Answer(Answer),
    /// There was nothing, and why that may be.
    NoData(String),
    /// It could not be measured: what went wrong, and what to do.
    Error(String),
}

/// A comparison of the candidate with what ran before, at the same time.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// What it says about the margin.
    pub finding: Finding,
    /// The fewer of both sides' samples.
    pub samples: u64,
    /// How they differ, for a person.
    pub how: String,
}

/// What a comparison says about the margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The difference is within it, as sure as was asked for.
    Within,
    /// The difference is beyond it, as sure as was asked for.
    Beyond,
    /// It could be either.
    Undecided,
}

/// What the logs of both sides say.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// That of the candidate, since it was begun.
    pub candidate: Log,
    /// That of what ran before, if something did.
    pub before: Option<Log>,
}

/// How many lines a log has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    /// Of each class that is counted.
    pub classes: BTreeMap<String, f64>,
    /// Of all of them, those that are not counted too.
    pub lines: f64,
}

/// What a scanner knows of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// The image.
    pub digest: Digest,
    /// The latest report.
    pub report: Report,
}

/// A scanner's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// It is about that very image.
    Found {
        /// When it was made.
        made: Timestamp,
        /// What is worse than was asked about, each with how bad it is at its worst.
        findings: BTreeMap<String, Severity>,
    },
    /// There is none, and what there is instead.
    Missing(String),
}

/// A server's answer to whether the stage may be left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It may, and what else the server said.
    Yes(String),
    /// Not yet.
    NotYet(String),
    /// It may not.
    No(String),
}

/// A person's word that a stage may be left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// Whose.
    pub by: String,
    /// When it was given.
    pub at: Timestamp,
}

/// What the calendars say about a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowSeen {
    /// Whether it is open.
    pub state: WindowState,
    /// Why.
    pub why: String,
    /// When that may change.
    pub changes_at: Option<Timestamp>,
}

/// Whether a window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowState {
    /// It is.
    Open,
    /// It is not.
    Closed,
    /// The calendars do not say, which denies.
    Unknown,
}

/// How long a market was open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenTime {
    /// In seconds.
    pub seconds: u64,
    /// When it will have been open for as long as was asked for, if the calendar says so.
    pub full_at: Option<Timestamp>,
}

/// How far another strategy's rollout is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// It is through, or there is none.
    Through,
    /// It is on its way.
    Rolling {
        /// The stages that it has reached and that were seen in place.
        reached: Vec<String>,
    },
    /// It failed, and why.
    Failed(String),
    /// It cannot be told, and why.
    Unknown(String),
}

/// A time in which nothing may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Whose: `fleet`, `desk rates`, `venue XNYS`.
    pub scope: String,
    /// Why.
    pub reason: String,
    /// When it is over.
    pub until: Option<Timestamp>,
}

impl Evidence<'_> {
    /// The latest measurement, if it was taken after the stage was in place.
    pub(super) fn fresh(&self) -> Option<&Measurement> {
        let settled = self.settled_at?;
        self.measurement.filter(|it| it.at > settled)
    }
}

/// Whose words stand in for placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Those of what is being rolled out.
    Candidate,
    /// Those of what ran before.
    Baseline,
}

impl Subject {
    /// A template with this rollout's words in it. Without anything that ran before, its words are
    /// those of no track.
    pub(super) fn fill(&self, template: &Template, side: Side, interval: &str) -> String {
        let behaviour = self.behaviour.hex();
        let stable = self.stable.as_ref();
        let stable_track = stable.map_or("", |it| it.track.as_str());
        let stable_behaviour = stable.map_or_else(String::new, |it| it.behaviour.hex());
        template.fill(|placeholder| match (placeholder, side) {
            (Placeholder::Strategy, _) => self.strategy.as_str(),
            (Placeholder::Namespace, _) => &self.namespace,
            (Placeholder::Track, Side::Candidate) => &self.track,
            (Placeholder::Behaviour, Side::Candidate) => &behaviour,
            (Placeholder::Behaviour, Side::Baseline) => &stable_behaviour,
            (Placeholder::StableTrack, _) | (Placeholder::Track, Side::Baseline) => stable_track,
            (Placeholder::Interval, _) => interval,
        })
    }
}
