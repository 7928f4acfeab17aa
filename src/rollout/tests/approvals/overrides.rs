//! What people pass without what it asks for: what counts, and what nobody passes.

use super::*;

use crate::halt::{Reach, Seen};
use crate::ledger::{Event, Fact};
use crate::overrides::{Overridden, OverrideSpec};
use crate::release::{Happening, Overriding, Truth};
use crate::resolve::rollout::OnFailure;
use crate::rollout::overrides::Overrides;
use crate::rollout::{Ledgered, Place};
use crate::spec::overriding::OverrideFloor;

/// A service whose last stage has a gate, and of which overriding takes what the floor says.
fn held_by(text: &str, gate: Value, floor: Option<Value>) -> Strategy {
    let mut strategy = service(text);
    strategy.rollout.bootstrap = Bootstrap::Direct;
    let gates = match gate {
        Value::Array(gates) => gates,
        gate => vec![gate],
    };
    let gates = gates.into_iter();
    let gates = gates.map(|gate| serde_json::from_value::<Gate>(gate).unwrap());
    strategy.rollout.stages.last_mut().unwrap().gates = gates.collect();
    let mut authority = authority(trio(), &[]);
    let floor = floor.map(|floor| serde_json::from_value::<OverrideFloor>(floor).unwrap());
    authority.overrides = floor.into_iter().collect();
    strategy.authority = Some(authority);
    strategy
}

/// One that runs, and a change of it by `ben` that waits for its gate.
fn waiting_for(gate: &Value, floor: Option<&Value>) -> Desk {
    let strategy = |text| held_by(text, gate.clone(), floor.cloned());
    let mut desk = Desk {
        name: strategy("a").name.to_string(),
        stage: Stage::new(1, Trouble::default()),
        made: 0,
    };
    desk.guard_overrides(Guard::InForce {
        since: Timestamp::UNIX_EPOCH,
    });
    desk.push(strategy("a"), "a");
    desk.approve_all();
    assert_eq!(desk.runs(), "a", "{:#?}", desk.record());
    desk.push(strategy("b"), "b");
    assert_eq!(desk.runs(), "a");
    assert!(desk.record().rollout.is_some(), "{:#?}", desk.record());
    desk
}

fn paused() -> Desk {
    waiting_for(&json!({"pause": {}}), None)
}

impl Desk {
    fn overridden(&mut self) -> &mut Overrides {
        let unit = self.unit();
        self.stage.daemon.overrides.entry(unit).or_default()
    }

    fn guard_overrides(&mut self, guard: Guard) {
        self.overridden().guard = guard;
    }

    /// Whoever has to is asked, and says yes.
    fn approve_all(&mut self) {
        for by in ["carla", "dora"] {
            if self.wanted().is_some() {
                self.approve(by);
            }
        }
    }

    /// What somebody would make who overrides the gate that is waited for.
    fn passing(&mut self, by: &str) -> Overridden {
        self.made += 1;
        let now = self.stage.world.now;
        let record = self.record();
        let at = record.rollout.as_ref();
        let gate = at.and_then(|at| at.gates.first());
        let candidate = record.candidate.as_ref();
        let candidate = candidate.map_or_else(|| "sha256:0".to_owned(), |it| it.behaviour.clone());
        Overridden {
            uid: format!("override-{}", self.made),
            at: now,
            is_edited: false,
            spec: OverrideSpec {
                release: self.name.clone(),
                behaviour: candidate,
                plan: at.map(|at| at.plan.clone()),
                stage: at.map(|at| at.name.clone()),
                gate: gate.map(|gate| gate.gate.clone()),
                window: false,
                reason: "the venue is down".to_owned(),
                by: by.to_owned(),
                expires: now + SignedDuration::from_hours(1),
            },
        }
    }

    /// What somebody would make who overrides the window that is waited for.
    fn passing_the_window(&mut self, by: &str) -> Overridden {
        let waits = &self.record().waiting_on;
        let shut = waits.iter().find_map(|it| it.window.clone());
        let shut = shut.unwrap_or_else(|| panic!("{:#?}", self.record()));
        let mut made = self.passing(by);
        (made.spec.stage, made.spec.gate, made.spec.window) = (None, None, true);
        (made.spec.behaviour, made.spec.plan) = (shut.behaviour, Some(shut.plan));
        made
    }

    fn make(&mut self, made: Overridden) {
        self.overridden().given.push(made);
        self.look();
    }

    fn override_as(&mut self, by: &str) {
        let made = self.passing(by);
        self.make(made);
    }

    fn heard(&self) -> &[Overriding] {
        &self.record().overrides
    }

    /// Nothing has changed, and the latest Override says why.
    fn is_refused(&self, why: &str) {
        assert_eq!(self.runs(), "a");
        let refused = self.heard().last().and_then(|it| it.refused.as_deref());
        let refused = refused.unwrap_or_default();
        assert!(refused.contains(why), "{refused}: {:#?}", self.record());
    }
}

