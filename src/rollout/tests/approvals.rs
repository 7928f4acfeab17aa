//! Changes that people have to approve: whose yes counts, and for what.

use std::collections::BTreeSet;

use super::*;
use jiff::{SignedDuration, Timestamp};

use crate::admission::Guard;
use crate::approval::{ApprovalSpec, Approved};
use crate::intent::Ask;
use crate::people::{Authored, Authority, Authors, Identity, People, Person, Signed};
use crate::release::ApprovalWanted;
use crate::resolve::rollout::{Bootstrap, Rollout};
use crate::rollout::approvals::Approvals;
use crate::spec::fleet::{PersonSpec, SignatureSpec};
use crate::spec::gate::{ApproveGate, Gate};

fn trio() -> Value {
    json!([
        {"name": "aiko", "emails": ["aiko@x.example"], "kubernetes": ["aiko", "aiko-admin"], "roles": ["risk"]},
        {"name": "ben", "emails": ["ben@x.example"], "kubernetes": ["ben"], "roles": ["trader"]},
        {"name": "carla", "emails": ["carla@x.example"], "kubernetes": ["carla", "carla-laptop"], "roles": ["risk"]},
        {"name": "dora", "emails": ["dora@x.example"], "kubernetes": ["dora"], "roles": ["risk"]},
    ])
}

fn authority(people: Value, floor: &[Value]) -> Authority {
    let people: Vec<PersonSpec> = serde_json::from_value(people).unwrap();
    let gate = |gate: &Value| serde_json::from_value::<Gate>(gate.clone()).unwrap();
    Authority {
        people: People::of(people.iter().map(Person::of)),
        floor: floor.iter().map(gate).collect(),
        overrides: Vec::new(),
        signed: Signed::default(),
    }
}

/// An algo whose changes people of role `risk` have to approve before they begin.
fn guarded(text: &str, quorum: u32) -> Strategy {
    let mut strategy = algo(text);
    let asked = json!({"role": "risk", "quorum": quorum});
    strategy.rollout.approve = vec![serde_json::from_value::<ApproveGate>(asked).unwrap()];
    strategy.authority = Some(authority(trio(), &[]));
    strategy
}

/// A service that they have to approve once all of it is there.
fn gated(text: &str, change: impl FnOnce(&mut Rollout)) -> Strategy {
    let mut strategy = service(text);
    let gate: Gate = serde_json::from_value(json!({"approve": {"role": "risk"}})).unwrap();
    strategy.rollout.stages.last_mut().unwrap().gates = vec![gate];
    strategy.authority = Some(authority(trio(), &[]));
    change(&mut strategy.rollout);
    strategy
}

mod incidents;
mod overrides;
mod tags;

struct Desk {
    stage: Stage,
    name: String,
    made: u32,
}

impl Desk {
    /// A strategy that runs what `ben` wrote and `carla` approved.
    fn running(strategy: Strategy) -> Self {
        let mut desk = Self {
            name: strategy.name.to_string(),
            stage: Stage::new(1, Trouble::default()),
            made: 0,
        };
        desk.push(strategy, "a");
        desk.approve("carla");
        desk.approve("dora");
        assert_eq!(desk.runs(), "a", "{:#?}", desk.record());
        desk
    }

    fn unit(&self) -> UnitId {
        UnitId::Strategy(self.name.parse().unwrap())
    }

    fn record(&self) -> &ReleaseStatus {
        self.stage.record(&self.name)
    }

    fn said(&mut self) -> &mut Approvals {
        let unit = self.unit();
        self.stage.daemon.approvals.entry(unit).or_default()
    }

    /// `ben` pushes a strategy, and everything is guarded as it should be.
    fn push(&mut self, strategy: Strategy, commit: &str) {
        let said = self.said();
        said.guard = Guard::InForce {
            since: Timestamp::UNIX_EPOCH,
        };
        said.authors = wrote(&["ben@x.example"]);
        self.stage.push([strategy], commit);
        self.stage.settle();
    }

    fn wanted(&self) -> Option<ApprovalWanted> {
        let waits = &self.record().waiting_on;
        waits.iter().find_map(|it| it.approval.clone())
    }

