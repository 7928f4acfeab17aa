//! Rollouts in stages: who lets them go on, and what becomes of those that fail.

use super::*;
use jiff::SignedDuration;

use crate::intent::{Ask, Asked, IntentSpec};
use crate::resolve::rollout::{
    Bootstrap, Exposure, OnFailure, OnNewRevision, Rollout, Stage as RolloutStage, Style,
};
use crate::spec::gate::Gate;

/// A service whose changes wait for a person.
pub(super) fn guarded(text: &str, change: impl FnOnce(&mut Rollout)) -> Strategy {
    let mut strategy = service(text);
    let gate: Gate = serde_json::from_value(json!({"pause": {}})).unwrap();
    let rollout = &mut strategy.rollout;
    rollout.bootstrap = Bootstrap::Direct;
    rollout.stages.last_mut().unwrap().gates = vec![gate];
    change(rollout);
    strategy
}

pub(super) fn name() -> String {
    fixture::service().name.to_string()
}

impl Stage {
    pub(super) fn running(texts: &[&str], change: fn(&mut Rollout)) -> Self {
        let mut stage = Self::new(1, Trouble::default());
        for text in texts {
            stage.push([guarded(text, change)], text);
            stage.settle();
        }
        stage
    }

    pub(super) fn service(&self) -> &ReleaseStatus {
        self.record(&name())
    }

    /// Somebody asks something of the candidate, or of what runs.
    pub(super) fn ask(&mut self, action: Ask) {
        let behaviour = self.service().target().unwrap().behaviour.clone();
        self.ask_of(action, behaviour);
    }

    pub(super) fn ask_of(&mut self, action: Ask, behaviour: String) {
        self.ask_unit(&name(), action, behaviour);
    }

    pub(super) fn ask_unit(&mut self, strategy: &str, action: Ask, behaviour: String) {
        let unit = UnitId::Strategy(strategy.parse().unwrap());
        let intents = self.daemon.intents.entry(unit).or_default();
        let asked = Asked {
            uid: format!("uid-{}", intents.len()),
            at: self.world.now,
            spec: IntentSpec {
                release: strategy.to_owned(),
                action,
                behaviour,
                stage: None,
                reason: None,
                by: "ann".to_owned(),
            },
        };
        intents.push(asked);
        self.daemon.wake();
        self.settle();
    }

    pub(super) fn pods(&self) -> Vec<String> {
        let all = self.world.objects.values();
        let pods = all.filter(|it| it.kind() == "Pod");
        pods.filter_map(|it| it.uid().map(str::to_owned)).collect()
    }

    /// The commit of what runs.
    pub(super) fn runs(&self) -> &str {
        let stable = self.service().stable.as_ref();
        stable.and_then(|it| it.commit.as_deref()).unwrap_or("")
    }

    /// The commit of what is on its way.
    pub(super) fn comes(&self) -> &str {
        let candidate = self.service().candidate.as_ref();
        candidate.and_then(|it| it.commit.as_deref()).unwrap_or("")
    }

    pub(super) fn waits_for(&self, text: &str) -> bool {
        let waits = &self.service().waiting_on;
        waits.iter().any(|wait| wait.what.contains(text))
    }
}

#[test]
fn a_first_revision_that_may_comes_at_once() {
    let stage = Stage::running(&["a"], |_| {});
    assert_eq!((stage.runs(), stage.comes()), ("a", ""));
    assert_eq!(stage.service().phase, Phase::Ready);
}

#[test]
fn a_change_waits_for_a_person_and_runs_once_promoted() {
    let mut stage = Stage::running(&["a", "b"], |_| {});
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
    assert!(stage.waits_for("who promotes the stage"));
    assert_eq!(stage.service().phase, Phase::Waiting);
    stage.ask(Ask::Promote);
    assert_eq!((stage.runs(), stage.comes()), ("b", ""));
    assert_eq!(stage.service().history.len(), 2);
}