#[test]
fn one_person_passes_one_gate_and_everybody_sees_it() {
    let mut desk = paused();
    desk.stage.daemon.ledger = Some(Ledgered {
        place: Place {
            fleet: "harbour".to_owned(),
            cluster: "east".to_owned(),
            desk: "rates".to_owned(),
            release: desk.name.clone(),
        },
        told: BTreeSet::new(),
        closed: None,
        promoted: None,
    });
    // Who wrote it may, where nobody asks for two.
    desk.override_as("ben");
    assert_eq!(desk.runs(), "b", "{:#?}", desk.record());
    let record = desk.record();
    let [overriding] = desk.heard() else {
        panic!("{record:#?}");
    };
    assert!(overriding.stands() && overriding.counted.is_some());
    assert!(overriding.what.starts_with("gate `{pause: {}}` of stage"));
    let mut conditions = record.conditions.iter();
    let shouted = conditions.find(|it| it.kind == "Overridden").unwrap();
    assert_eq!(shouted.status, Truth::True);
    let mut notices = record.notices.iter();
    assert!(notices.any(|it| it.kind == Happening::Overridden && it.what.contains("ben")));
    let untold = record.untold.iter();
    let facts = untold.map(|text| serde_json::from_str::<Fact>(text).unwrap());
    let events: Vec<Event> = facts.map(|fact| fact.event).collect();
    let [
        Event::Override { by, revision, .. },
        Event::Passed { gates, .. },
        ..,
    ] = &events[..]
    else {
        panic!("{events:#?}");
    };
    assert_eq!(
        (by.who.as_str(), revision.as_ref()),
        ("ben", record.stable.as_ref())
    );
    let last = gates[0].state.last.as_deref().unwrap();
    assert!(
        last.starts_with("overridden by ben (the venue is down) until"),
        "{last}"
    );
}

#[test]
fn it_takes_as_many_people_as_the_floor_says_and_no_author() {
    let floor = json!({"role": "risk", "quorum": 2});
    let mut desk = waiting_for(&json!({"pause": {}}), Some(&floor));
    desk.override_as("ben");
    desk.is_refused("`ben` has no role `risk`");
    desk.override_as("carla");
    desk.is_refused("it takes 2 people of role `risk`, and so far it is carla");
    desk.override_as("carla-laptop");
    desk.is_refused("so far it is carla");
    desk.said().authors = wrote(&["dora@x.example"]);
    desk.override_as("dora");
    desk.is_refused("`dora` wrote the change");
    desk.override_as("aiko");
    assert_eq!(desk.runs(), "b");
}

#[test]
fn an_author_passes_no_approval_and_an_unknown_one_neither() {
    let mut desk = waiting_for(&json!({"approve": {"role": "risk"}}), None);
    desk.override_as("ben");
    desk.is_refused("`ben` wrote the change");
    desk.said().authors = wrote(&["eve@elsewhere.example"]);
    desk.override_as("aiko");
    desk.is_refused("it is not known who wrote the change: `eve@elsewhere.example`");
    desk.said().authors = wrote(&["ben@x.example"]);
    desk.look();
    assert_eq!(desk.runs(), "b");
}

#[test]
fn whoever_is_not_known_overrides_nothing() {
    let mut desk = paused();
    desk.override_as("mallory");
    desk.is_refused("the user is nobody of `people`");
}

#[test]
fn it_is_for_one_behaviour_under_one_plan() {
    let mut desk = paused();
    let mut other = desk.passing("aiko");
    other.spec.behaviour = format!("sha256:{}", "0".repeat(64));
    desk.make(other);
    desk.is_refused("is for 0000000000, which this is not");
    let mut plan = desk.passing("aiko");
    plan.spec.plan = Some(format!("sha256:{}", "0".repeat(64)));
    desk.make(plan);
    desk.is_refused("is for other stages or gates");
}

#[test]
fn what_there_is_not_is_told_with_what_may_have_been_meant() {
    let mut desk = paused();
    let mut gate = desk.passing("aiko");
    gate.spec.gate = Some("{pause: {}".to_owned());
    desk.make(gate);
    desk.is_refused("does not have (did you mean `{pause: {}}`?)");
    let mut stage = desk.passing("aiko");
    stage.spec.stage = Some("nowhere".to_owned());
    desk.make(stage);
    desk.is_refused("is for stage `nowhere`, which there is not");
    let mut both = desk.passing("aiko");
    both.spec.window = true;
    desk.make(both);
    desk.is_refused("names neither one gate of a stage nor the window");
    let mut window = desk.passing("aiko");
    (window.spec.stage, window.spec.gate, window.spec.window) = (None, None, true);
    desk.make(window);
    desk.is_refused("is for the window, and there is none");
}

