//! Algos and gateways: one pod, and never two. A change goes 1 → 0 → 1.
//!
//! Every step is told from what is seen, so whoever comes next after a crash goes on where the
//! last one stopped:
//!
//! 1. what touches nothing that runs is made, and the change is rehearsed;
//! 2. the workload is scaled to 0;
//! 3. until no pod object is left, a terminating one included, nothing happens;
//! 4. the rest is applied, the template last;
//! 5. until the controller has made the new template current, nothing happens: before that, it
//!    would make the next pod from the old one;
//! 6. until no other unit takes a place of a holding, nothing happens;
//! 7. the workload is scaled to 1, and its pod is held against what was approved.

mod pods;
mod stage;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::calendar;
use crate::object::{Object, mark};
use crate::plan::{Action, Verb};

use super::advance::{Verdict, reconcile};
use super::gates::earliest;
use super::health::Health;
use super::recreate::{self, Remedy};
use super::stage::is_workload;
use super::unit::{Standing, Unit, changes_template};
use super::waiting::{By, Wait};
use super::{actions, health, session};

pub(super) use pods::ending;
use stage::Stage;

/// How soon to look again when nothing tells that the view is whole again.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// Advances a singleton.
pub(super) fn step(unit: &Unit<'_>) -> Verdict {
    let mut verdict = match stage::of(unit) {
        Stage::Absent => absent(unit),
        Stage::Terminating(live) => terminating(unit, live),
        Stage::Held(verdict) => verdict,
        Stage::Up(live) => stop(unit, live),
        Stage::Ending(waits, wake_at) => Verdict {
            actions: inert(unit),
            waits,
            wake_at,
            ..Verdict::default()
        },
        Stage::Down => change(unit),
        Stage::Unsettled(wait) => waiting(wait),
        Stage::Resting(wait, wake_at) => Verdict {
            wake_at,
            ..waiting(wait)
        },
        Stage::Blind(wait) => Verdict {
            wake_at: unit.situation.now.checked_add(LOOK_AGAIN).ok(),
            ..waiting(wait)
        },
        Stage::Blocked(waits) => Verdict {
            waits,
            ..Verdict::default()
        },
        Stage::Startable(live) => Verdict {
            actions: vec![start(live)],
            ..Verdict::default()
        },
        Stage::Running(live) => running(unit, live),
    };
    let others: Vec<_> = others(unit).collect();
    let stopped = scale_down(&others, "it is a singleton now");
    verdict.actions.extend(stopped);
    tune_budget(unit, &mut verdict);
    verdict
}

/// Scales a workload back that somebody scaled to more than one pod: to 0 in the middle of a
/// change, which goes on from there.
pub(super) fn undo_overlap(unit: &Unit<'_>, may_change: bool) -> Option<Action> {
    let (Some(desired), Some(live)) = unit.workload() else {
        return None;
    };
    let replicas = replicas(live);
    if replicas <= 1 || live.is_terminating() {
        return None;
    }
    let template = match unit.standing(desired) {
        Standing::Differs(_, changes) => changes_template(changes),
        Standing::Absent | Standing::Terminating(_) | Standing::Same => false,
    };
    let is_changing = may_change && (template || pods::wrong(unit, live).is_some());
    let to = u32::from(!is_changing);
    let reason = format!("it was scaled to {replicas}, and may have one pod");
    Some(Action {
        wave: 0,
        ..actions::turn(live, json!({"replicas": to}), reason)
    })
}

/// Scales to 0 what runs out of the window that it runs in.
pub(super) fn end_session(unit: &Unit<'_>) -> Option<Action> {
    let live = unit.workload().1.filter(|live| !live.is_terminating())?;
    let state = session::window(unit)?;
    let is_over = state.verdict == calendar::Verdict::Closed && replicas(live) != 0;
    (is_over && stage::needed(unit).is_empty()).then(|| Action {
        wave: 0,
        ..actions::turn(
            live,
            json!({"replicas": 0}),
            format!("the window it runs in is closed: {}", state.why),
        )
    })
}

/// What the window does to a singleton of which nothing else is known: as it is settled, it comes
/// and goes.
pub(super) fn follow_session(unit: &Unit<'_>) -> Verdict {
    let Some(state) = session::window(unit) else {
        return Verdict::default();
    };
    let started = match stage::of(unit) {
        Stage::Startable(live) => Some(start(live)),
        _ => None,
    };
    Verdict {
        actions: end_session(unit).or(started).into_iter().collect(),
        wake_at: state.until,
        ..Verdict::default()
    }
}

