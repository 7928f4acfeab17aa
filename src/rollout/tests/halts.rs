//! What stops under a Halt, what does not, and how it goes on once that is lifted.

use serde_json::json;

use super::*;
use crate::halt::{Named, Scope, Seen};
use crate::intent::Ask;
use crate::resolve::Class;
use crate::resolve::rollout::{
    Bootstrap, Exposure, OnFailure, Rollout, Stage as RolloutStage, Style,
};
use crate::spec::gate::Gate;

const DESK: &str = "desk-rates";

impl Stage {
    fn halt(&mut self, scope: Scope) {
        self.order(scope);
        self.go_on();
    }

    /// Somebody halts, and nobody has looked yet.
    fn order(&mut self, scope: Scope) {
        let uid = format!("halt-{}", self.daemon.halts.len());
        self.daemon.halts.push(Seen {
            name: uid.clone(),
            uid,
            scope: scope.into(),
            by: "ann".to_owned(),
            reason: "fills look wrong".to_owned(),
            at: self.world.now,
            restores: None,
            is_lifted: false,
        });
        self.daemon.wake();
    }

    fn lift(&mut self) {
        for halt in &mut self.daemon.halts {
            halt.is_lifted = true;
        }
        self.go_on();
    }

    fn go_on(&mut self) {
        self.daemon.wake();
        self.settle();
    }

    fn replicas_of(&self, kind: &str, name: &str) -> Option<i64> {
        self.find(kind, name)?.number("/spec/replicas")
    }

    fn pods_of(&self, strategy: &str) -> Vec<String> {
        let pods = self.world.of_kind("Pod");
        let of = pods
            .iter()
            .filter(|it| it.label(mark::STRATEGY) == Some(strategy));
        of.filter_map(|it| it.uid().map(str::to_owned)).collect()
    }

    /// The behaviours of the pods of a strategy.
    fn behaviours_of(&self, strategy: &str) -> Vec<String> {
        let pods = self.world.of_kind("Pod");
        let of = pods
            .iter()
            .filter(|it| it.label(mark::STRATEGY) == Some(strategy));
        let mut all: Vec<String> = of
            .filter_map(|it| it.annotation(mark::BEHAVIOUR).map(str::to_owned))
            .collect();
        all.sort();
        all.dedup();
        all
    }

    fn says(&self, unit: &str, text: &str) -> bool {
        let waits = &self.record(unit).waiting_on;
        waits.iter().any(|wait| wait.what.contains(text))
    }
}

fn pause() -> Gate {
    serde_json::from_value(json!({"pause": {}})).unwrap()
}

/// A service whose changes come in this way.
fn staged(text: &str, change: fn(&mut Rollout)) -> Strategy {
    let mut strategy = service(text);
    strategy.rollout.bootstrap = Bootstrap::Direct;
    strategy.rollout.stages.last_mut().unwrap().gates = vec![pause()];
    change(&mut strategy.rollout);
    strategy
}

fn canary(rollout: &mut Rollout) {
    rollout.style = Style::Canary;
    let first = RolloutStage {
        name: "canary 34%".to_owned(),
        exposure: Exposure::Weight("34%".parse().unwrap()),
        gates: std::mem::take(&mut rollout.stages.last_mut().unwrap().gates),
    };
    rollout.stages.insert(0, first);
}

fn blue_green(rollout: &mut Rollout) {
    rollout.style = Style::BlueGreen;
}

fn rolling(_: &mut Rollout) {}

/// A service in the middle of a rollout from `a` to `b`.
fn under_way(change: fn(&mut Rollout)) -> Stage {
    let mut stage = Stage::new(11, Trouble::default());
    for text in ["a", "b"] {
        stage.push([staged(text, change)], text);
        stage.settle();
    }
    assert!(stage.record(&signals()).candidate.is_some());
    stage
}

#[test]
fn pods_of_another_class_that_comes_are_stopped() {
    let mut stage = Stage::new(6, Trouble::default());
    stage.push([algo("spread: 5\n")], "c1");
    stage.settle();
    let mut served = staged("b", rolling);
    served.name = "quoter".parse().unwrap();
    stage.push([served], "c2");
    stage.settle();
    assert!(stage.find("Deployment", "quoter").is_some());
    assert!(!stage.pods_of("quoter").is_empty());
    stage.halt(Scope::Everything);
    assert_eq!(stage.pods_of("quoter"), [""; 0]);
}