    /// What somebody would make who approves what is waited for.
    fn approval(&mut self, by: &str) -> Approved {
        let wanted = self.wanted().unwrap_or_else(|| ApprovalWanted {
            behaviour: "sha256:0".to_owned(),
            plan: "sha256:0".to_owned(),
            role: Some("risk".to_owned()),
            group: None,
            quorum: 1,
            expires_in: "24h".to_owned(),
            tag: None,
            people: Vec::new(),
        });
        self.made += 1;
        let now = self.stage.world.now;
        Approved {
            uid: format!("approval-{}", self.made),
            at: now,
            is_edited: false,
            spec: ApprovalSpec {
                release: self.name.clone(),
                behaviour: wanted.behaviour,
                plan: wanted.plan,
                role: wanted.role,
                group: wanted.group,
                reason: None,
                by: by.to_owned(),
                expires: now + SignedDuration::from_hours(24),
            },
        }
    }

    fn give(&mut self, approval: Approved) {
        self.said().given.push(approval);
        self.look();
    }

    fn look(&mut self) {
        self.stage.daemon.wake();
        self.stage.settle();
    }

    fn approve(&mut self, by: &str) {
        let approval = self.approval(by);
        self.give(approval);
    }

    /// The commit of what runs.
    fn runs(&self) -> &str {
        let stable = self.record().stable.as_ref();
        stable.and_then(|it| it.commit.as_deref()).unwrap_or("")
    }