#[test]
fn it_ends_and_what_it_passed_is_asked_again() {
    let mut desk = paused();
    let mut over = desk.passing("aiko");
    over.spec.expires = desk.stage.world.now - SignedDuration::from_secs(1);
    desk.make(over);
    desk.is_refused("ended at");
    // However long its maker wanted it to count.
    let mut long = desk.passing("carla");
    long.at = desk.stage.world.now - SignedDuration::from_hours(25);
    long.spec.expires = Timestamp::MAX;
    desk.make(long);
    desk.is_refused("ended at");
}

#[test]
fn what_could_be_forged_passes_nothing() {
    let mut desk = paused();
    let mut edited = desk.passing("aiko");
    edited.is_edited = true;
    desk.make(edited);
    desk.is_refused("was changed after it was made");
    desk.guard_overrides(Guard::Open("the policy is not there".to_owned()));
    desk.override_as("carla");
    desk.is_refused("does not count: the policy is not there");
    desk.stage.world.tick();
    let since = desk.stage.world.now;
    desk.guard_overrides(Guard::InForce { since });
    desk.look();
    desk.is_refused("was made before its admission policy was in force");
    desk.override_as("carla");
    assert_eq!(desk.runs(), "b");
}

#[test]
fn nobody_passes_a_freeze_or_a_halt() {
    let mut desk = waiting_for(&json!([{"pause": {}}, {"freeze": {}}]), None);
    let mut freeze = desk.passing("aiko");
    freeze.spec.gate = Some("{freeze: {}}".to_owned());
    desk.make(freeze);
    desk.is_refused("is for a freeze, which nobody overrides");
    let mut desk = paused();
    desk.stage.daemon.halts = vec![halt()];
    desk.look();
    desk.override_as("aiko");
    assert_eq!(desk.runs(), "a");
    assert!(desk.told().contains("halted"), "{}", desk.told());
}

fn halt() -> Seen {
    let reach = Reach {
        everything: Some(true),
        ..Reach::default()
    };
    Seen {
        name: "stop".to_owned(),
        uid: "halt".to_owned(),
        scope: reach,
        by: "ann".to_owned(),
        reason: "it looks wrong".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        restores: None,
        is_lifted: false,
    }
}

#[test]
fn whoever_passes_the_window_does_not_pass_a_freeze() {
    let mut desk = paused();
    desk.push(windowed("c"), "c");
    let mut frozen = fixture::fleet([windowed("c")]);
    frozen.freezes = vec![crate::resolve::Freeze {
        desk: None,
        venue: None,
        until: None,
        reason: "quarter end".to_owned(),
    }];
    let made = desk.passing_the_window("aiko");
    desk.stage.daemon.push(frozen, "c");
    desk.make(made);
    assert!(
        desk.told().contains("the freeze of fleet"),
        "{}",
        desk.told()
    );
    assert!(desk.record().rollout.is_none());
}

/// The same with a window that never opens.
fn windowed(text: &str) -> Strategy {
    let mut strategy = held_by(text, json!({"pause": {}}), None);
    strategy.rollout.window = Some("closed(24x7)".parse().unwrap());
    strategy
}

#[test]
fn a_window_is_passed_and_nothing_else_with_it() {
    let mut desk = paused();
    desk.push(windowed("c"), "c");
    let made = desk.passing_the_window("aiko");
    desk.make(made);
    assert!(
        desk.told().contains("who promotes the stage"),
        "{}",
        desk.told()
    );
    assert_eq!(desk.runs(), "a");
    desk.override_as("aiko");
    assert_eq!(desk.runs(), "c");
}

#[test]
fn what_failed_is_overridden_anew() {
    let mut desk = waiting_for(
        &json!({"pause": {}}),
        Some(&json!({"role": "risk", "quorum": 2})),
    );
    desk.override_as("carla");
    let failed = desk.record().candidate.clone().unwrap().behaviour;
    let name = desk.name.clone();
    desk.stage.ask_unit(&name, Ask::Abort, failed.clone());
    desk.stage.ask_unit(&name, Ask::Lift, failed);
    desk.is_refused("is used up: what it was for failed since");
    desk.override_as("aiko");
    desk.is_refused("so far it is aiko");
}

#[test]
fn whoever_promotes_past_a_failure_does_not_approve_it() {
    let halting = |text: &str| gated(text, |it| it.on_failure = OnFailure::Halt);
    let mut desk = Desk::running(halting("a"));
    desk.push(halting("b"), "b");
    let candidate = desk.record().candidate.clone().unwrap().behaviour;
    let name = desk.name.clone();
    desk.stage.ask_unit(&name, Ask::Abort, candidate.clone());
    desk.stage.ask_unit(&name, Ask::Promote, candidate);
    desk.is_held("approval by a person of role `risk`");
    desk.approve("carla");
    assert_eq!(desk.runs(), "b");
}
