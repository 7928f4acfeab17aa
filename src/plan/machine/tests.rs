//! The machine against scripted answers.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Bounds, Call, Machine, Outcome, RequestId, Response, Write};
use crate::object::{Object, mark};
use crate::plan::{Action, Cause, FailureKind, Seen, Verb};

fn now() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

fn after(millis: i64) -> Timestamp {
    now()
        .checked_add(SignedDuration::from_millis(millis))
        .unwrap()
}

fn object(kind: &str, name: &str) -> Object {
    Object::new(json!({
        "apiVersion": "v1", "kind": kind,
        "metadata": {"name": name, "namespace": "harbour"},
    }))
    .unwrap()
}

fn seen() -> Seen {
    Seen {
        uid: "u-1".to_owned(),
        resource_version: "41".to_owned(),
    }
}

fn action(wave: u32, verb: Verb) -> Action {
    Action {
        verb,
        reason: "a test".to_owned(),
        wave,
    }
}

fn create(wave: u32, name: &str) -> Action {
    action(wave, Verb::Create(object("ConfigMap", name)))
}

fn apply(wave: u32, name: &str) -> Action {
    action(
        wave,
        Verb::Apply {
            object: object("Service", name),
            seen: seen(),
            takeover: None,
        },
    )
}

fn delete(wave: u32, name: &str) -> Action {
    action(
        wave,
        Verb::Delete {
            api_version: "v1".to_owned(),
            id: object("Service", name).id(),
            seen: seen(),
        },
    )
}

fn machine(actions: Vec<Action>) -> Machine {
    Machine::new(actions, Bounds::default(), 7, now())
}

/// Sends everything that is due, and answers by name.
fn round(machine: &mut Machine, at: Timestamp, answer: impl Fn(&str) -> Response) -> Vec<String> {
    let requests = machine.next(at);
    let names: Vec<String> = requests.iter().map(|(_, it)| it.id.name.clone()).collect();
    for (id, request) in requests {
        machine.receive(id, answer(&request.id.name), at);
    }
    names
}

fn done(_: &str) -> Response {
    Response::Accepted(None)
}

#[test]
fn a_wave_ends_before_the_next_begins() {
    let mut machine = machine(vec![create(1, "b"), create(0, "a"), create(1, "c")]);
    let first = machine.next(now());
    assert_eq!(first.len(), 1);
    assert!(
        machine.next(now()).is_empty(),
        "the first wave is under way"
    );
    machine.receive(first[0].0, Response::Accepted(None), now());
    assert_eq!(round(&mut machine, now(), done), ["b", "c"]);
    assert_eq!(machine.outcome(), Some(Outcome::default()));
}

#[test]
fn what_is_under_way_is_bounded() {
    let actions = (0..5).map(|n| create(0, &format!("n{n}"))).collect();
    let bounds = Bounds {
        in_flight: 2,
        ..Bounds::default()
    };
    let mut machine = Machine::new(actions, bounds, 7, now());
    let first = machine.next(now());
    assert_eq!(first.len(), 2);
    machine.receive(first[1].0, Response::Accepted(None), now());
    assert_eq!(machine.next(now()).len(), 1);
}