/// Stops what is to change anyway, for a gateway that it needs and that waits for that: both may
/// have changed in one commit, and the gateway comes first.
pub(super) fn give_room(unit: &Unit<'_>) -> Vec<Action> {
    match stage::of(unit) {
        Stage::Up(live) => stop(unit, live).actions,
        _ => Vec::new(),
    }
}

fn start(live: &Object) -> Action {
    actions::turn(live, json!({"replicas": 1}), "it may run")
}

/// Whether an action only takes pods away where there are too many.
pub(super) fn is_undoing_overlap(action: &Action) -> bool {
    matches!(action.verb, Verb::Turn { .. }) && action.wave == 0
}

/// Whether a live workload is a singleton's.
pub(super) fn is_one(live: &Object) -> bool {
    live.kind() == "StatefulSet" && is_singletons(live)
}

/// Whether an object is a singleton's.
fn is_singletons(live: &Object) -> bool {
    let component = live.label("app.kubernetes.io/component");
    matches!(component, Some("algo" | "gateway"))
}

/// The unit's workloads that it should no longer have, those that are being deleted included.
fn others<'a>(unit: &Unit<'a>) -> impl Iterator<Item = &'a Object> + use<'a> {
    let wanted = unit.bundle.workload.clone();
    let own = unit.own().clone();
    own.into_iter()
        .filter(move |(id, _)| Some(*id) != wanted.as_ref())
        .map(|(_, live)| live)
        .filter(|live| is_workload(live))
}

/// Stops the singletons that a unit of another class takes the place of; nothing once they are
/// stopped. Their pods are waited for by what they are and not by whose they are: one whose workload
/// is gone, by hand or just now, may be trading still.
pub(super) fn give_way(unit: &Unit<'_>, reason: &str) -> Option<Verdict> {
    let olds: Vec<_> = others(unit).filter(|old| is_one(old)).collect();
    let mut pods = unit.pods();
    pods.retain(|pod| is_singletons(pod));
    let uids: Vec<_> = olds.iter().filter_map(|old| old.uid()).collect();
    let (stopping, orphans): (Vec<_>, Vec<_>) = pods.into_iter().partition(|pod| {
        pod.is_terminating() || uids.contains(&pod.text("/metadata/ownerReferences/0/uid"))
    });
    let (mut waits, wake_at) = pods::ending(&stopping, &olds, unit.situation.now);
    waits.extend(orphans.into_iter().map(pods::orphaned));
    let actions = scale_down(&olds, reason);
    (!actions.is_empty() || !waits.is_empty()).then_some(Verdict {
        actions,
        waits,
        wake_at,
        ..Verdict::default()
    })
}

/// Scales to 0 what is not.
fn scale_down(workloads: &[&Object], reason: &str) -> Vec<Action> {
    let up = workloads.iter().filter(|live| !live.is_terminating());
    up.filter(|live| replicas(live) != 0)
        .map(|live| actions::turn(live, json!({"replicas": 0}), reason))
        .collect()
}

fn replicas(live: &Object) -> i64 {
    live.number("/spec/replicas").unwrap_or(1)
}

/// It is made with no pod, and recorded, before it gets one.
fn absent(unit: &Unit<'_>) -> Verdict {
    let mut verdict = reconcile(unit);
    for action in &mut verdict.actions {
        if let Verb::Create(object) = &mut action.verb
            && Some(object.id()) == unit.bundle.workload
            && let Some(spec) = object
                .value_mut()
                .get_mut("spec")
                .and_then(Value::as_object_mut)
        {
            spec.insert("replicas".to_owned(), 0.into());
        }
    }
    verdict
}

fn terminating(unit: &Unit<'_>, live: &Object) -> Verdict {
    let mut verdict = Verdict {
        actions: inert(unit),
        ..Verdict::default()
    };
    verdict.terminating(live);
    verdict
}

/// Scales to 0, once what can be made and asked before was made and asked.
fn stop(unit: &Unit<'_>, live: &Object) -> Verdict {
    let mut actions = inert(unit);
    let mut reason = "a change of it needs its pod to be gone".to_owned();
    if let Some(pod) = pods::wrong(unit, live) {
        reason = if unit.is_restarting(pod) {
            format!("a person asked to start pod `{}` anew", pod.name())
        } else {
            format!("pod `{}` is not of the revision that Git says", pod.name())
        };
    }
    for desired in unit.desired() {
        if let Standing::Differs(live, changes) = unit.standing(desired)
            && matches!(recreate::remedy(unit, live), Remedy::Apply)
        {
            actions.push(actions::rehearse(desired, live, changes));
        }
    }
    actions.push(actions::turn(live, json!({"replicas": 0}), reason));
    Verdict {
        actions,
        ..Verdict::default()
    }
}