#[test]
fn what_was_asked_of_one_revision_says_nothing_about_the_next() {
    let mut stage = Stage::running(&["a", "b"], |_| {});
    stage.ask(Ask::Promote);
    stage.push([guarded("c", |_| {})], "c");
    stage.settle();
    assert_eq!((stage.runs(), stage.comes()), ("b", "c"));
}

#[test]
fn a_pause_holds_what_is_promoted_until_it_is_resumed() {
    let mut stage = Stage::running(&["a", "b"], |_| {});
    stage.ask(Ask::Pause);
    stage.ask(Ask::Promote);
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
    assert!(stage.waits_for("ann asked to pause"));
    stage.ask(Ask::Resume);
    assert_eq!((stage.runs(), stage.comes()), ("b", ""));
}

#[test]
fn what_is_given_up_goes_back_and_is_not_tried_again_until_it_is_lifted() {
    let mut stage = Stage::running(&["a", "b"], |_| {});
    let failed = stage.service().candidate.clone().unwrap();
    stage.ask(Ask::Abort);
    assert_eq!((stage.runs(), stage.comes()), ("a", ""));
    assert!(stage.waits_for("failed and is not tried again: ann asked to abort"));
    stage.ask_of(Ask::Lift, failed.behaviour);
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
}

#[test]
fn what_is_given_up_where_nothing_may_go_back_stays_until_a_person_decides() {
    for on_failure in [OnFailure::Halt, OnFailure::Hold] {
        let mut stage = Stage::new(1, Trouble::default());
        for text in ["a", "b"] {
            stage.push([guarded(text, |it| it.on_failure = on_failure)], text);
            stage.settle();
        }
        stage.ask(Ask::Abort);
        assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
        assert!(stage.waits_for("a person: ann asked to abort"));
        stage.ask(Ask::Promote);
        assert_eq!((stage.runs(), stage.comes()), ("b", ""));
    }
}

#[test]
fn a_newer_revision_takes_the_place_of_one_under_way() {
    let stage = Stage::running(&["a", "b", "c"], |_| {});
    assert_eq!((stage.runs(), stage.comes()), ("a", "c"));
}

#[test]
fn a_newer_revision_waits_where_the_spec_says_so() {
    let mut stage = Stage::running(&["a", "b", "c"], |it| {
        it.on_new_revision = OnNewRevision::Queue;
    });
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
    assert!(stage.waits_for("which comes first"));
    stage.ask(Ask::Promote);
    assert_eq!((stage.runs(), stage.comes()), ("b", "c"));
}

#[test]
fn a_newer_revision_is_turned_away_where_the_spec_says_so() {
    let mut stage = Stage::running(&["a", "b", "c"], |it| {
        it.on_new_revision = OnNewRevision::Reject;
    });
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
    stage.ask(Ask::Promote);
    assert_eq!((stage.runs(), stage.comes()), ("b", ""));
    assert!(stage.waits_for("it came while another was under way"));
}

#[test]
fn what_was_turned_away_and_lifted_comes_once_its_turn_has_come() {
    let mut stage = Stage::running(&["a", "b", "c"], |it| {
        it.on_new_revision = OnNewRevision::Reject;
    });
    let turned_away = stage.service().quarantine[0].revision.behaviour.clone();
    stage.ask_of(Ask::Lift, turned_away);
    assert!(stage.service().quarantine.is_empty());
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
    stage.ask(Ask::Promote);
    assert_eq!((stage.runs(), stage.comes()), ("b", "c"));
}

#[test]
fn going_back_in_git_gives_up_what_is_under_way() {
    let stage = Stage::running(&["a", "b", "a"], |_| {});
    assert_eq!((stage.runs(), stage.comes()), ("a", ""));
    assert_eq!(stage.service().phase, Phase::Ready);
    assert!(stage.service().quarantine.is_empty());
}