#[test]
fn what_a_halt_kept_from_being_looked_at_is_removed_once_it_is_lifted() {
    let mut stage = Stage::new(6, Trouble::default());
    stage.push([algo("spread: 5\n"), service("a")], "c1");
    stage.settle();
    let quoter = UnitId::Strategy("quoter".parse().unwrap());
    stage.order(Scope::Everything);
    stage
        .daemon
        .records
        .insert(quoter, ReleaseStatus::default());
    stage.push([service("a")], "c2");
    stage.go_on();
    assert_eq!(stage.pods_of("quoter"), [""; 0]);
    stage.lift();
    let left = stage.of_strategy("quoter");
    assert_eq!(left, ["PersistentVolumeClaim desk-rates/quoter.data"]);
}

fn signals() -> String {
    fixture::service().name.to_string()
}

fn stable_of(stage: &Stage, unit: &str) -> String {
    let stable = stage.record(unit).stable.clone().unwrap();
    stable.behaviour.trim_start_matches("sha256:").to_owned()
}

#[test]
fn a_halt_takes_an_algo_to_0_and_keeps_it_there_until_a_person_lifts_it() {
    let mut stage = Stage::new(3, Trouble::default());
    stage.push([algo("spread: 5\n"), service("a")], "c1");
    stage.settle();
    let served = stage.pods_of(&signals());
    stage.halt(Scope::Desk(DESK.to_owned()));
    assert_eq!(stage.replicas_of("StatefulSet", "quoter"), Some(0));
    assert!(stage.pods_of("quoter").is_empty());
    assert!(stage.says("quoter", "ann halted everything in namespace `desk-rates`"));
    assert!(stage.record("quoter").stopping.is_empty());
    assert_eq!(
        stage.pods_of(&signals()),
        served,
        "a stable service keeps running"
    );
    assert_eq!(stage.record("quoter").phase, Phase::Waiting);

    // Whoever scales it up meanwhile is undone, and a push changes nothing.
    let id = stage.id("StatefulSet", "quoter");
    stage.world.edit(&id, "/spec/replicas", json!(1));
    stage.push([algo("spread: 6\n"), service("b")], "c2");
    stage.go_on();
    assert!(stage.pods_of("quoter").is_empty());
    assert_eq!(stage.pods_of(&signals()), served);
    assert_eq!(stage.record("quoter").commit.as_deref(), Some("c1"));

    stage.lift();
    assert_eq!(stage.pods_of("quoter").len(), 1);
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
    assert_eq!(stage.record("quoter").commit.as_deref(), Some("c2"));
    assert!(stage.record("quoter").halts.is_empty());
}

#[test]
fn what_is_new_under_a_halt_does_not_start() {
    let mut stage = Stage::new(3, Trouble::default());
    stage.push([], "c0");
    stage.settle();
    stage.halt(Scope::Everything);
    stage.push([algo("spread: 5\n"), service("a"), fixture::job()], "c1");
    stage.go_on();
    assert!(stage.world.of_kind("Pod").is_empty());
    assert!(stage.find("StatefulSet", "quoter").is_none());
    stage.lift();
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
}

#[test]
fn a_halt_in_the_middle_of_a_rollout_leaves_the_stable_version_alone() {
    for (name, change) in [
        ("canary", canary as fn(&mut Rollout)),
        ("blue-green", blue_green),
        ("rolling", rolling),
    ] {
        let mut stage = under_way(change);
        let stable = stable_of(&stage, &signals());
        stage.halt(Scope::Strategy(Named {
            namespace: DESK.to_owned(),
            name: signals(),
        }));
        assert_eq!(stage.behaviours_of(&signals()), [stable], "{name}");
        assert_eq!(stage.pods_of(&signals()).len(), 3, "{name}");
        let record = stage.record(&signals());
        assert!(record.stopping.is_empty(), "{name}: {record:#?}");
        assert!(record.candidate.is_some(), "{name}: a Halt is no failure");
        assert!(record.quarantine.is_empty(), "{name}");
        assert!(record.rollout.as_ref().unwrap().gates.is_empty(), "{name}");

        // Who promoted it did not know of the Halt.
        let behaviour = record.candidate.clone().unwrap().behaviour;
        stage.ask_unit(&signals(), Ask::Promote, behaviour.clone());
        assert_eq!(stage.behaviours_of(&signals()).len(), 1, "{name}");
        stage.lift();
        let record = stage.record(&signals());
        assert_eq!(
            record.candidate.clone().unwrap().behaviour,
            behaviour,
            "{name}"
        );
        assert!(stage.says(&signals(), "who promotes the stage"), "{name}");
        stage.ask_unit(&signals(), Ask::Promote, behaviour.clone());
        let record = stage.record(&signals());
        assert_eq!(
            record.stable.clone().unwrap().behaviour,
            behaviour,
            "{name}"
        );
        assert_eq!(record.phase, Phase::Ready, "{name}");
    }
}