#[test]
fn every_request_spells_its_preconditions_out() {
    let turn = Verb::Turn {
        api_version: "apps/v1".to_owned(),
        id: object("StatefulSet", "t").id(),
        spec: json!({"replicas": 0}),
        seen: seen(),
    };
    let rehearse = Verb::Rehearse {
        object: object("Service", "r"),
        seen: seen(),
    };
    let mut machine = machine(vec![
        create(0, "c"),
        apply(0, "a"),
        action(0, turn),
        action(0, rehearse),
        delete(0, "d"),
    ]);
    let calls: Vec<Call> = machine
        .next(now())
        .into_iter()
        .map(|(_, it)| it.call)
        .collect();
    let body = |kind: &str, name: &str, metadata: Value| {
        let mut body = object(kind, name).into_value();
        for (key, value) in metadata.as_object().unwrap() {
            body["metadata"][key] = value.clone();
        }
        body
    };
    let versions = json!({"uid": "u-1", "resourceVersion": "41"});
    let applied = |name: &str, write| Call::Apply {
        body: body("Service", name, versions.clone()),
        manager: mark::MANAGER,
        write,
    };
    let [created, a, turned, rehearsed, deleted] = &calls[..] else {
        panic!("{calls:?}");
    };
    let Call::Apply { body: made, .. } = created else {
        panic!("{created:?}");
    };
    assert_eq!(made["metadata"]["resourceVersion"], "1");
    assert_eq!(made["metadata"].get("uid"), None);
    assert_eq!(*a, applied("a", Write::Persist));
    assert_eq!(*rehearsed, applied("r", Write::DryRun));
    assert_eq!(*deleted, Call::Delete { seen: seen() });
    assert_eq!(
        *turned,
        Call::Apply {
            body: json!({
                "apiVersion": "apps/v1", "kind": "StatefulSet",
                "metadata": {"name": "t", "uid": "u-1", "resourceVersion": "41", "namespace": "harbour"},
                "spec": {"replicas": 0},
            }),
            manager: mark::RUNTIME_MANAGER,
            write: Write::Persist,
        }
    );
}

#[test]
fn a_takeover_goes_first_and_the_apply_names_the_version_it_left() {
    let patch = json!([{"op": "replace", "path": "/metadata/managedFields", "value": []}]);
    let verb = Verb::Apply {
        object: object("Service", "a"),
        seen: seen(),
        takeover: Some(patch.clone()),
    };
    let mut machine = machine(vec![action(0, verb)]);
    let (id, first) = machine.next(now()).remove(0);
    assert_eq!(
        first.call,
        Call::Patch {
            operations: patch,
            manager: mark::MANAGER
        }
    );
    let mut patched = object("Service", "a");
    patched.value_mut()["metadata"]["resourceVersion"] = json!("42");
    machine.receive(id, Response::Accepted(Some(patched)), now());
    let (id, second) = machine.next(now()).remove(0);
    let Call::Apply { body, .. } = second.call else {
        panic!("{second:?}");
    };
    assert_eq!(body["metadata"]["resourceVersion"], "42");
    assert_eq!(body["metadata"]["uid"], "u-1");
    machine.receive(id, Response::Accepted(None), now());
    assert!(machine.outcome().unwrap().is_done());
}

#[test]
fn a_conflict_stops_everything_that_has_not_begun() {
    let mut machine = machine(vec![apply(0, "a"), apply(1, "b")]);
    let names = round(&mut machine, now(), |_| Response::Conflict("no".to_owned()));
    assert_eq!(names, ["a"]);
    assert!(machine.next(now()).is_empty());
    assert_eq!(
        machine.outcome().unwrap().stale,
        [object("Service", "a").id()]
    );
}

#[test]
fn a_create_that_meets_an_object_asks_to_read_it() {
    let mut machine = machine(vec![create(0, "a"), create(1, "b")]);
    round(&mut machine, now(), |_| Response::Conflict("no".to_owned()));
    let outcome = machine.outcome().unwrap();
    assert_eq!(outcome.foreign, [object("ConfigMap", "a").id()]);
    assert!(outcome.stale.is_empty());
}

#[test]
fn a_create_that_may_have_met_its_own_object_is_only_stale() {
    let mut machine = machine(vec![create(0, "a")]);
    round(&mut machine, now(), |_| Response::TimedOut);
    assert!(
        machine.next(now()).is_empty(),
        "it waits before it tries again"
    );
    let at = machine.wake_at().unwrap();
    round(&mut machine, at, |_| Response::Conflict("no".to_owned()));
    let outcome = machine.outcome().unwrap();
    assert_eq!(outcome.stale, [object("ConfigMap", "a").id()]);
    assert!(outcome.foreign.is_empty());
}

