//! Gates that look at the clock, the cluster, calendars and people.

use serde_json::{Value, json};

use super::super::fixture::{World, at, gate, object, pod, workload};
use super::super::{
    Evidence, Freeze, GateState, OpenTime, Peer, Query, Target, WindowSeen, WindowState, judge,
};
use super::first;
use crate::object::Object;
use crate::rollout::verdict::Verdict::{self, Error, Fail, Pass, Wait};

#[test]
fn a_timer_counts_from_when_the_stage_was_in_place() {
    let world = World::new();
    let gate = gate(json!({"for": "10m"}));
    let early = first(&gate, &world.settled(), 609);
    assert_eq!((early.verdict, early.wake_at), (Wait, Some(at(610))));
    assert_eq!(first(&gate, &world.settled(), 610).verdict, Pass);
    assert_eq!(first(&gate, &world.settled(), -5000).verdict, Wait);
}

#[test]
fn open_time_is_the_market_s() {
    let world = World::new();
    let gate = gate(json!({"for": {"open": "2h", "of": "XNYS"}}));
    assert_eq!(first(&gate, &world.settled(), 90_000).verdict, Wait);
    let open = |seconds| OpenTime {
        seconds,
        full_at: Some(at(100_000)),
    };
    for (seconds, verdict) in [(7199, Wait), (7200, Pass)] {
        let time = open(seconds);
        let evidence = Evidence {
            open: Some(&time),
            ..world.settled()
        };
        let judged = first(&gate, &evidence, 90_000);
        assert_eq!(judged.verdict, verdict);
        let wakes = (verdict == Wait).then(|| at(100_000));
        assert_eq!(judged.wake_at, wakes);
    }
}

fn health(gate_spec: &Value, workload: Option<&Object>, pods: &[&Object]) -> (Verdict, String) {
    let world = World::new();
    let evidence = Evidence {
        target: Target { workload, pods },
        ..world.settled()
    };
    let judged = first(&gate(gate_spec.clone()), &evidence, 20);
    (judged.verdict, judged.why)
}