/// What is absent and acts on no pod that runs.
fn inert(unit: &Unit<'_>) -> Vec<Action> {
    let acts = |object: &Object| matches!(object.kind(), "NetworkPolicy" | "StatefulSet");
    unit.desired()
        .filter(|desired| !acts(desired))
        .filter(|desired| matches!(unit.standing(desired), Standing::Absent))
        .map(actions::create)
        .collect()
}

/// Everything that differs, while nothing runs.
fn change(unit: &Unit<'_>) -> Verdict {
    let mut verdict = reconcile(unit);
    own_replicas_first(unit, &mut verdict);
    verdict.health = Health::Healthy;
    verdict
}

fn running(unit: &Unit<'_>, live: &Object) -> Verdict {
    let mut verdict = reconcile(unit);
    own_replicas_first(unit, &mut verdict);
    if verdict.actions.is_empty() {
        let health = std::mem::replace(&mut verdict.health, Health::Healthy);
        verdict.health = health.and(pods::verified(unit, live));
    }
    if let Some(state) = session::window(unit) {
        verdict.wake_at = earliest(verdict.wake_at, state.until);
        if state.verdict == calendar::Verdict::Closed {
            verdict.waits.extend(stage::needed(unit));
        }
    }
    verdict
}

/// An apply that says nothing about replicas gives up what the same manager once said about them;
/// unless the rollout's own manager holds the field then, it would fall back to 1.
fn own_replicas_first(unit: &Unit<'_>, verdict: &mut Verdict) {
    let (_, Some(live)) = unit.workload() else {
        return;
    };
    for action in &mut verdict.actions {
        let is_apply = matches!(action.verb, Verb::Apply { .. });
        if is_apply && action.id() == live.id() && !owns_replicas(live) {
            let spec = json!({"replicas": replicas(live)});
            *action = actions::turn(live, spec, "the rollout must hold its replicas");
        }
    }
}

fn owns_replicas(live: &Object) -> bool {
    live.managed_fields()
        .filter(|entry| entry.get("manager").and_then(Value::as_str) == Some(mark::RUNTIME_MANAGER))
        .any(|entry| entry.pointer("/fieldsV1/f:spec/f:replicas").is_some())
}

/// A singleton's pod may be evicted when a node is drained, one at a time.
fn tune_budget(unit: &Unit<'_>, verdict: &mut Verdict) {
    let turned = |budget: &Object| budget.at("/spec/maxUnavailable") == Some(&json!(1));
    for desired in unit.desired() {
        if desired.kind() != "PodDisruptionBudget" || turned(desired) {
            continue;
        }
        let id = desired.id();
        let written = verdict
            .actions
            .iter()
            .any(|action| action.id() == id && !matches!(action.verb, Verb::Rehearse { .. }));
        if let Some(live) = unit.live(&id).filter(|live| !turned(live) && !written) {
            let reason = "a drain may evict its pod";
            let turn = actions::turn(live, json!({"maxUnavailable": 1}), reason);
            verdict.actions.push(turn);
        }
    }
}

fn waiting(wait: Wait) -> Verdict {
    Verdict {
        waits: vec![wait],
        ..Verdict::default()
    }
}

/// What the pod says about itself, once there is nothing to do.
fn ready(live: &Object, pods: &[&Object]) -> Health {
    if pods.is_empty() {
        return Health::Progressing(format!("{}: its pod is not there yet", live.id()));
    }
    health::of(live, pods)
}

fn held(waits: Vec<Wait>, failure: Option<String>) -> Verdict {
    let mut verdict = Verdict {
        waits,
        ..Verdict::default()
    };
    if let Some(why) = failure {
        verdict.fail(why);
    }
    verdict
}

fn not_taken_in(workload: &Object) -> Wait {
    let id = workload.id();
    by_itself(
        format!(
            "the {} controller, which has not taken {id} in as it is now",
            id.kind
        ),
        "its `observedGeneration` is its `generation`".to_owned(),
    )
}

fn by_itself(what: String, until: String) -> Wait {
    Wait::new(By::Itself, what, until)
}
