//! The gates of the stage that a rollout is at, judged together: each on its own evidence, and the
//! worst of them counts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::approvals::{Assembly, Tally};
use super::asks::Asks;
use super::course::Course;
use super::gates::{
    self, Evidence, GateState, Judged, Promotion, Query, Stable, Subject, Target, Wanted,
};
use super::hours::{self, Shut};
use super::overrides::{self, Council};
use super::unit::Unit;
use super::verdict::Verdict;
use super::waiting::{By, Wait};
use crate::compile::UnitId;
use crate::object::{Object, mark};
use crate::release::{GateStatus, RolloutStatus};
use crate::resolve::rollout::{Rollout, Stage};
use crate::spec::gate::{Gate, GateKind};

/// What the gates of a stage say.
pub(super) struct Judgement {
    /// The worst verdict.
    pub(super) verdict: Verdict,
    /// Why, for a person.
    pub(super) why: String,
    /// What to remember of each.
    pub(super) gates: Vec<GateStatus>,
    /// What is waited for.
    pub(super) waits: Vec<Wait>,
    /// When to judge again even if nothing is seen to change.
    pub(super) wake_at: Option<Timestamp>,
    /// What to measure, by the key of its gate.
    pub(super) wants: BTreeMap<String, Wanted>,
    /// The Jobs to make.
    pub(super) jobs: Vec<Object>,
}

impl Default for Judgement {
    fn default() -> Self {
        Self {
            verdict: Verdict::Pass,
            why: String::new(),
            gates: Vec::new(),
            waits: Vec::new(),
            wake_at: None,
            wants: BTreeMap::new(),
            jobs: Vec::new(),
        }
    }
}

impl Judgement {
    fn add(&mut self, gate: &Gate, key: String, judged: Judged, tally: Option<&Tally>) {
        let Judged {
            verdict,
            state,
            why,
            wake_at,
            wants,
        } = judged;
        if verdict > self.verdict {
            self.why = format!("{gate}: {why}");
        }
        self.verdict = self.verdict.and(verdict);
        self.wake_at = gates::earliest(self.wake_at, wake_at);
        match wants {
            Some(Wanted {
                query: Query::Job(job),
                ..
            }) => self.jobs.push(*job),
            Some(wanted) => {
                self.wants.insert(key, wanted);
            }
            None => {}
        }
        if verdict != Verdict::Pass {
            let asked = tally.map(|tally| tally.wait(None));
            self.waits.push(asked.unwrap_or_else(|| wait(gate)));
        }
        self.gates.push(GateStatus {
            gate: gate.to_string(),
            state,
        });
    }
}

/// That a gate is waited for. What it measured changes all the time, and is told where it counts.
fn wait(gate: &Gate) -> Wait {
    match &gate.kind {
        GateKind::Pause => Wait::for_person(
            "a person, who promotes the stage",
            "`tidegate promote` says so",
            &["promote", "abort"],
        ),
        GateKind::Approve(_) | GateKind::After(_) | GateKind::Freeze | GateKind::Window(_) => {
            Wait::new(By::Others, format!("gate {gate}"), "it opens")
        }
        GateKind::For(_)
        | GateKind::Health(_)
        | GateKind::Metric(_)
        | GateKind::Compare(_)
        | GateKind::Logs(_)
        | GateKind::Scan(_)
        | GateKind::Job(_)
        | GateKind::Webhook(_) => Wait::new(By::Itself, format!("gate {gate}"), "it passes"),
    }
}

/// The pods of the track that is judged.
pub(super) fn pods_of_target<'a>(unit: &Unit<'a>) -> Vec<&'a Object> {
    let instance = unit.bundle.workload.as_ref().map(|id| id.name.as_str());
    let mut pods = unit.pods();
    pods.retain(|pod| pod.label(mark::INSTANCE) == instance);
    pods
}

/// The Job of a gate, if it is there.
fn job<'a>(unit: &Unit<'a>, gate: &Gate, subject: &Subject) -> Option<&'a Object> {
    let name = gates::job_name(gate, subject)?;
    let jobs = unit.of_kind("Job");
    jobs.into_iter().find(|job| job.name() == name)
}

/// The key under which the measurements of a gate are kept: another stage, or another rollout, never
/// sees them.
fn key(at: &RolloutStatus, behaviour: &str, gate: usize) -> String {
    format!("{behaviour}/{}/{gate}", at.name)
}

/// Which gate of its stage a key is of.
pub(super) fn gate_of(key: &str) -> Option<usize> {
    key.rsplit('/').next()?.parse().ok()
}