fn running(restarts: u32) -> Value {
    json!([{"name": "app", "ready": true, "restartCount": restarts, "state": {"running": {}},
            "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}])
}

#[test]
fn pods_of_the_target_are_ready_or_it_waits() {
    let ready = pod(&running(0));
    let workload = workload();
    let spec = json!({"health": {}});
    assert_eq!(health(&spec, Some(&workload), &[&ready]).0, Pass);
    assert_eq!(health(&spec, Some(&workload), &[]).0, Wait);
    assert_eq!(health(&spec, None, &[&ready]).0, Wait);
    let mut stale = workload.clone();
    *stale
        .value_mut()
        .pointer_mut("/metadata/generation")
        .unwrap() = json!(3);
    let (verdict, why) = health(&spec, Some(&stale), &[&ready]);
    assert_eq!(verdict, Wait);
    assert!(why.contains("has not seen the latest change"), "{why}");
}

#[test]
fn pods_of_another_version_do_not_count() {
    let mut other = pod(&running(9));
    *other
        .value_mut()
        .pointer_mut("/metadata/annotations")
        .unwrap() = json!({});
    let workload = workload();
    let (verdict, why) = health(&json!({"health": {}}), Some(&workload), &[&other]);
    assert_eq!(verdict, Wait, "{why}");
}

#[test]
fn restarts_fail_with_their_reason() {
    let workload = workload();
    let restarted = pod(&running(2));
    let (verdict, why) = health(&json!({"health": {}}), Some(&workload), &[&restarted]);
    assert_eq!(verdict, Fail);
    assert!(why.contains("2 restarts, at most 0 allowed"), "{why}");
    assert!(why.contains("exited with 137 (OOMKilled)"), "{why}");
    let spec = json!({"health": {"maxRestarts": 2}});
    assert_eq!(health(&spec, Some(&workload), &[&restarted]).0, Pass);
}

#[test]
fn what_waiting_does_not_mend_fails_at_once() {
    let workload = workload();
    let waiting = |reason: &str| {
        pod(&json!([{"name": "app", "ready": false, "restartCount": 0,
                    "state": {"waiting": {"reason": reason}}}]))
    };
    for (reason, expected) in [
        ("CrashLoopBackOff", Fail),
        ("InvalidImageName", Fail),
        ("ImagePullBackOff", Pass),
    ] {
        let pod = waiting(reason);
        let (verdict, why) = health(&json!({"health": {}}), Some(&workload), &[&pod]);
        assert_eq!(verdict, expected, "{why}");
    }
}

#[test]
fn a_window_that_is_not_known_denies() {
    let world = World::new();
    let gate = gate(json!({"window": "closed(XNYS)"}));
    assert_eq!(first(&gate, &world.settled(), 20).verdict, Wait);
    for (state, verdict) in [
        (WindowState::Open, Pass),
        (WindowState::Closed, Wait),
        (WindowState::Unknown, Wait),
    ] {
        let window = WindowSeen {
            state,
            why: "so it is".to_owned(),
            changes_at: Some(at(500)),
        };
        let evidence = Evidence {
            window: Some(&window),
            ..world.settled()
        };
        let judged = first(&gate, &evidence, 20);
        assert_eq!((judged.verdict, judged.wake_at), (verdict, Some(at(500))));
    }
}

#[test]
fn a_group_goes_and_fails_together() {
    let reached = |stages: &[&str]| Peer::Rolling {
        reached: stages.iter().map(|it| (*it).to_owned()).collect(),
    };
    let at_stage = json!({"after": {"strategy": "feed", "stage": "5%"}});
    let through = json!({"after": {"strategy": "feed"}});
    for (spec, peer, verdict) in [
        (&at_stage, None, Wait),
        (&at_stage, Some(reached(&[])), Wait),
        (&at_stage, Some(reached(&["5%"])), Pass),
        (&at_stage, Some(Peer::Through), Pass),
        (&at_stage, Some(Peer::Failed("it".to_owned())), Fail),
        (&at_stage, Some(Peer::Unknown("it".to_owned())), Wait),
        (&through, Some(reached(&["5%"])), Wait),
        (&through, Some(Peer::Through), Pass),
    ] {
        let mut world = World::new();
        let peer = peer.map(|peer| ("feed".parse().unwrap(), peer));
        world.peers.extend(peer);
        let judged = first(&gate(spec.clone()), &world.settled(), 20);
        assert_eq!(judged.verdict, verdict, "{}", judged.why);
    }
}

#[test]
fn a_freeze_holds_until_it_is_over() {
    let world = World::new();
    let gate = gate(json!({"freeze": {}}));
    assert_eq!(first(&gate, &world.settled(), 20).verdict, Wait);
    let freeze = Freeze {
        scope: "venue XNYS".to_owned(),
        reason: "index rebalance".to_owned(),
        until: Some(at(900)),
    };
    let freezes = [freeze];
    let evidence = Evidence {
        freezes: Some(&freezes),
        ..world.settled()
    };
    let judged = first(&gate, &evidence, 20);
    assert_eq!((judged.verdict, judged.wake_at), (Wait, Some(at(900))));
    assert!(
        judged.why.contains("the venue XNYS is frozen until"),
        "{}",
        judged.why
    );
    let evidence = Evidence {
        freezes: Some(&[]),
        ..world.settled()
    };
    assert_eq!(first(&gate, &evidence, 20).verdict, Pass);
}

fn probe() -> crate::spec::gate::Gate {
    gate(
        json!({"job": {"image": "registry.example.com/probe:1", "env": {"DEPTH": "3"}},
                "timeout": "10m"}),
    )
}

fn wanted_job(world: &World) -> Object {
    let judged = first(&probe(), &world.settled(), 20);
    assert_eq!(judged.verdict, Wait);
    match judged.wants.unwrap().query {
        Query::Job(job) => *job,
        other => panic!("{other:?}"),
    }
}

fn ended(job: &Object, condition: &str) -> Object {
    let mut tree = job.value().clone();
    tree["status"] = json!({"conditions": [
        {"type": condition, "status": "True", "reason": "BackoffLimitExceeded", "message": "it ended"},
    ]});
    object(tree)
}

fn with_job(job: Option<&Object>, state: &GateState) -> super::Judged {
    let world = World::new();
    let evidence = Evidence {
        job,
        ..world.settled()
    };
    judge(&probe(), state, &evidence, at(30))
}

#[test]
fn a_job_is_made_once_and_told_what_it_judges() {
    let world = World::new();
    let job = wanted_job(&world);
    assert_eq!(job, wanted_job(&world));
    assert!(job.name().starts_with("tern-gate-"));
    assert_eq!(job.number("/spec/activeDeadlineSeconds"), Some(600));
    let env = job.at("/spec/template/spec/containers/0/env").unwrap();
    assert!(
        env.as_array()
            .unwrap()
            .contains(&json!({"name": "TIDEGATE_TRACK", "value": "c0ffee1234"}))
    );
    assert!(
        env.as_array()
            .unwrap()
            .contains(&json!({"name": "DEPTH", "value": "3"}))
    );
}

#[test]
fn a_job_that_is_gone_said_what_it_said_last() {
    let world = World::new();
    let job = wanted_job(&world);
    for (condition, verdict) in [("Complete", Pass), ("Failed", Fail)] {
        let judged = with_job(Some(&ended(&job, condition)), &GateState::default());
        assert_eq!(judged.verdict, verdict);
        let gone = with_job(None, &judged.state);
        assert_eq!(gone.verdict, verdict);
        assert_eq!(gone.wants, None);
    }
}

#[test]
fn a_job_that_was_deleted_while_it_ran_said_nothing() {
    let world = World::new();
    let job = wanted_job(&world);
    let runs = with_job(Some(&job), &GateState::default());
    assert_eq!(runs.verdict, Wait);
    let gone = with_job(None, &runs.state);
    assert_eq!(gone.verdict, Error);
    assert_eq!(gone.wants, None);
}