#[test]
fn a_person_goes_back_to_what_was_promoted_and_git_moves_on_from_there() {
    let mut stage = Stage::running(&["a", "b"], |_| {});
    let first = stage.service().stable.clone().unwrap();
    stage.ask(Ask::Promote);
    stage.ask_of(Ask::Rollback, first.behaviour.clone());
    // It was promoted before, but nobody said for how long that counts.
    assert!(stage.waits_for("who promotes the stage"));
    stage.ask(Ask::Promote);
    assert_eq!(stage.service().stable, Some(first));
    stage.push([guarded("c", |_| {})], "c");
    stage.settle();
    assert_eq!((stage.runs(), stage.comes()), ("a", "c"));
}

#[test]
fn other_stages_begin_the_rollout_anew() {
    let mut stage = Stage::running(&["a", "b"], |_| {});
    let before = stage.service().rollout.clone().unwrap();
    stage.push([guarded("b", |it| it.on_failure = OnFailure::Hold)], "b2");
    stage.settle();
    let after = stage.service().rollout.clone().unwrap();
    assert_ne!(before.plan, after.plan);
    assert!(after.started > before.started);
}

#[test]
fn a_broken_first_revision_holds_and_comes_up_once_it_can() {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([guarded("a", |it| it.bootstrap = Bootstrap::Staged)], "a");
    stage.settle();
    stage.ask(Ask::Abort);
    assert_eq!((stage.runs(), stage.comes()), ("", "a"));
    stage.ask(Ask::Promote);
    assert_eq!((stage.runs(), stage.comes()), ("a", ""));
}

#[test]
fn a_death_at_any_write_of_a_rollback_changes_nothing() {
    let stage = Stage::running(&["a", "b"], |_| {});
    let first = stage.daemon.writes;
    let behaviour = stage.service().candidate.clone().unwrap().behaviour;
    let mut undisturbed = stage.clone();
    undisturbed.ask_of(Ask::Abort, behaviour.clone());
    for death in first..=undisturbed.daemon.writes {
        let mut killed = stage.clone();
        killed.daemon.trouble.killed_at = Some(death);
        killed.ask_of(Ask::Abort, behaviour.clone());
        assert_eq!(killed.outcome(), undisturbed.outcome(), "killed at {death}");
    }
}

#[test]
fn a_restart_replaces_every_pod_of_a_service_one_by_one() {
    let mut stage = Stage::running(&["a"], |_| {});
    let before = stage.pods();
    stage.ask(Ask::Restart);
    let after = stage.pods();
    assert_eq!(before.len(), after.len());
    assert!(after.iter().all(|uid| !before.contains(uid)), "{after:?}");
    assert!(stage.service().restarting.is_empty());
    assert_eq!(stage.service().phase, Phase::Ready);
}

#[test]
fn a_restart_ends_no_pod_before_another_took_the_place_of_the_last() {
    let mut stage = Stage::running(&["a"], |_| {});
    let before = stage.pods();
    // What it counts is from before the first pod was ended.
    stage.world.controllers_stopped = true;
    stage.ask(Ask::Restart);
    assert_eq!(stage.pods().len(), before.len() - 1);
}

#[test]
fn a_restart_of_an_algo_ends_its_pod_before_it_starts_another() {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([algo("spread: 5\n")], "a");
    stage.settle();
    let before = stage.pods();
    let stable = stage.record("quoter").stable.clone().unwrap();
    stage.ask_unit("quoter", Ask::Restart, stable.behaviour);
    let after = stage.pods();
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before, after);
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
}

#[test]
fn a_freeze_keeps_a_change_from_beginning_until_it_is_taken_out() {
    let mut stage = Stage::running(&["a"], |_| {});
    let mut frozen = fixture::fleet([guarded("b", |_| {})]);
    frozen.freezes = vec![crate::resolve::Freeze {
        desk: None,
        venue: None,
        until: None,
        reason: "quarter end".to_owned(),
    }];
    stage.daemon.push(frozen, "b");
    stage.settle();
    assert_eq!((stage.runs(), stage.comes()), ("a", ""));
    assert!(stage.waits_for("the freeze of fleet: quarter end"));
    stage.push([guarded("b", |_| {})], "b");
    stage.settle();
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
}