#[test]
fn a_first_version_that_nothing_ran_before_goes_to_0() {
    let mut stage = Stage::new(3, Trouble::default());
    let mut first = staged("a", rolling);
    first.rollout.bootstrap = Bootstrap::Staged;
    stage.push([first], "a");
    stage.settle();
    assert!(!stage.pods_of(&signals()).is_empty());
    stage.halt(Scope::Everything);
    assert!(stage.pods_of(&signals()).is_empty());
    stage.lift();
    assert_eq!(stage.pods_of(&signals()).len(), 3);
}

#[test]
fn requests_that_nobody_else_can_take_do_not_keep_a_candidate_for_ever() {
    let mut stage = under_way(canary);
    let stable = stable_of(&stage, &signals());
    // The pods that are to take over never come up.
    stage.world.controllers_stopped = true;
    stage.order(Scope::Everything);
    for _ in 0..5 {
        stage.reconcile_all();
    }
    let candidates = |stage: &Stage| {
        let all = stage.world.of_kind("Deployment");
        let mut others = all.iter().filter(|it| {
            let at = "/spec/template/metadata/annotations/tidegate.dev~1behaviour";
            it.text(at) != stable
        });
        others.next().and_then(|it| it.number("/spec/replicas"))
    };
    assert_ne!(candidates(&stage), Some(0), "requests are led away first");
    stage.wait_seconds_more(40);
    assert_eq!(candidates(&stage), Some(0));
}

impl Stage {
    fn wait_seconds_more(&mut self, seconds: i64) {
        let span = jiff::SignedDuration::from_secs(seconds);
        self.world.now = self.world.now.checked_add(span).unwrap();
        self.go_on();
    }
}

#[test]
fn a_gateway_keeps_running_and_a_running_job_ends_by_itself() {
    let mut stage = Stage::new(3, Trouble::default());
    let mut gateway = algo("port: 1\n");
    gateway.name = "broker".parse().unwrap();
    gateway.class = Class::Gateway;
    gateway.account = None;
    let mut nightly = fixture::cron_job();
    nightly.name = "nightly".parse().unwrap();
    stage.push([gateway, nightly, fixture::job()], "c1");
    stage.world.hold_jobs = true;
    stage.settle();
    let (gate, pods) = (stage.pods_of("broker"), stage.world.of_kind("Pod").len());
    stage.halt(Scope::Everything);
    assert_eq!(stage.pods_of("broker"), gate);
    assert_eq!(
        stage.world.of_kind("Pod").len(),
        pods,
        "a running Job is left"
    );
    let suspended = |stage: &Stage| {
        let nightly = stage.find("CronJob", "nightly").unwrap();
        nightly.value().pointer("/spec/suspend").cloned()
    };
    assert_eq!(suspended(&stage), Some(json!(true)));
    stage.lift();
    assert_eq!(suspended(&stage), Some(json!(false)));
}

#[test]
fn a_halt_reaches_what_trades_on_its_account_or_venue_and_nothing_else() {
    for (scope, is_hit) in [
        (Scope::Account("paper-one".to_owned()), true),
        (Scope::Venue("crypto:binance".to_owned()), true),
        (Scope::Account("paper-two".to_owned()), false),
        (Scope::Venue("XNYS".to_owned()), false),
    ] {
        let mut stage = Stage::new(3, Trouble::default());
        stage.push([algo("spread: 5\n")], "c1");
        stage.settle();
        stage.halt(scope.clone());
        assert_eq!(stage.pods_of("quoter").is_empty(), is_hit, "{scope}");
    }
}

#[test]
fn files_with_errors_and_a_strategy_that_left_git_are_stopped_too() {
    let mut stage = Stage::new(3, Trouble::default());
    stage.push([algo("spread: 5\n")], "c1");
    stage.settle();
    let unit = UnitId::Strategy("quoter".parse().unwrap());
    stage.daemon.broken.insert(unit.clone());
    stage.halt(Scope::Everything);
    assert!(stage.pods_of("quoter").is_empty());
    stage.daemon.broken.clear();
    stage.push([], "c2");
    stage.go_on();
    assert!(
        stage.find("StatefulSet", "quoter").is_some(),
        "nothing is removed"
    );
    assert!(stage.says("quoter", "ann halted everything"));
}