/// Judges the gates of a stage.
pub(super) fn judge(
    unit: &Unit<'_>,
    course: &Course,
    rollout: &Rollout,
    stage: &Stage,
    at: &RolloutStatus,
    asks: &Asks<'_>,
) -> Judgement {
    let pods: Vec<&Object> = pods_of_target(unit);
    let promoted = asks.promotion(&at.name).map(|asked| Promotion {
        by: asked.spec.by.clone(),
        at: asked.at,
    });
    let behaviour = course.bundle().behaviour.to_string();
    let clock = unit.situation.clock();
    let sessions = hours::sessions(rollout, at.settled_at, clock);
    let freezes = hours::frozen(unit.bundle, &unit.record.touches, clock);
    let images = course.bundle().images();
    let mut judgement = Judgement::default();
    let Some(subject) = subject(unit, course, at) else {
        // Only strategies change in stages; of nothing else is known what would be judged.
        judgement.verdict = Verdict::Wait;
        return judgement;
    };
    for (index, gate) in stage.gates.iter().enumerate() {
        let key = key(at, &behaviour, index);
        let subject = Subject {
            gate: index,
            ..subject.clone()
        };
        let window = hours::seen(gate, clock);
        let open = hours::open(gate, at.settled_at, clock);
        let tally = tally(unit, course, gate);
        let evidence = Evidence {
            subject: &subject,
            began: at.started,
            entered: at.since,
            settled_at: at.settled_at,
            target: Target {
                workload: unit.workload().1,
                pods: &pods,
            },
            images: &images,
            metrics: &rollout.metrics,
            measurement: unit.situation.observed.measurements.get(&key),
            promoted: promoted.as_ref(),
            window: window.as_ref(),
            open: open.as_ref(),
            tally: tally.as_ref(),
            sessions: &sessions,
            peers: &unit.situation.observed.peers,
            freezes: Some(&freezes),
            job: job(unit, gate, &subject),
        };
        let before = at.gates.get(index).map(|it| it.state.clone());
        let before = before.unwrap_or_default();
        let judged = gates::judge(gate, &before, &evidence, unit.situation.now);
        let judged = unless_overridden(unit, course, (stage, gate), &before, judged);
        judgement.add(gate, key, judged, tally.as_ref());
    }
    judgement
}

/// Those who may override for what is on its way.
pub(super) fn council<'a>(unit: &Unit<'a>, course: &'a Course) -> Council<'a> {
    let situation = unit.situation;
    let (bundle, kept) = (course.bundle(), situation.kept);
    let observed = situation.observed;
    Council::of(unit.record, bundle, (bundle, kept), observed, situation.now)
}

/// What a gate says, unless people pass it without.
fn unless_overridden(
    unit: &Unit<'_>,
    course: &Course,
    (stage, gate): (&Stage, &Gate),
    before: &GateState,
    judged: Judged,
) -> Judged {
    let situation = unit.situation;
    let nobody_does = situation.observed.overrides.given.is_empty();
    if nobody_does || judged.verdict == Verdict::Pass {
        return judged;
    }
    match council(unit, course).past(stage, gate) {
        Some(passing) => overrides::passed(&judged, before, &passing, situation.now),
        None => judged,
    }
}

/// Who has yet to approve a stage that a person promotes past what failed there.
pub(super) fn unapproved(unit: &Unit<'_>, course: &Course) -> Option<Shut> {
    let stage = course.stage.as_ref()?;
    let passed = |gate: &Gate| council(unit, course).past(stage, gate).is_some();
    stage.gates.iter().find_map(|gate| {
        let GateKind::Approve(_) = &gate.kind else {
            return None;
        };
        match tally(unit, course, gate) {
            Some(tally) if tally.is_enough() || passed(gate) => None,
            Some(tally) => Some(Shut {
                until: tally.until,
                wait: tally.wait(None),
            }),
            None => Some(wait(gate).into()),
        }
    })
}

/// How many people approved, where a gate asks for them.
fn tally(unit: &Unit<'_>, course: &Course, gate: &Gate) -> Option<Tally> {
    let GateKind::Approve(asked) = &gate.kind else {
        return None;
    };
    let situation = unit.situation;
    let (bundle, kept) = (course.bundle(), situation.kept);
    let observed = situation.observed;
    let assembly = Assembly::of(unit.record, bundle, (bundle, kept), observed, situation.now);
    Some(assembly.ok()??.tally(asked))
}

/// What is judged, by its first gate.
fn subject(unit: &Unit<'_>, course: &Course, at: &RolloutStatus) -> Option<Subject> {
    let UnitId::Strategy(strategy) = &course.bundle().unit else {
        return None;
    };
    let tracks = &unit.record.tracks;
    let stable = unit.record.stable.as_ref().and_then(|stable| {
        Some(Stable {
            track: tracks.stable_label().to_owned(),
            behaviour: stable.behaviour.parse().ok()?,
        })
    });
    Some(Subject {
        strategy: strategy.clone(),
        desk: course.bundle().desk.clone(),
        namespace: course.bundle().namespace.clone(),
        owner: course.bundle().owner.as_str().to_owned(),
        track: tracks.candidate_label().to_owned(),
        behaviour: course.bundle().behaviour,
        stable,
        stage: at.name.clone(),
        gate: 0,
    })
}