#[test]
fn all_refusals_of_a_wave_are_told_and_none_of_the_next_is_tried() {
    let mut machine = machine(vec![
        apply(0, "a"),
        apply(0, "b"),
        apply(0, "c"),
        apply(1, "d"),
    ]);
    let cause = Cause {
        field: "spec.ports".to_owned(),
        message: "too few".to_owned(),
    };
    round(&mut machine, now(), |name| match name {
        "a" => Response::Forbidden("services is forbidden".to_owned()),
        "b" => Response::Invalid(vec![cause.clone()]),
        _ => Response::Accepted(None),
    });
    assert!(machine.next(now()).is_empty());
    let texts: Vec<_> = machine
        .outcome()
        .unwrap()
        .failures
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        texts,
        [
            "cannot apply Service harbour/a: services is forbidden; grant Tidegate this permission, or change the object",
            "cannot apply Service harbour/b: the API server refuses it: `spec.ports`: too few",
        ]
    );
}

#[test]
fn a_namespace_that_goes_is_told_as_such() {
    let mut machine = machine(vec![create(0, "a")]);
    round(&mut machine, now(), |_| {
        Response::Forbidden(
            "configmaps \"a\" is forbidden: unable to create new content in namespace harbour because it is being terminated".to_owned(),
        )
    });
    let failures = machine.outcome().unwrap().failures;
    assert_eq!(failures[0].kind, FailureKind::NamespaceTerminating);
}

#[test]
fn deleting_what_is_gone_is_done() {
    let mut machine = machine(vec![delete(0, "a")]);
    round(&mut machine, now(), |_| {
        Response::NotFound("not found".to_owned())
    });
    assert!(machine.outcome().unwrap().is_done());
}

#[test]
fn a_server_that_asks_for_time_gets_it() {
    let mut machine = machine(vec![apply(0, "a")]);
    round(&mut machine, now(), |_| Response::Throttled {
        retry_after: Some(SignedDuration::from_secs(4)),
    });
    assert_eq!(machine.wake_at(), Some(after(4000)));
    assert!(machine.next(after(3999)).is_empty());
    round(&mut machine, after(4000), done);
    assert!(machine.outcome().unwrap().is_done());
}

#[test]
fn waits_grow_up_to_a_cap_and_the_deadline_ends_them() {
    let mut machine = machine(vec![apply(0, "a"), apply(1, "b")]);
    let mut at = now();
    let mut waits = Vec::new();
    while machine.outcome().is_none() {
        round(&mut machine, at, |_| {
            Response::ServerError("etcd has no leader".to_owned())
        });
        let Some(next) = machine.wake_at() else {
            break;
        };
        waits.push(next.duration_since(at));
        at = next;
    }
    let (first, last) = (waits[0], *waits.last().unwrap());
    assert!(first >= SignedDuration::from_millis(100) && first <= SignedDuration::from_millis(200));
    assert!(last >= SignedDuration::from_secs(5) && last <= SignedDuration::from_secs(10));
    let failures = machine.outcome().unwrap().failures;
    assert_eq!(failures.len(), 1, "the next wave is not even tried");
    assert_eq!(
        failures[0].to_string(),
        "cannot apply Service harbour/a: no answer in time (etcd has no leader); it is tried again"
    );
}

#[test]
fn the_same_seed_gives_the_same_waits() {
    let run = |seed: u64| {
        let mut machine = Machine::new(vec![apply(0, "a")], Bounds::default(), seed, now());
        round(&mut machine, now(), |_| Response::TimedOut);
        machine.wake_at()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn an_answer_that_nobody_waits_for_is_ignored() {
    let mut machine = machine(vec![apply(0, "a")]);
    machine.receive(RequestId(99), Response::Conflict("late".to_owned()), now());
    let (id, _) = machine.next(now()).remove(0);
    machine.receive(id, Response::Accepted(None), now());
    machine.receive(id, Response::Conflict("twice".to_owned()), now());
    assert!(machine.outcome().unwrap().is_done());
}