#[test]
fn a_halt_whose_object_is_gone_goes_on_standing_from_the_record() {
    let mut stage = Stage::new(3, Trouble::default());
    stage.push([algo("spread: 5\n")], "c1");
    stage.settle();
    stage.halt(Scope::Everything);
    let lost = stage.daemon.halts.clone();
    stage.daemon.halts.clear();
    stage.daemon.restart(&stage.world);
    stage.go_on();
    assert!(stage.pods_of("quoter").is_empty());
    assert!(stage.says("quoter", "vanished without having been lifted"));
    stage.daemon.halts = vec![Seen {
        uid: "again".to_owned(),
        restores: Some(lost[0].uid.clone()),
        ..lost[0].clone()
    }];
    stage.go_on();
    assert!(!stage.says("quoter", "vanished"));
    stage.lift();
    assert_eq!(stage.pods_of("quoter").len(), 1);
}

#[test]
fn a_death_at_any_write_of_a_halt_changes_nothing() {
    let mut stage = under_way(canary);
    stage.push([staged("b", canary), algo("spread: 5\n")], "b");
    stage.settle();
    let first = stage.daemon.writes;
    let mut undisturbed = stage.clone();
    undisturbed.halt(Scope::Everything);
    let stopped = undisturbed.outcome();
    undisturbed.lift();
    let writes = undisturbed.daemon.writes;
    for death in first..=writes {
        let mut killed = stage.clone();
        killed.daemon.trouble.killed_at = Some(death);
        killed.halt(Scope::Everything);
        if killed.daemon.trouble.killed_at.is_none() {
            assert_eq!(killed.outcome(), stopped, "killed at {death}");
        }
        killed.lift();
        assert_eq!(killed.outcome(), undisturbed.outcome(), "killed at {death}");
    }
}

#[test]
fn nothing_is_begun_while_halts_cannot_be_seen() {
    let mut stage = Stage::new(3, Trouble::default());
    stage.push([algo("spread: 5\n")], "c1");
    stage.daemon.blind = Some("its watch is down".to_owned());
    for _ in 0..50 {
        stage.reconcile_all();
    }
    assert!(stage.world.objects.is_empty());
    assert!(stage.says("quoter", "a view of the Halts, which is out of date"));
    stage.daemon.blind = None;
    stage.go_on();
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
}

/// Knight Capital, 2012, K6: while nobody knew the cause, the new code was taken off the servers where
/// it was right, and the old code on all of them did what it did on the one.
#[test]
fn knight_k6_old_code_of_an_algo_never_comes_back_by_itself() {
    let judged = |text: &str| {
        let mut strategy = algo(text);
        strategy.rollout.on_failure = OnFailure::Halt;
        strategy.rollout.stages.last_mut().unwrap().gates = vec![pause()];
        strategy.rollout.bootstrap = Bootstrap::Direct;
        strategy
    };
    let mut stage = Stage::new(3, Trouble::default());
    stage.push([judged("spread: 5\n")], "old");
    stage.settle();
    let old = stage.behaviours_of("quoter");
    stage.push([judged("spread: 6\n")], "new");
    stage.settle();
    let new = stage.behaviours_of("quoter");
    assert_ne!(old, new);
    let behaviour = stage.record("quoter").candidate.clone().unwrap().behaviour;
    stage.ask_unit("quoter", Ask::Abort, behaviour);
    assert_eq!(
        stage.behaviours_of("quoter"),
        new,
        "what failed is stopped where it is"
    );
    stage.halt(Scope::Everything);
    assert!(stage.pods_of("quoter").is_empty());
    stage.lift();
    assert_eq!(
        stage.behaviours_of("quoter"),
        new,
        "a person decides what comes next"
    );
    assert!(stage.says("quoter", "a person: stage") || stage.says("quoter", "ann asked to abort"));
}

/// Knight Capital, 2012, K8: there was no procedure to stop, and it stayed connected for 45 minutes
/// while the cause was looked for.
#[test]
fn knight_k8_one_halt_disconnects_every_algo_while_the_cause_is_looked_for() {
    let mut other = algo("spread: 5\n");
    other.name = "hedger".parse().unwrap();
    other.account.as_mut().unwrap().exclusive = vec!["paper-two".to_owned()];
    let mut stage = Stage::new(3, Trouble::default());
    stage.push([algo("spread: 5\n"), other.clone(), service("a")], "c1");
    stage.settle();
    let served = stage.pods_of(&signals());
    stage.halt(Scope::Everything);
    // Whoever looks for the cause pushes what might be a fix.
    stage.push([algo("spread: 1\n"), other, service("a")], "c2");
    stage.go_on();
    for algo in ["quoter", "hedger"] {
        assert!(stage.pods_of(algo).is_empty(), "{algo}");
        assert!(stage.says(algo, "ann halted everything"), "{algo}");
    }
    assert_eq!(stage.pods_of(&signals()), served);
}