    fn told(&self) -> String {
        let waits = self.record().waiting_on.iter();
        waits
            .map(|it| it.what.clone())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Nothing has changed, and this says why.
    fn is_held(&self, why: &str) {
        assert_eq!(self.runs(), "a");
        assert!(self.told().contains(why), "{}", self.told());
    }
}

fn wrote(emails: &[&str]) -> Authors {
    let commits = emails.iter().map(|email| Authored {
        commit: "0123456789abcdef".to_owned(),
        by: Identity::Email((*email).to_owned()),
        also: Vec::new(),
        unsigned: Some("is not signed".to_owned()),
        paths: BTreeSet::from(["desks/rates/quoter.yaml".to_owned()]),
    });
    Authors::Commits(commits.collect())
}

/// A guarded algo that runs, and a change of it that waits.
fn waiting(quorum: u32) -> Desk {
    let mut desk = Desk::running(guarded("spread: 5\n", quorum));
    desk.push(guarded("spread: 6\n", quorum), "b");
    desk.is_held("approval by");
    desk
}

#[test]
fn nothing_of_a_change_begins_before_it_is_approved() {
    let mut desk = waiting(1);
    assert!(desk.record().candidate.is_none());
    let wanted = desk.wanted().unwrap();
    assert_eq!((wanted.role.as_deref(), wanted.quorum), (Some("risk"), 1));
    desk.approve("carla");
    assert_eq!(desk.runs(), "b");
}

#[test]
fn a_first_revision_waits_as_well() {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([guarded("spread: 5\n", 1)], "a");
    stage.settle();
    let record = stage.record("quoter");
    assert!(
        record.stable.is_none() && record.inventory.is_empty(),
        "{record:#?}"
    );
    assert_eq!(record.phase, Phase::Waiting);
}

#[test]
fn the_author_cannot_approve_under_any_name() {
    let mut desk = waiting(1);
    desk.said().authors = wrote(&["aiko@x.example"]);
    desk.approve("aiko");
    desk.is_held("that of `aiko` does not count: `aiko` wrote the change");
    desk.approve("aiko-admin");
    desk.is_held("that of `aiko-admin` does not count: `aiko` wrote the change");
    desk.approve("carla");
    assert_eq!(desk.runs(), "b");
}

#[test]
fn whoever_wrote_any_of_its_commits_is_an_author() {
    let mut desk = waiting(1);
    desk.said().authors = wrote(&["ben@x.example", "carla@x.example"]);
    desk.approve("carla");
    desk.is_held("`carla` wrote the change");
}

#[test]
fn an_unknown_author_holds_it_whoever_approves() {
    let mut desk = waiting(1);
    desk.said().authors = wrote(&["eve@elsewhere.example"]);
    desk.approve("carla");
    desk.is_held("it is not known who wrote the change: `eve@elsewhere.example`");
    desk.said().authors = Authors::Unknown("the repository cannot be read now".to_owned());
    desk.look();
    desk.is_held("the repository cannot be read now");
}

#[test]
fn a_quorum_counts_people_and_not_objects() {
    let mut desk = waiting(2);
    for by in ["carla", "carla", "carla-laptop"] {
        desk.approve(by);
        desk.is_held("approval by 2 people of role `risk`, after carla");
    }
    desk.approve("dora");
    assert_eq!(desk.runs(), "b");
}

#[test]
fn the_role_is_that_of_people_and_not_what_an_object_says() {
    let mut desk = waiting(1);
    desk.approve("ben");
    desk.is_held("`ben` has no role `risk`");
    desk.approve("mallory");
    desk.is_held("that of `mallory` does not count: the user is nobody of `people`");
    let mut as_trader = desk.approval("carla");
    as_trader.spec.role = Some("trader".to_owned());
    desk.give(as_trader);
    desk.is_held("approval by a person of role `risk`");
}

#[test]
fn an_approval_is_of_one_behaviour_under_one_plan() {
    let mut desk = waiting(1);
    let mut other = desk.approval("carla");
    other.spec.behaviour = format!("sha256:{}", "0".repeat(64));
    desk.give(other);
    desk.is_held("is for 0000000000, which this is not");
    let mut plan = desk.approval("carla");
    plan.spec.plan = format!("sha256:{}", "0".repeat(64));
    desk.give(plan);
    desk.is_held("is for other stages, gates or people");
    // What was approved is not what is pushed next.
    let approved = desk.approval("carla");
    desk.said().given.push(approved);
    desk.push(guarded("spread: 7\n", 1), "c");
    desk.is_held("which this is not");
}

#[test]
fn an_approval_ends() {
    let mut desk = waiting(1);
    let mut over = desk.approval("carla");
    over.spec.expires = desk.stage.world.now - SignedDuration::from_secs(1);
    desk.give(over);
    desk.is_held("that of `carla` expired at");
    // However long its maker wanted it to count.
    let mut long = desk.approval("dora");
    long.at = desk.stage.world.now - SignedDuration::from_hours(25);
    long.spec.expires = Timestamp::MAX;
    desk.give(long);
    desk.is_held("that of `dora` expired at");
}

#[test]
fn what_could_be_forged_counts_for_nothing() {
    let mut desk = waiting(1);
    let mut edited = desk.approval("carla");
    edited.is_edited = true;
    desk.give(edited);
    desk.is_held("that of `carla` was changed after it was made");
    // The policy went, an approval came, and the policy is back.
    desk.said().guard = Guard::Open("the policy is not there".to_owned());
    desk.approve("dora");
    desk.is_held("no approval counts: the policy is not there");
    desk.stage.world.tick();
    let since = desk.stage.world.now;
    desk.said().guard = Guard::InForce { since };
    desk.look();
    desk.is_held("that of `dora` was made before its admission policy was in force");
    desk.approve("dora");
    assert_eq!(desk.runs(), "b");
}

#[test]
fn a_role_that_comes_with_the_change_approves_nothing() {
    let mut desk = Desk::running(guarded("spread: 5\n", 1));
    let mut people = trio();
    people[1]["roles"] = json!(["risk"]);
    people.as_array_mut().unwrap().push(
        json!({"name": "eve", "emails": ["eve@x.example"], "kubernetes": ["eve"], "roles": ["risk"]}),
    );
    let mut change = guarded("spread: 6\n", 1);
    change.authority = Some(authority(people.clone(), &[]));
    desk.push(change, "b");
    desk.is_held(
        "it loosens what was promoted: `people`: `ben` gets role `risk`; `people`: `eve` is new",
    );
    desk.said().authors = wrote(&["aiko@x.example"]);
    desk.approve("ben");
    desk.is_held("`ben` has no role `risk` for desk `rates` in what was promoted last");
    desk.approve("eve");
    desk.is_held("that of `eve` does not count: the user is nobody of `people`");
    desk.approve("carla");
    assert_eq!(desk.runs(), "b");
    // Now it is in force.
    let mut next = guarded("spread: 7\n", 1);
    next.authority = Some(authority(people, &[]));
    desk.push(next, "c");
    desk.said().authors = wrote(&["aiko@x.example"]);
    desk.approve("ben");
    assert_eq!(desk.runs(), "c");
}

#[test]
fn people_who_change_without_the_program_wait_for_approval_and_restart_nothing() {
    let mut desk = Desk::running(guarded("spread: 5\n", 1));
    let pods = |desk: &Desk| {
        let pods = desk.stage.world.of_kind("Pod");
        pods.iter()
            .map(|it| it.uid().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let before = pods(&desk);
    let authority_before = desk.record().authority.clone();
    let mut people = trio();
    people[1]["roles"] = json!(["risk"]);
    let mut change = guarded("spread: 5\n", 1);
    change.authority = Some(authority(people, &[]));
    desk.push(change, "b");
    desk.is_held("`ben` gets role `risk`");
    assert_eq!(desk.record().authority, authority_before);
    desk.approve("carla");
    assert_eq!(desk.runs(), "b");
    assert_ne!(desk.record().authority, authority_before);
    assert_eq!(pods(&desk), before);
}

#[test]
fn fewer_rights_come_at_once() {
    let mut desk = Desk::running(guarded("spread: 5\n", 1));
    let mut people = trio();
    people[3]["roles"] = json!([]);
    let mut change = guarded("spread: 5\n", 1);
    change.authority = Some(authority(people, &[]));
    desk.push(change, "b");
    assert_eq!(desk.runs(), "b");
}

#[test]
fn a_change_that_asks_nobody_any_more_is_approved_as_before() {
    let mut desk = Desk::running(guarded("spread: 5\n", 1));
    desk.push(algo("spread: 5\n"), "b");
    desk.is_held("nobody would have to approve any more");
    desk.push(algo("spread: 6\n"), "c");
    desk.is_held("nobody would have to approve any more");
    desk.approve("carla");
    assert_eq!(desk.runs(), "c");
    desk.push(algo("spread: 7\n"), "d");
    assert_eq!(desk.runs(), "d");
}

#[test]
fn a_floor_and_a_quorum_are_lowered_only_by_those_who_are_asked_now() {
    let mut first = guarded("spread: 5\n", 2);
    first.authority = Some(authority(trio(), &[json!({"approve": {"role": "risk"}})]));
    let mut desk = Desk::running(first);
    desk.push(guarded("spread: 5\n", 1), "b");
    desk.is_held("the floor asks no more for {approve: {role: risk, quorum: 1, expires: 1d}}");
    desk.is_held("it would begin without 2 people of role `risk`");
    desk.approve("carla");
    desk.is_held("after carla");
    desk.approve("dora");
    assert_eq!(desk.runs(), "b");
}

#[test]
fn a_stage_waits_for_its_approval() {
    let mut desk = Desk::running(gated("a", |it| it.bootstrap = Bootstrap::Staged));
    desk.push(gated("b", |_| {}), "b");
    desk.is_held("approval by a person of role `risk`");
    assert!(desk.record().rollout.is_some());
    desk.approve("ben");
    desk.is_held("`ben` has no role `risk`");
    desk.approve("carla");
    assert_eq!(desk.runs(), "b");
}

#[test]
fn who_goes_straight_to_the_end_is_asked_before() {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([gated("a", |it| it.bootstrap = Bootstrap::Direct)], "a");
    stage.settle();
    let record = stage.record("signals");
    assert!(
        record.stable.is_none() && record.inventory.is_empty(),
        "{record:#?}"
    );
}

#[test]
fn what_fails_withdraws_what_was_approved() {
    let mut desk = Desk::running(gated("a", |_| {}));
    let unapproved: Gate = serde_json::from_value(json!({"pause": {}})).unwrap();
    let with_pause = |text| {
        gated(text, |it| {
            it.stages.last_mut().unwrap().gates.push(unapproved.clone());
        })
    };
    desk.push(with_pause("b"), "b");
    desk.approve("carla");
    desk.is_held("who promotes the stage");
    let failed = desk.record().candidate.clone().unwrap().behaviour;
    let name = desk.name.clone();
    desk.stage.ask_unit(&name, Ask::Abort, failed.clone());
    assert_eq!(desk.record().withdrawn.len(), 1);
    desk.stage.ask_unit(&name, Ask::Lift, failed);
    desk.is_held("that of `carla` is used up: what it was for failed since");
}

/// A strategy of a fleet whose changes have to be signed.
fn signed_only(text: &str, with_policy: bool) -> Strategy {
    let mut strategy = algo(text);
    let policy = json!([{"paths": ["desks/"], "require": "signed"}]);
    let policy: Vec<SignatureSpec> = serde_json::from_value(policy).unwrap();
    let mut authority = authority(keys(), &[]);
    if with_policy {
        authority.signed = Signed::of(&policy);
    }
    strategy.authority = Some(authority);
    strategy
}

fn keys() -> Value {
    json!([{"name": "ben", "emails": ["ben@x.example"], "keys": ["SHA256:ben"]}])
}

/// A commit that a key signed, or none.
fn commit(key: Option<&str>, path: &str) -> Authored {
    let email = Identity::Email("ben@x.example".to_owned());
    Authored {
        commit: "0123456789abcdef".to_owned(),
        by: key.map_or(email, |key| Identity::Key(key.to_owned())),
        also: Vec::new(),
        unsigned: key.is_none().then(|| "is not signed".to_owned()),
        paths: BTreeSet::from([path.to_owned()]),
    }
}

fn pushed(strategy: Strategy, commits: Vec<Authored>) -> Desk {
    let mut desk = Desk {
        name: strategy.name.to_string(),
        stage: Stage::new(1, Trouble::default()),
        made: 0,
    };
    desk.said().authors = Authors::Commits(vec![commit(Some("SHA256:ben"), "desks/a")]);
    desk.stage.push([signed_only("spread: 5\n", true)], "a");
    desk.stage.settle();
    desk.said().authors = Authors::Commits(commits);
    desk.stage.push([strategy], "b");
    desk.stage.settle();
    desk
}

#[test]
fn an_unsigned_change_leaves_everything_as_it_is_and_says_which_commit() {
    let change = || signed_only("spread: 6\n", true);
    let desk = pushed(change(), vec![commit(None, "desks/a")]);
    desk.is_held("a signature: commit 0123456789 is not signed, and it changes `desks/a`");
    let desk = pushed(change(), vec![commit(Some("SHA256:eve"), "desks/a")]);
    desk.is_held("is signed with key `SHA256:eve`, which is nobody's of `people`");
    let desk = pushed(change(), vec![commit(Some("SHA256:ben"), "desks/a")]);
    assert_eq!(desk.runs(), "b");
}

#[test]
fn the_policy_is_that_of_what_was_promoted_last() {
    let desk = pushed(
        signed_only("spread: 6\n", false),
        vec![commit(None, "desks/a")],
    );
    desk.is_held("commit 0123456789 is not signed");
}

#[test]
fn whoever_signs_the_latest_commit_of_a_file_stands_for_it() {
    let (late, early) = (
        commit(Some("SHA256:ben"), "desks/a"),
        commit(None, "desks/a"),
    );
    let desk = pushed(signed_only("spread: 6\n", true), vec![late, early]);
    assert_eq!(desk.runs(), "b");
    let (late, other) = (
        commit(Some("SHA256:ben"), "desks/a"),
        commit(None, "desks/b"),
    );
    let desk = pushed(signed_only("spread: 6\n", true), vec![late, other]);
    desk.is_held("it changes `desks/b`");
    // Other files need none.
    let (late, other) = (
        commit(Some("SHA256:ben"), "desks/a"),
        commit(None, "accounts/b"),
    );
    let desk = pushed(signed_only("spread: 6\n", true), vec![late, other]);
    assert_eq!(desk.runs(), "b");
}

#[test]
fn an_approval_that_counts_is_told_to_the_ledger_once() {
    let mut desk = Desk::running(guarded("spread: 5\n", 2));
    desk.stage.daemon.ledger = Some(super::ledgers::ledger());
    desk.push(guarded("spread: 6\n", 2), "b");
    desk.approve("ben");
    assert_eq!(
        desk.stage.untold(&desk.name),
        [""; 0],
        "whose does not count"
    );
    desk.approve("carla");
    desk.look();
    assert_eq!(desk.stage.untold(&desk.name), ["approval"]);
    desk.approve("dora");
    assert_eq!(
        desk.stage.untold(&desk.name),
        ["approval", "approval", "promotion"]
    );
    let counted = desk.record().counted.iter();
    let people: Vec<_> = counted.map(|it| (&*it.person, &*it.said_as)).collect();
    assert_eq!(people, [("carla", "role risk"), ("dora", "role risk")]);
}