#[test]
fn a_window_that_is_shut_keeps_a_change_from_beginning() {
    let mut stage = Stage::running(&["a"], |_| {});
    let shut = |it: &mut Rollout| it.window = Some("closed(24x7)".parse().unwrap());
    stage.push([guarded("b", shut)], "b");
    stage.settle();
    assert_eq!((stage.runs(), stage.comes()), ("a", ""));
    assert!(stage.waits_for("the window `closed(24x7)`"));
}

#[test]
fn who_let_it_go_on_before_it_stopped_did_not_know_of_that() {
    let mut stage = Stage::running(&["a", "b"], |it| it.on_failure = OnFailure::Halt);
    stage.ask(Ask::Pause);
    stage.ask(Ask::Promote);
    stage.ask(Ask::Abort);
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
    assert!(stage.waits_for("ann asked to abort"));
}

#[test]
fn going_back_to_what_fails_ends_where_it_was() {
    let mut stage = Stage::running(&["a", "b"], |_| {});
    let first = stage.service().stable.clone().unwrap();
    stage.ask(Ask::Promote);
    stage.ask_of(Ask::Rollback, first.behaviour);
    assert_eq!((stage.runs(), stage.comes()), ("b", "a"));
    stage.ask(Ask::Abort);
    assert_eq!((stage.runs(), stage.comes()), ("b", ""));
    assert_eq!(stage.service().phase, Phase::Ready);
}

/// A switch at once, after which what ran before is kept for ten minutes.
fn switched(text: &str) -> Strategy {
    guarded(text, |rollout| {
        rollout.style = Style::BlueGreen;
        rollout.keep_for = Some("10m".parse().unwrap());
        rollout.stages.last_mut().unwrap().gates.clear();
    })
}

fn kept() -> (Stage, Vec<String>) {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([switched("a")], "a");
    stage.settle();
    let before = stage.pods();
    stage.push([switched("b")], "b");
    stage.settle();
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
    assert!(stage.waits_for("what ran before is kept until then"));
    assert_eq!(stage.pods().len(), 2 * before.len());
    (stage, before)
}

#[test]
fn what_ran_before_is_kept_as_long_as_was_asked() {
    let (mut stage, before) = kept();
    stage.world.now += SignedDuration::from_mins(10);
    stage.daemon.wake();
    stage.settle();
    assert_eq!((stage.runs(), stage.comes()), ("b", ""));
    let after = stage.pods();
    assert_eq!(after.len(), before.len());
    assert!(after.iter().all(|uid| !before.contains(uid)));
}

#[test]
fn what_is_kept_takes_over_again_as_it_is() {
    let (mut stage, before) = kept();
    stage.ask(Ask::Abort);
    assert_eq!((stage.runs(), stage.comes()), ("a", ""));
    assert_eq!(stage.pods(), before);
}

/// A service on its way to a version whose pods are never ready.
fn stuck(change: fn(&mut Rollout)) -> Stage {
    let mut stage = Stage::running(&["a"], change);
    let image = fixture::service().image.to_string();
    stage.world.broken_images.insert(image);
    stage.push([guarded("b", change)], "b");
    stage.settle();
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
    stage
}

impl Stage {
    fn wait_seconds(&mut self, seconds: i64) {
        let span = SignedDuration::from_secs(seconds);
        self.world.now = self.world.now.checked_add(span).unwrap();
        self.daemon.wake();
        self.settle();
    }
}

#[test]
fn a_stage_without_another_ready_pod_goes_back_after_a_while() {
    let mut stage = stuck(|_| {});
    let wake_at = stage.plan(&name()).wake_at.unwrap();
    let progress = stage.service().rollout.as_ref().unwrap().progress.unwrap();
    assert_eq!(wake_at.duration_since(progress.since).as_secs(), 600);
    stage.wait_seconds(100);
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
    stage.wait_seconds(600);
    assert_eq!((stage.runs(), stage.comes()), ("a", ""));
    assert!(stage.waits_for("stage `full`: no progress in 10m: Deployment"));
}

#[test]
fn a_stage_that_holds_goes_on_once_its_pods_are_ready_after_all() {
    let mut stage = stuck(|it| it.on_failure = OnFailure::Hold);
    stage.wait_seconds(700);
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
    assert!(stage.waits_for("no progress in 10m"));
    stage.world.broken_images.clear();
    stage.settle();
    assert!(stage.service().rollout.as_ref().unwrap().progress.is_none());
    stage.ask(Ask::Promote);
    assert_eq!((stage.runs(), stage.comes()), ("b", ""));
}

#[test]
fn what_is_no_more_in_place_can_fail_but_not_go_on() {
    let mut stage = Stage::running(&["a", "b"], |it| {
        let health: Gate = serde_json::from_value(json!({"health": {}})).unwrap();
        it.stages.last_mut().unwrap().gates = vec![health];
    });
    // Its gate passed at once: a third one, whose pods start again and again, does not.
    assert_eq!((stage.runs(), stage.comes()), ("b", ""));
    stage.push([guarded("c", |_| {})], "c");
    stage.settle();
    let pods = stage.world.of_kind("Pod");
    let mut pod = pods.last().unwrap().as_ref().clone();
    pod.value_mut()["status"]["conditions"][0]["status"] = json!("False");
    let image = fixture::service().image.to_string();
    stage.world.broken_images.insert(image);
    stage.world.objects.insert(pod.id(), std::rc::Rc::new(pod));
    stage.daemon.wake();
    stage.settle();
    stage.ask(Ask::Promote);
    assert_eq!((stage.runs(), stage.comes()), ("b", "c"));
}

/// The new version comes up beside the old one, and waits for a person before it takes over.
pub(super) fn beside(rollout: &mut Rollout) {
    rollout.style = Style::BlueGreen;
    let gates = std::mem::take(&mut rollout.stages.last_mut().unwrap().gates);
    let preview = RolloutStage {
        name: "preview".to_owned(),
        exposure: Exposure::Preview,
        gates,
    };
    rollout.stages.insert(0, preview);
}

/// A share of the pods is of the new version, until a person promotes it.
fn canary(rollout: &mut Rollout) {
    beside(rollout);
    rollout.style = Style::Canary;
    rollout.stages[0].exposure = Exposure::Weight("25%".parse().unwrap());
}

#[test]
fn a_service_that_somebody_left_without_pods_is_judged_with_some() {
    let mut stage = Stage::running(&["a"], canary);
    let workload = stage.id("Deployment", &name());
    stage.world.edit(&workload, "/spec/replicas", json!(0));
    stage.push([guarded("b", canary)], "b");
    stage.settle();
    let rollout = stage.service().rollout.as_ref().unwrap();
    assert_eq!((rollout.name.as_str(), rollout.replicas), ("preview", 3));
    let tracks = stage.world.of_kind("Deployment");
    let sizes = tracks.iter().map(|it| it.number("/spec/replicas"));
    assert!(sizes.clone().count() == 2 && sizes.into_iter().all(|it| it > Some(0)));
}

#[test]
fn a_stage_that_somebody_wrote_into_the_record_is_not_believed() {
    let mut stage = Stage::running(&["a", "b"], beside);
    let unit = UnitId::Strategy(name().parse().unwrap());
    for written in [1, 7] {
        let record = stage.daemon.records.get_mut(&unit).unwrap();
        record.rollout.as_mut().unwrap().stage = written;
        stage.daemon.wake();
        stage.settle();
        assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
        assert_eq!(stage.service().rollout.as_ref().unwrap().name, "preview");
    }
}
